package io.github.ssekit.redis;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import java.util.List;

/**
 * The newest events of a channel with history, for a page that loads: the page shows them, and
 * opens its stream with the position as {@code lastEventId}, so that no event is missed in between.
 * See {@link RedisBridge#recent}.
 *
 * @param position the position up to which these are the newest events
 * @param events the oldest first, each with its position as id
 */
public record Recent(Position position, List<SseEvent> events) {
  /** Copies the list. */
  public Recent {
    events = List.copyOf(events);
  }
}
