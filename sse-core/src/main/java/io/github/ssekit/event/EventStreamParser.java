package io.github.ssekit.event;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Parses an event stream (WHATWG HTML 9.2.5 and 9.2.6) that is fed in chunks of any size, and calls
 * an {@link EventStreamHandler} for each block.
 *
 * <pre>{@code
 * EventStreamParser parser = new EventStreamParser(new EventStreamHandler() {
 *   @Override
 *   public void onEvent(SseEvent event, String lastEventId) {
 *     handle(event);
 *   }
 * });
 * parser.feed(chunk);
 * }</pre>
 *
 * <p>The handler gets an event within the call that feeds the last byte of its blank line; a CR
 * counts as the last byte, whether or not an LF follows. It gets a comment or a reconnection time
 * at the end of its line. The standard discards an unfinished event at the end of the stream, so
 * there is no method to end it. Ill-formed UTF-8 is replaced by U+FFFD as the Encoding Standard
 * defines.
 *
 * <p>Parsing takes time linear in the number of bytes, however they are cut into chunks. The parser
 * holds a line and the data of an event until they are complete, each up to a limit in bytes, by
 * default 8 MiB (8388608); it also holds the last event ID and the event type, each from one line.
 *
 * <p>Not thread-safe.
 *
 * <p>If {@link #feed(byte[])} throws, because of a limit or because the handler threw, the rest of
 * its chunk is unread, and later chunks could only be misread. The parser then refuses all further
 * input.
 */
public final class EventStreamParser {
  static final int MAX_EVENT_BYTES = 8 << 20;

  private static final byte[] DATA = "data".getBytes(US_ASCII);
  private static final byte[] EVENT = "event".getBytes(US_ASCII);
  private static final byte[] ID = "id".getBytes(US_ASCII);
  private static final byte[] RETRY = "retry".getBytes(US_ASCII);

  /** The bytes of a line besides its data: {@code "data: "}. */
  private static final int DATA_PREFIX = DATA.length + 2;

  private static final int ABSENT = -1;

  private final EventStreamHandler handler;
  private final LineSplitter splitter;

  /** True within {@code feed}, and for ever once {@code feed} has thrown. */
  private boolean feeding;

  private boolean firstLine = true;

  // The buffers of 9.2.6. Data is kept as bytes and decoded once, line ends included. The result is
  // the same as line by line: an LF ends an ill-formed sequence, as the end of a line does.
  private final ByteAccumulator data;
  private boolean hasData;
  private @Nullable String type;

  /**
   * The id in the block that is being read, or null. The last event ID buffer of 9.2.6 holds this
   * id, or else {@link #lastEventId}.
   */
  private @Nullable String id;

  private String lastEventId = "";

  /** A parser with the default limit. */
  public EventStreamParser(EventStreamHandler handler) {
    this(handler, MAX_EVENT_BYTES);
  }

  /**
   * A parser with another limit.
   *
   * @param maxEventBytes the longest data of an event, in bytes, its lines joined by LF. A line may
   *     be longer by the six bytes of {@code "data: "}, so that all of the data may be one line.
   * @throws IllegalArgumentException if the limit is less than 1
   */
  public EventStreamParser(EventStreamHandler handler, int maxEventBytes) {
    this(handler, "", maxEventBytes);
  }

  /**
   * A parser for a connection that resumes an earlier one.
   *
   * @param lastEventId the {@code Last-Event-ID} that the client sent: {@link #lastEventId} starts
   *     with it, so that the place is kept if this connection ends before its first id; {@code ""}
   *     for none
   * @param maxEventBytes the limit, see {@link #EventStreamParser(EventStreamHandler, int)}
   * @throws IllegalArgumentException if the limit is less than 1
   */
  public EventStreamParser(EventStreamHandler handler, String lastEventId, int maxEventBytes) {
    this.handler = Objects.requireNonNull(handler, "handler");
    this.lastEventId = Objects.requireNonNull(lastEventId, "lastEventId");
    this.data = new ByteAccumulator(maxEventBytes, 0);
    this.splitter = new LineSplitter(new ByteAccumulator(maxEventBytes, DATA_PREFIX), this::line);
  }

  /** Parses the next bytes of the stream: {@link #feed(byte[], int, int)} of the whole array. */
  public void feed(byte[] bytes) {
    feed(bytes, 0, Objects.requireNonNull(bytes, "bytes").length);
  }

  /**
   * Parses the next bytes of the stream. The array is neither modified nor kept.
   *
   * @throws EventStreamLimitException if a line or an event is longer than the limit; the handler
   *     has all blocks before it
   * @throws IllegalStateException if an earlier call has thrown, or if the handler calls this
   *     method
   * @throws IndexOutOfBoundsException if the array has no such range; the parser stays usable
   */
  public void feed(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, Objects.requireNonNull(bytes, "bytes").length);
    if (feeding) {
      throw new IllegalStateException(
          "an earlier feed threw, so the place in the stream is lost; make a new parser"
              + " (and never feed from within a handler)");
    }
    feeding = true;
    splitter.split(bytes, offset, offset + length);
    feeding = false; // Not in a finally clause: see the class comment.
  }

  /**
   * The last event ID: the id of the last complete block that has one, or {@code ""}. A block
   * without data counts too, once its blank line is read.
   */
  public String lastEventId() {
    return lastEventId;
  }

  private void line(byte[] bytes, int from, int to) {
    if (firstLine) {
      firstLine = false;
      from = afterByteOrderMark(bytes, from, to);
    }
    if (from == to) {
      blankLine();
      return;
    }
    // The first byte decides which field name is possible.
    switch (bytes[from]) {
      case 'd' -> data(bytes, valueStart(DATA, bytes, from, to), to);
      case 'e' -> type(bytes, valueStart(EVENT, bytes, from, to), to);
      case 'i' -> id(bytes, valueStart(ID, bytes, from, to), to);
      case 'r' -> retry(bytes, valueStart(RETRY, bytes, from, to), to);
      case ':' -> comment(bytes, afterSpace(bytes, from + 1, to), to);
      default -> {} // 9.2.6: other fields are ignored.
    }
  }

  private static int afterByteOrderMark(byte[] bytes, int from, int to) {
    boolean marked =
        to - from >= 3
            && bytes[from] == (byte) 0xEF
            && bytes[from + 1] == (byte) 0xBB
            && bytes[from + 2] == (byte) 0xBF;
    return marked ? from + 3 : from;
  }

  /** The index at which the line's value begins, or ABSENT if the field has another name. */
  private static int valueStart(byte[] name, byte[] bytes, int from, int to) {
    int end = from + name.length;
    if (end > to) {
      return ABSENT;
    }
    for (int i = 0; i < name.length; i++) {
      if (bytes[from + i] != name[i]) {
        return ABSENT;
      }
    }
    if (end == to) {
      return to;
    }
    return bytes[end] == ':' ? afterSpace(bytes, end + 1, to) : ABSENT;
  }

  private static int afterSpace(byte[] bytes, int from, int to) {
    return from < to && bytes[from] == ' ' ? from + 1 : from;
  }

  private void data(byte[] bytes, int from, int to) {
    if (from == ABSENT) {
      return;
    }
    if (hasData) {
      data.append((byte) '\n');
    }
    data.append(bytes, from, to);
    hasData = true;
  }

  private void type(byte[] bytes, int from, int to) {
    if (from != ABSENT) {
      type = Utf8.decode(bytes, from, to);
    }
  }

  private void id(byte[] bytes, int from, int to) {
    if (from == ABSENT) {
      return;
    }
    for (int i = from; i < to; i++) {
      if (bytes[i] == 0) {
        return; // 9.2.6: an id with NUL is ignored.
      }
    }
    id = Utf8.decode(bytes, from, to);
  }

  /** Caps the time at the longest {@link ReconnectionTime}: a longer time means "very late". */
  private void retry(byte[] bytes, int from, int to) {
    if (from == ABSENT || from == to) {
      return;
    }
    long millis = 0;
    for (int i = from; i < to; i++) {
      if (bytes[i] < '0' || bytes[i] > '9') {
        return;
      }
      millis = Math.min(millis * 10 + (bytes[i] - '0'), Integer.MAX_VALUE);
    }
    handler.onReconnectionTime(new ReconnectionTime(Duration.ofMillis(millis)));
  }

  private void comment(byte[] bytes, int from, int to) {
    handler.onComment(new Comment(Utf8.decode(bytes, from, to)));
  }

  private void blankLine() {
    String eventId = id;
    if (eventId != null) {
      lastEventId = eventId;
      id = null;
    }
    String eventType = type;
    type = null;
    if (hasData) {
      String eventData = Utf8.decode(data.bytes(), 0, data.length());
      hasData = false;
      data.clear();
      handler.onEvent(SseEvent.parsed(eventType, eventData, eventId), lastEventId);
    }
  }
}
