package io.github.ssekit.core;

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
  private final InputStream in;
  private final EventStreamParser parser;
  private final byte[] chunk = new byte[16 << 10];

  /** Events that were read together with the one returned last. */
  private final Queue<SseEvent> read = new ArrayDeque<>();

  private String returnedId = "";
  private @Nullable ReconnectionTime reconnectionTime;
  private @Nullable EventStreamLimitException exceeded;

  /**
   * A reader with the default limits of {@link EventStreamParser} that owns the stream: closing the
   * one closes the other.
   */
  public EventStreamReader(InputStream in) {
    this(in, EventStreamParser.MAX_LINE_BYTES, EventStreamParser.MAX_EVENT_BYTES);
  }

  /**
   * A reader with limits of its own, in bytes, that owns the stream.
   *
   * @throws IllegalArgumentException if a limit is less than 1
   * @see EventStreamParser#EventStreamParser(EventStreamHandler, int, int)
   */
  public EventStreamReader(InputStream in, int maxLineBytes, int maxEventBytes) {
    this.in = Objects.requireNonNull(in, "in");
    this.parser = new EventStreamParser(new Receiver(), maxLineBytes, maxEventBytes);
  }

  /**
   * The next event, or null at the end of the stream, where an unfinished event is discarded. Its
   * id is the last event ID. Blocks as the stream does.
   *
   * @throws EventStreamLimitException if a line or an event is longer than its limit, once the
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
    SseEvent event = read.remove();
    returnedId = Objects.requireNonNull(event.id());
    return event;
  }

  /**
   * The last event ID to reconnect with. It never runs ahead of the events that were returned, so
   * none is lost; blocks of only an id count once nothing that was read waits to be returned. Empty
   * if there is none.
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
    public void onEvent(SseEvent event) {
      read.add(event);
    }

    @Override
    public void onReconnectionTime(ReconnectionTime time) {
      reconnectionTime = time;
    }
  }
}
