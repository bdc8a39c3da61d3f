package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.core.Position;
import io.github.ssekit.core.SseEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An entry of a channel's stream in Redis: fields {@code p} (the position of the one before it),
 * {@code t} (type) and {@code d} (data).
 *
 * @param prev null if it can't be read
 * @param event null if it is none that can be sent
 */
record Entry(Position position, @Nullable Position prev, @Nullable SseEvent event) {

  /**
   * Reads an entry as Redis replies it.
   *
   * @throws RuntimeException if its id is no position
   */
  static Entry of(List<?> reply) {
    String id = text(reply.get(0));
    Position position = Position.parse(id);
    if (position == null) {
      throw new IllegalStateException("The id " + id + " of a stream entry is no position");
    }
    List<?> fields = (List<?>) reply.get(1);
    Position prev = null;
    String type = "";
    String data = null;
    for (int i = 0; i + 1 < fields.size(); i += 2) {
      String value = text(fields.get(i + 1));
      switch (text(fields.get(i))) {
        case "p" -> prev = Position.parse(value);
        case "t" -> type = value;
        case "d" -> data = value;
        default -> {}
      }
    }
    return new Entry(position, prev, data == null ? null : Message.event(type, data));
  }

  /** A bulk string of a reply. */
  static String text(Object reply) {
    return new String((byte[]) reply, UTF_8);
  }
}
