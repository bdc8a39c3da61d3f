package io.github.ssekit.event;

import java.util.Arrays;

/**
 * Bytes that grow up to a limit: an unfinished line, or the data of an unfinished event. Appending
 * is linear over all (the array doubles), and an array that grew large is given up when cleared, so
 * that a quiet stream holds little.
 */
final class ByteAccumulator {
  private static final int KEPT = 64 << 10;
  private static final byte[] EMPTY = {};

  /** The longest array that every JVM can make. */
  static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  private final int maxEventBytes;
  private final int maxBytes;
  private byte[] bytes = EMPTY;
  private int length;

  /**
   * One for the data of an event, and some bytes more.
   *
   * @throws IllegalArgumentException if the limit is not positive
   */
  ByteAccumulator(int maxEventBytes, int more) {
    if (maxEventBytes < 1) {
      throw new IllegalArgumentException(
          "maxEventBytes is " + maxEventBytes + "; give it at least 1");
    }
    this.maxEventBytes = maxEventBytes;
    this.maxBytes = (int) Math.min((long) maxEventBytes + more, MAX_ARRAY);
  }

  /**
   * @throws EventStreamLimitException if there would be more bytes than the limit
   */
  void append(byte[] source, int from, int to) {
    int count = to - from;
    require(count);
    System.arraycopy(source, from, bytes, length, count);
    length += count;
  }

  /**
   * @throws EventStreamLimitException if there would be more bytes than the limit
   */
  void append(byte b) {
    require(1);
    bytes[length++] = b;
  }

  /**
   * @throws EventStreamLimitException if so many bytes more would exceed the limit
   */
  void check(int more) {
    if (more > maxBytes - length) {
      throw new EventStreamLimitException(maxEventBytes);
    }
  }

  /** The bytes themselves, from index 0 to {@link #length()}: valid until the next change. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  void clear() {
    length = 0;
    if (bytes.length > KEPT) {
      bytes = EMPTY;
    }
  }

  private void require(int more) {
    check(more);
    int needed = length + more;
    if (needed > bytes.length) {
      long doubled = Math.max(256, 2L * bytes.length);
      bytes = Arrays.copyOf(bytes, (int) Math.max(needed, Math.min(doubled, maxBytes)));
    }
  }
}
