package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.StreamReset.Reason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An entry of a channel's stream in Redis. Its fields are {@code p} (the position of the entry
 * before it), {@code t} (type) and {@code d} (data). For an event that is too large, {@code o} (its
 * size) takes the place of type and data. Field {@code k} is the key of an event of a state
 * channel: earlier events may have been superseded, so {@code p} proves nothing.
 *
 * @param prev the position of the entry before it; null if it can't be read, or if the entry has a
 *     key
 * @param event null if it can't be sent
 * @param unsendable why there is no event; null if there is an event
 * @param size the size of the values of the fields and an overhead, in bytes
 */
record Entry(
    Position position,
    @Nullable Position prev,
    @Nullable SseEvent event,
    @Nullable Reason unsendable,
    int size) {
  /** The size of an entry without its fields, in bytes. */
  private static final int OVERHEAD = 64;

  static final int LAST_SEQUENCE = 9_999_999;

  /**
   * Reads an entry from a reply of Redis.
   *
   * @throws RuntimeException if the reply is not an entry of a stream
   */
  static Entry of(List<?> reply) {
    List<?> fields = (List<?>) reply.get(1);
    Position prev = null;
    String type = "";
    String data = null;
    Reason unsendable = Reason.LOST;
    int size = OVERHEAD;
    boolean hasKey = false;
    for (int i = 0; i + 1 < fields.size(); i += 2) {
      byte[] bytes = (byte[]) fields.get(i + 1);
      size += bytes.length;
      String value = new String(bytes, UTF_8);
      switch (text(fields.get(i))) {
        case "p" -> prev = Position.parse(value);
        case "t" -> type = value;
        case "d" -> data = value;
        case "k" -> hasKey = true;
        case "o" -> unsendable = Reason.OVERSIZED;
        default -> {}
      }
    }
    SseEvent event = data == null ? null : Message.event(type, data);
    return new Entry(
        position(text(reply.get(0))),
        hasKey ? null : prev,
        event,
        event == null ? unsendable : null,
        size);
  }

  /**
   * A copy with a joined event, which replaces the events of this entry and of entries before it.
   */
  Entry with(SseEvent other) {
    return new Entry(position, prev, other, null, size);
  }

  /**
   * Returns a position for an id. Another program may have added an entry whose sequence number is
   * too large for a position.
   */
  private static Position position(String id) {
    Position position = Position.parse(id);
    return position == null
        ? new Position(Long.parseLong(id, 0, id.indexOf('-'), 10), LAST_SEQUENCE)
        : position;
  }

  /**
   * Returns the position in a bulk string of a reply, or another position if the string is not a
   * position.
   */
  static Position position(Object reply, Position otherwise) {
    Position position = Position.parse(text(reply));
    return position == null ? otherwise : position;
  }

  /** A bulk string of a reply. */
  static String text(Object reply) {
    return new String((byte[]) reply, UTF_8);
  }
}
