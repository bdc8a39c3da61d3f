package io.github.ssekit.servlet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;

/**
 * A chunk of HTTP/1.1 (RFC 9112, 7.1): {@code size CRLF bytes CRLF}, the size in hexadecimal.
 *
 * <p>A delivery loop writes the same bytes to one connection after the other. So each thread keeps
 * the small chunk that it made last, and shares it. Large bytes are not copied: they go to the
 * kernel as the second of three buffers, which costs more than one buffer only where bytes are few.
 */
final class HttpChunk {
  /** Up to this length a chunk is copied into one array. */
  private static final int SMALL = 4 << 10;

  private static final byte[] LINE_END = {'\r', '\n'};

  private static final ThreadLocal<HttpChunk> LAST = ThreadLocal.withInitial(HttpChunk::new);

  // The source of the chunk that this thread made last.
  private byte[] source = {};
  private int offset;
  private int length;

  private byte[] chunk = {};

  private HttpChunk() {}

  /**
   * The buffers of a chunk, new for each call.
   *
   * @param bytes must not change afterwards
   * @param length at least 1: an empty chunk would end the response
   */
  static ByteBuffer[] of(byte[] bytes, int offset, int length) {
    assert length > 0;
    if (length > SMALL) {
      return new ByteBuffer[] {
        ByteBuffer.wrap(head(length)),
        ByteBuffer.wrap(bytes, offset, length),
        ByteBuffer.wrap(LINE_END)
      };
    }
    return new ByteBuffer[] {ByteBuffer.wrap(LAST.get().small(bytes, offset, length))};
  }

  private byte[] small(byte[] bytes, int from, int count) {
    if (source != bytes || offset != from || length != count) {
      byte[] head = head(count);
      byte[] made = new byte[head.length + count + LINE_END.length];
      System.arraycopy(head, 0, made, 0, head.length);
      System.arraycopy(bytes, from, made, head.length, count);
      System.arraycopy(LINE_END, 0, made, head.length + count, LINE_END.length);
      source = bytes;
      offset = from;
      length = count;
      chunk = made;
    }
    return chunk;
  }

  private static byte[] head(int length) {
    return (Integer.toHexString(length) + "\r\n").getBytes(ISO_8859_1);
  }
}
