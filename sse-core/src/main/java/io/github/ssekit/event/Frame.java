package io.github.ssekit.event;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one block as they are sent. Immutable: one frame serves any number of clients.
 *
 * <pre>{@code
 * byte[] bytes = SseEvent.of("hello").frame().toByteArray(); // data: hello, and a blank line
 * }</pre>
 *
 * <pre>
 * frame   = event / comment / retry
 * event   = [ "id: " text LF ] [ "event: " text LF ] *( "data: " text LF ) LF
 * comment = ":" [ " " text ] LF
 * retry   = "retry: " 1*DIGIT LF
 * </pre>
 *
 * where {@code text} is UTF-8 without CR or LF (WHATWG HTML 9.2.5). Data is split at LF only, and
 * each part becomes a {@code data} line. The space after the colon is always written, so that data
 * may begin with a space. A frame never begins with a byte order mark.
 */
public final class Frame {
  private static final byte[] ID = "id: ".getBytes(US_ASCII);
  private static final byte[] EVENT = "event: ".getBytes(US_ASCII);
  private static final byte[] DATA = "data: ".getBytes(US_ASCII);

  private final byte[] bytes;

  private Frame(byte[] bytes) {
    this.bytes = bytes;
  }

  /** A frame whose text is in the format already. */
  static Frame of(String text) {
    return new Frame(text.getBytes(UTF_8));
  }

  /**
   * The frame of an event whose fields are checked and normalised already.
   *
   * @throws IllegalArgumentException if it is longer than an array can be
   */
  static Frame of(@Nullable String id, @Nullable String type, @Nullable String data) {
    byte[] idBytes = utf8(id);
    byte[] typeBytes = utf8(type);
    byte[] dataBytes = utf8(data);
    byte[] out =
        new byte
            [arrayLength(
                fieldLength(ID, idBytes)
                    + fieldLength(EVENT, typeBytes)
                    + fieldLength(DATA, dataBytes)
                    + (long) DATA.length * lineFeeds(dataBytes)
                    + 1)];
    int at = putField(out, 0, ID, idBytes);
    at = putField(out, at, EVENT, typeBytes);
    at = putData(out, at, dataBytes);
    out[at] = '\n';
    return new Frame(out);
  }

  /** The length in bytes. */
  public int length() {
    return bytes.length;
  }

  /** A copy of the bytes. */
  public byte[] toByteArray() {
    return bytes.clone();
  }

  /**
   * Writes the bytes in one call. Blocks as the stream does.
   *
   * @throws IOException as the stream throws it
   */
  public void writeTo(OutputStream out) throws IOException {
    Objects.requireNonNull(out, "out").write(bytes, 0, bytes.length);
  }

  private static byte @Nullable [] utf8(@Nullable String s) {
    return s == null ? null : s.getBytes(UTF_8);
  }

  private static long fieldLength(byte[] name, byte @Nullable [] value) {
    return value == null ? 0 : (long) name.length + value.length + 1;
  }

  /**
   * The length as an {@code int}. Data of many short lines grows up to sevenfold, since each LF
   * becomes {@code "\ndata: "}.
   *
   * @throws IllegalArgumentException if no array can be that long
   */
  static int arrayLength(long length) {
    if (length > ByteAccumulator.MAX_ARRAY) {
      throw new IllegalArgumentException(
          "event of %d bytes as a frame is over the limit of %d; split it"
              .formatted(length, ByteAccumulator.MAX_ARRAY));
    }
    return (int) length;
  }

  private static int lineFeeds(byte @Nullable [] data) {
    int count = 0;
    if (data != null) {
      for (byte b : data) {
        if (b == '\n') {
          count++;
        }
      }
    }
    return count;
  }

  private static int putField(byte[] out, int at, byte[] name, byte @Nullable [] value) {
    return value == null ? at : putLine(out, at, name, value, 0, value.length);
  }

  private static int putData(byte[] out, int at, byte @Nullable [] data) {
    if (data == null) {
      return at;
    }
    int start = 0;
    for (int i = 0; i < data.length; i++) {
      if (data[i] == '\n') {
        at = putLine(out, at, DATA, data, start, i);
        start = i + 1;
      }
    }
    return putLine(out, at, DATA, data, start, data.length);
  }

  private static int putLine(byte[] out, int at, byte[] name, byte[] value, int from, int to) {
    System.arraycopy(name, 0, out, at, name.length);
    at += name.length;
    System.arraycopy(value, from, out, at, to - from);
    at += to - from;
    out[at] = '\n';
    return at + 1;
  }
}
