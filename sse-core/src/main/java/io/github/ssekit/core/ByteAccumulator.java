package io.github.ssekit.core;

import io.github.ssekit.core.EventStreamLimitException.Limit;
import java.util.Arrays;

/**
 * Bytes that grow up to a limit: an unfinished line, or the data of an unfinished event. Appending
 * is linear over all (the array doubles), and an array that grew large is given up when cleared, so
 * that a quiet stream holds little.
 */
final class ByteAccumulator {
  private static final int KEPT = 64 << 10;
  private static final byte[] EMPTY = {};

  private final Limit limit;
  private final int maxBytes;
  private byte[] bytes = EMPTY;
  private int length;

  /**
   * @throws IllegalArgumentException if the limit is not positive
   */
  ByteAccumulator(Limit limit, int maxBytes) {
    if (maxBytes < 1) {
      throw new IllegalArgumentException(
          limit.parameter() + " is " + maxBytes + "; give it at least 1");
    }
    this.limit = limit;
    this.maxBytes = maxBytes;
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
      throw new EventStreamLimitException(limit, maxBytes);
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
