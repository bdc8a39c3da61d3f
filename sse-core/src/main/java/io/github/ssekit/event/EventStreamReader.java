package io.github.ssekit.event;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of an event stream from an {@link InputStream}, one at a time: the pull
 * counterpart of {@link EventStreamParser}. Comments are skipped.
 *
 * <pre>{@code
 * EventStreamReader reader = new EventStreamReader(in);
 * for (SseEvent event = reader.next(); event != null; event = reader.next()) {
 *   handle(event);
 * }
 * }</pre>
 *
 * <p>{@link #next} returns an event as soon as the last byte of its blank line can be read,
 * provided that the stream's {@link InputStream#read(byte[])} returns the bytes that are available
 * and doesn't wait for more. The streams of sockets, of HTTP clients and {@link
 * java.io.BufferedInputStream} do so.
 *
 * <p>Not thread-safe, except that another thread may close the reader if the stream allows that.
 */
public final class EventStreamReader implements Closeable {
  /** An event, and the last event ID to report once the event is returned. */
  private record Dispatched(SseEvent event, String lastEventId) {}

  private final InputStream in;
  private final EventStreamParser parser;
  private final byte[] chunk = new byte[16 << 10];

  /** Parsed events that {@link #next} has not returned yet. */
  private final Queue<Dispatched> waiting = new ArrayDeque<>();

  private String returnedId;
  private @Nullable ReconnectionTime reconnectionTime;

  /** The exception to throw once the events before it are returned. */
  private @Nullable EventStreamLimitException exceeded;

  /**
   * A reader of a first connection, with the default limit of {@link EventStreamParser}. Closing
   * the reader closes the stream.
   */
  public EventStreamReader(InputStream in) {
    this(in, "");
  }

  /**
   * A reader of a connection that resumes an earlier one, with the default limit. Closing the
   * reader closes the stream.
   *
   * @param lastEventId the {@code Last-Event-ID} that the client sent: {@link #lastEventId} starts
   *     with it, so that the place is kept if this connection ends before its first id
   */
  public EventStreamReader(InputStream in, String lastEventId) {
    this(in, lastEventId, EventStreamParser.MAX_EVENT_BYTES);
  }

  /**
   * A reader with another limit. Closing the reader closes the stream.
   *
   * @param lastEventId the {@code Last-Event-ID} that the client sent, or {@code ""}
   * @param maxEventBytes the longest data of an event, in bytes, see {@link
   *     EventStreamParser#EventStreamParser(EventStreamHandler, int)}
   * @throws IllegalArgumentException if the limit is less than 1
   */
  public EventStreamReader(InputStream in, String lastEventId, int maxEventBytes) {
    this.in = Objects.requireNonNull(in, "in");
    this.parser = new EventStreamParser(new Receiver(), lastEventId, maxEventBytes);
    this.returnedId = lastEventId;
  }

  /**
   * The next event, or null at the end of the stream, where an unfinished event is discarded. The
   * event's id is the id of its own block, or null if that block has none. Blocks as the stream
   * does.
   *
   * @throws EventStreamLimitException if an event or a line is longer than the limit: thrown after
   *     the events before it are returned, and again at each further call
   * @throws IOException as the stream throws it
   */
  public @Nullable SseEvent next() throws IOException {
    while (waiting.isEmpty()) {
      if (exceeded != null) {
        throw exceeded;
      }
      int count = in.read(chunk);
      if (count < 0) {
        return null;
      }
      try {
        parser.feed(chunk, 0, count);
      } catch (EventStreamLimitException e) {
        exceeded = e;
      }
    }
    Dispatched next = waiting.remove();
    returnedId = next.lastEventId;
    return next.event;
  }

  /**
   * The last event ID to reconnect with: the latest id up to the event that {@link #next} returned
   * last, so that reconnecting loses no event. An id in a block without data counts once all parsed
   * events are returned. Before the first id of the stream, this is the id that the reader was
   * created with.
   */
  public String lastEventId() {
    return waiting.isEmpty() ? parser.lastEventId() : returnedId;
  }

  /** The reconnection time that the server set last, or null if it has set none. */
  public @Nullable ReconnectionTime reconnectionTime() {
    return reconnectionTime;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  /** Queues the parser's events. */
  private final class Receiver implements EventStreamHandler {
    @Override
    public void onEvent(SseEvent event, String lastEventId) {
      waiting.add(new Dispatched(event, lastEventId));
    }

    @Override
    public void onReconnectionTime(ReconnectionTime time) {
      reconnectionTime = time;
    }
  }
}
