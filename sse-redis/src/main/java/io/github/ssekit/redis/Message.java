package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.StreamReset;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An event of a channel with history, as a message on the Redis channel.
 *
 * <pre>
 * message = "1" SP position SP prev SP fresh LF type LF data
 * prev    = position           ; of the channel's previous event, or an upper bound of it
 * fresh   = "0" / "1"          ; whether prev is only a bound
 * type    = *( any but LF )    ; empty for "message"
 * </pre>
 *
 * @param event null if it can't be sent; its place in the chain still counts
 */
record Message(Position position, Position prev, boolean fresh, @Nullable SseEvent event) {
  private static final int LONGEST_HEAD = 2 + 24 + 24 + 2;
  private static final int LONGEST_TORN_HEAD = 1024;
  private static final Pattern TORN = Pattern.compile("1 .* [01]");

  /** Parses a payload. Returns null if it is not a message: anybody may publish anything. */
  static @Nullable Message parse(byte[] payload) {
    int headEnd = indexOf(payload, 0, Math.min(payload.length, LONGEST_HEAD));
    int typeEnd = headEnd < 0 ? -1 : indexOf(payload, headEnd + 1, payload.length);
    if (typeEnd < 0) {
      return null;
    }
    String[] head = new String(payload, 0, headEnd, UTF_8).split(" ", -1);
    if (head.length != 4 || !head[0].equals("1") || !(head[3].equals("0") || head[3].equals("1"))) {
      return null;
    }
    Position position = Position.parse(head[1]);
    Position prev = Position.parse(head[2]);
    if (position == null || prev == null) {
      return null;
    }
    String type = new String(payload, headEnd + 1, typeEnd - headEnd - 1, UTF_8);
    String data = new String(payload, typeEnd + 1, payload.length - typeEnd - 1, UTF_8);
    return new Message(position, prev, head[3].equals("1"), event(type, data));
  }

  /** Whether a payload that can't be read was meant as a message: then its event is lost. */
  static boolean isTorn(byte[] payload) {
    int headEnd = indexOf(payload, 0, Math.min(payload.length, LONGEST_TORN_HEAD));
    return headEnd > 0 && TORN.matcher(new String(payload, 0, headEnd, UTF_8)).matches();
  }

  /** The event of a type and data, or null if no server may send it. */
  static @Nullable SseEvent event(String type, String data) {
    boolean sendable =
        !type.equals("open")
            && !type.equals("error")
            && !type.equals(StreamReset.TYPE)
            && type.indexOf('\r') < 0
            && type.indexOf('\n') < 0;
    return sendable ? SseEvent.of(type, data) : null;
  }

  private static int indexOf(byte[] payload, int from, int to) {
    for (int i = from; i < to; i++) {
      if (payload[i] == '\n') {
        return i;
      }
    }
    return -1;
  }
}
