package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;
import org.jspecify.annotations.Nullable;

/**
 * Where an application publishes its events: a {@link Hub} on one node, a bridge on many.
 *
 * <p>Publishing never waits for a client.
 */
public interface EventPublisher {
  /**
   * Publishes an event to everyone who listens to the channel. Any thread may call it.
   *
   * @param channel 1 to {@value Hub#MAX_CHANNEL_LENGTH} characters, no control characters, no
   *     unpaired surrogates
   * @return the position of the event, which is its id; null if the channel has no history
   * @throws IllegalArgumentException if the channel's name is not as above, if the event's type is
   *     {@code open}, {@code error} or {@code stream-reset}, or if the event is larger than the
   *     hub's limit
   * @throws PublishException if the event could not be handed on
   */
  @Nullable Position publish(String channel, SseEvent event);
}
