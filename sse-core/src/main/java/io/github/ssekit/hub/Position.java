package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A place in the one order of all events of the channels with history. It is the id of an event,
 * and a client sends it back as its last event ID. See {@link ConnectionOptions#withLastEventId}.
 *
 * <pre>
 * position     = milliseconds "-" sequence
 * milliseconds = 1*15DIGIT
 * sequence     = 1*7DIGIT
 * </pre>
 *
 * without leading zeros; the form of the ids of Redis Streams.
 *
 * @param milliseconds 0 to 999,999,999,999,999
 * @param sequence counts within a millisecond; 0 to 9,999,999
 */
public record Position(long milliseconds, int sequence) implements Comparable<Position> {
  private static final int MILLISECONDS_DIGITS = 15;
  private static final int SEQUENCE_DIGITS = 7;
  private static final long MILLISECONDS_LIMIT = 1_000_000_000_000_000L;
  private static final int SEQUENCE_LIMIT = 10_000_000;

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if a number is outside of them
   */
  public Position {
    if (milliseconds < 0
        || milliseconds >= MILLISECONDS_LIMIT
        || sequence < 0
        || sequence >= SEQUENCE_LIMIT) {
      throw new IllegalArgumentException(
          "position %d-%d is not within 0-0 and %d-%d"
              .formatted(milliseconds, sequence, MILLISECONDS_LIMIT - 1, SEQUENCE_LIMIT - 1));
    }
  }

  /** Parses a position. Returns null for any text that isn't a position. */
  public static @Nullable Position parse(String text) {
    int dash = Objects.requireNonNull(text, "text").indexOf('-');
    if (!isNumber(text, 0, dash, MILLISECONDS_DIGITS)
        || !isNumber(text, dash + 1, text.length(), SEQUENCE_DIGITS)) {
      return null;
    }
    return new Position(
        Long.parseLong(text, 0, dash, 10), Integer.parseInt(text, dash + 1, text.length(), 10));
  }

  private static boolean isNumber(String text, int from, int to, int maxDigits) {
    if (to <= from || to - from > maxDigits || (text.charAt(from) == '0' && to - from > 1)) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }

  /** The later of two positions, either of which may be null. */
  static @Nullable Position later(@Nullable Position a, @Nullable Position b) {
    return a == null || (b != null && b.isAfter(a)) ? b : a;
  }

  /** Whether this position comes after the other. */
  public boolean isAfter(Position other) {
    return compareTo(other) > 0;
  }

  @Override
  public int compareTo(Position other) {
    Objects.requireNonNull(other, "other");
    int byTime = Long.compare(milliseconds, other.milliseconds);
    return byTime != 0 ? byTime : Integer.compare(sequence, other.sequence);
  }

  /** The block that makes a browser remember this position, without dispatching an event. */
  SseEvent block() {
    return SseEvent.idOnly(toString());
  }

  /** The text on the wire. */
  @Override
  public String toString() {
    return milliseconds + "-" + sequence;
  }
}
