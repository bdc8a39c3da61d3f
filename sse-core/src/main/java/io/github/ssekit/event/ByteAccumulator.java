package io.github.ssekit.event;

import java.util.Arrays;

/**
 * A byte buffer that grows up to a limit: for an unfinished line, or the data of an unfinished
 * event. The array doubles, so that appending takes linear time in total. {@link #clear} drops a
 * large array, so that a quiet stream holds little memory.
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
   * A buffer for the data of an event and {@code more} bytes.
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
   * Appends a range.
   *
   * @throws EventStreamLimitException if the buffer would exceed its limit
   */
  void append(byte[] source, int from, int to) {
    int count = to - from;
    reserve(count);
    System.arraycopy(source, from, bytes, length, count);
    length += count;
  }

  /**
   * Appends one byte.
   *
   * @throws EventStreamLimitException if the buffer would exceed its limit
   */
  void append(byte b) {
    reserve(1);
    bytes[length++] = b;
  }

  /**
   * Checks that this many bytes can be appended.
   *
   * @throws EventStreamLimitException if the buffer would exceed its limit
   */
  void checkLimit(int more) {
    if (more > maxBytes - length) {
      throw new EventStreamLimitException(maxEventBytes);
    }
  }

  /** The buffer's own array, filled up to {@link #length()}; valid until the next change. */
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

  private void reserve(int more) {
    checkLimit(more);
    int needed = length + more;
    if (needed > bytes.length) {
      long doubled = Math.max(256, 2L * bytes.length);
      bytes = Arrays.copyOf(bytes, (int) Math.max(needed, Math.min(doubled, maxBytes)));
    }
  }
}
