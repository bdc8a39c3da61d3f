package io.github.ssekit.event;

/**
 * Splits the chunks of a byte stream into lines that end in CR, LF or CRLF (WHATWG HTML 9.2.5). It
 * works on UTF-8 without decoding: no other character contains the byte of a CR or an LF.
 *
 * <p>A line ends at its CR without waiting for the next byte: an LF that follows is skipped when it
 * arrives. A line within one chunk is not copied.
 */
final class LineSplitter {
  /** Receives each line. */
  interface Lines {
    /** One line without its end. The receiver must neither modify the bytes nor keep them. */
    void line(byte[] bytes, int from, int to);
  }

  private final Lines lines;
  private final ByteAccumulator unfinished;
  private boolean afterCr;

  /**
   * A splitter that passes on the lines of one stream.
   *
   * @param unfinished an empty buffer, whose limit becomes the limit of a line
   */
  LineSplitter(ByteAccumulator unfinished, Lines lines) {
    this.unfinished = unfinished;
    this.lines = lines;
  }

  /**
   * Splits the next chunk of the stream.
   *
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
      unfinished.checkLimit(to - from);
      lines.line(bytes, from, to);
    } else {
      unfinished.append(bytes, from, to);
      lines.line(unfinished.bytes(), 0, unfinished.length());
      unfinished.clear();
    }
  }
}
