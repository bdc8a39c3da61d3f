package io.github.ssekit.event;

/**
 * Splits the chunks of a byte stream into lines that end in CR, LF or CRLF (WHATWG HTML 9.2.5), in
 * UTF-8, where no other character holds these bytes.
 *
 * <p>A line ends with its CR or LF, without waiting for a byte more: an LF that comes after a CR is
 * skipped when it comes. A line that lies within one chunk is not copied.
 */
final class LineSplitter {
  /** What is done with each line. */
  interface Lines {
    /** One line without its end: the bytes are not to be modified, nor kept after the call. */
    void line(byte[] bytes, int from, int to);
  }

  private final Lines lines;
  private final ByteAccumulator unfinished;
  private boolean afterCr;

  /**
   * @param unfinished whose limit is that of a line
   */
  LineSplitter(ByteAccumulator unfinished, Lines lines) {
    this.unfinished = unfinished;
    this.lines = lines;
  }

  /**
   * @throws EventStreamLimitException if a line is longer than the limit
   */
  void split(byte[] bytes, int from, int to) {
    int start = from;
    if (afterCr && start < to) {
      afterCr = false;
      if (bytes[start] == '\n') {
        start++;
      }
    }
    for (int end = lineEnd(bytes, start, to); end < to; end = lineEnd(bytes, start, to)) {
      endLine(bytes, start, end);
      start = end + 1;
      if (bytes[end] == '\r') {
        if (start == to) {
          afterCr = true;
        } else if (bytes[start] == '\n') {
          start++;
        }
      }
    }
    unfinished.append(bytes, start, to);
  }

  /** The index of the first CR or LF, or {@code to}. */
  private static int lineEnd(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to && bytes[i] != '\n' && bytes[i] != '\r') {
      i++;
    }
    return i;
  }

  private void endLine(byte[] bytes, int from, int to) {
    if (unfinished.length() == 0) {
      unfinished.check(to - from);
      lines.line(bytes, from, to);
    } else {
      unfinished.append(bytes, from, to);
      lines.line(unfinished.bytes(), 0, unfinished.length());
      unfinished.clear();
    }
  }
}
