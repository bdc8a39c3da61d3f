package io.github.ssekit.event;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of an event stream from an {@link InputStream}, one at a time: {@link
 * EventStreamParser} for those who would rather pull. Comments are skipped.
 *
 * <p>An event is returned as soon as the last byte of its blank line can be read, provided that the
 * stream's {@link InputStream#read(byte[])} returns what there is rather than wait for more, as
 * those of sockets, HTTP clients and {@link java.io.BufferedInputStream} do.
 *
 * <p>For one thread at a time, except that another may close it, where the stream allows that.
 */
public final class EventStreamReader implements Closeable {
  /** An event and the last event ID once it is returned. */
  private record Dispatched(SseEvent event, String lastEventId) {}

  private final InputStream in;
  private final EventStreamParser parser;
  private final byte[] chunk = new byte[16 << 10];

  /** Events that were read together with the one returned last. */
  private final Queue<Dispatched> read = new ArrayDeque<>();

  private String returnedId;
  private @Nullable ReconnectionTime reconnectionTime;
  private @Nullable EventStreamLimitException exceeded;

  /**
   * A reader of a first connection, with the default limit of {@link EventStreamParser}, that owns
   * the stream: closing the one closes the other.
   */
  public EventStreamReader(InputStream in) {
    this(in, "");
  }

  /**
   * A reader of a connection that resumes an earlier one, with the default limit; it owns the
   * stream.
   *
   * @param lastEventId the {@code Last-Event-ID} that was sent: {@link #lastEventId} begins with
   *     it, so that the place is kept if this connection ends before it has brought an id
   */
  public EventStreamReader(InputStream in, String lastEventId) {
    this(in, lastEventId, EventStreamParser.MAX_EVENT_BYTES);
  }

  /**
   * A reader with a limit of its own, that owns the stream.
   *
   * @param lastEventId the {@code Last-Event-ID} that was sent, or {@code ""}
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
   * The next event as it was written, with the id of its own block or null; or null at the end of
   * the stream, where an unfinished event is discarded. Blocks as the stream does.
   *
   * @throws EventStreamLimitException if an event or a line is longer than the limit, once the
   *     events before it are returned; then at each further call
   * @throws IOException as the stream throws it
   */
  public @Nullable SseEvent next() throws IOException {
    while (read.isEmpty()) {
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
    Dispatched next = read.remove();
    returnedId = next.lastEventId;
    return next.event;
  }

  /**
   * The last event ID to reconnect with: that of the event returned last, or of an earlier block.
   * It never runs ahead of the events that were returned, so none is lost; blocks of only an id
   * count once nothing that was read waits to be returned. What the reader began with if the stream
   * has set none.
   */
  public String lastEventId() {
    return read.isEmpty() ? parser.lastEventId() : returnedId;
  }

  /** The reconnection time that the server set last, or null if it has set none. */
  public @Nullable ReconnectionTime reconnectionTime() {
    return reconnectionTime;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private final class Receiver implements EventStreamHandler {
    @Override
    public void onEvent(SseEvent event, String lastEventId) {
      read.add(new Dispatched(event, lastEventId));
    }

    @Override
    public void onReconnectionTime(ReconnectionTime time) {
      reconnectionTime = time;
    }
  }
}
