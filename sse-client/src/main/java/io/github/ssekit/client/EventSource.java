package io.github.ssekit.client;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import io.github.ssekit.event.Comment;
import io.github.ssekit.event.EventStreamHandler;
import io.github.ssekit.event.EventStreamLimitException;
import io.github.ssekit.event.EventStreamParser;
import io.github.ssekit.event.ReconnectionTime;
import io.github.ssekit.event.SseEvent;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A client of an event stream, like a browser's {@code EventSource} (WHATWG HTML 9.2): it connects,
 * gives each event to the application, and when the connection ends, connects again with the last
 * event ID, until it is closed, or until the server says that the stream is over.
 *
 * <pre>{@code
 * try (EventSource source = EventSource.open(URI.create("http://localhost:8080/events"))) {
 *   for (SseEvent event = source.next(); event != null; event = source.next()) {
 *     System.out.println(event.data());
 *   }
 * }
 * }</pre>
 *
 * or with a listener:
 *
 * <pre>{@code
 * EventSource.builder(uri).header("Authorization", "Bearer " + token).open(new EventSourceListener() {
 *   @Override
 *   public void onEvent(SseEvent event, String lastEventId) {
 *     System.out.println(event.data());
 *   }
 * });
 * }</pre>
 *
 * <h2>When it connects again</h2>
 *
 * <pre>
 *                  200, text/event-stream
 *   CONNECTING ────────────────────────────► OPEN
 *     │  │  ▲                                 │ │
 *     │  │  └────── stream ended or broken, silent for idleTimeout
 *     │  └── no answer, retryStatus: later    │
 *     │                                       │
 *     ├── 204                                 │ a too large event,
 *     ├── other status, type or redirect      │ close()
 *     └── close() ───────────► CLOSED ◄───────┘
 * </pre>
 *
 * A source waits at least the reconnection time, which the server sets by {@code retry:}, and a
 * random time more, which grows as attempts fail: the standard allows both. The first attempt is
 * like any other: a server that can't be reached yet is tried again. Each attempt goes to the first
 * address, as in browsers, and follows redirects with the statuses 301, 302, 303, 307 and 308, up
 * to 20, but not from {@code https} to {@code http}. Where this class differs from a browser:
 *
 * <ul>
 *   <li>Some statuses are temporary: {@link EventSourceBuilder#retryStatus}, which has the reasons.
 *   <li>A silent connection is given up: {@link EventSourceBuilder#idleTimeout}.
 *   <li>There are headers and POST, no origins, no CORS, and only the HTTP client's cookies.
 *   <li>An id with characters beyond ASCII, which the JDK's client can't send, or of more than
 *       4,096 characters, which servers refuse, is not sent back.
 * </ul>
 *
 * Compression is not asked for; a gzip stream that comes all the same, or because {@link
 * EventSourceBuilder#header} asks for it, is decoded as it arrives.
 *
 * <h2>Threads</h2>
 *
 * A source has one thread, which connects, reads and calls the listener: {@link
 * EventSourceBuilder#threads}. All methods may be called from any thread, the listener's calls
 * included. The source reads no faster than its events are taken: a listener that takes its time,
 * or a full queue of {@link EventSourceBuilder#maxQueuedBytes}, stops it, and so the server.
 */
public final class EventSource implements AutoCloseable {
  /** The state of the connection (WHATWG HTML 9.2.2, {@code readyState}). */
  public enum State {
    /** Not connected, but trying, or waiting for the time to try. */
    CONNECTING,
    /** Connected: events arrive. */
    OPEN,
    /** Closed for good, by the application, by the server's 204, or by a failure. */
    CLOSED
  }

  private static final System.Logger LOG = System.getLogger(EventSource.class.getName());
  private static final int CHUNK = 8 << 10;

  /** A stream that lasts this long has succeeded, if it had any bytes. */
  private static final long LASTING_NANOS = 1_000_000_000;

  private final Settings settings;
  private final Connector connector;
  private final EventQueue queue;
  private final @Nullable EventSourceListener listener;

  // Used only by the source's thread.
  private final Backoff backoff;
  private String receivedId;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition wake = lock.newCondition();

  // Guarded by lock; state is read without it, too.
  private volatile State state = State.CONNECTING;
  private Abortable attempt = new Abortable();
  private boolean atOnce;
  private @Nullable EventSourceException failure;

  private EventSource(Settings settings, @Nullable EventSourceListener listener) {
    this.settings = settings;
    this.listener = listener;
    this.connector = new Connector(settings);
    this.queue = new EventQueue(settings.maxQueuedBytes(), settings.lastEventId());
    this.receivedId = settings.lastEventId();
    this.backoff =
        new Backoff(
            settings.reconnectionTime(),
            settings.maxBackoff(),
            () -> ThreadLocalRandom.current().nextDouble());
  }

  static EventSource start(Settings settings, @Nullable EventSourceListener listener) {
    EventSource source = new EventSource(settings, listener);
    settings.threads().newThread(source::run).start();
    return source;
  }

  /**
   * Opens a source with all defaults, whose events are taken with {@link #next}. Returns at once.
   *
   * @throws IllegalArgumentException if the URI has another scheme than {@code http} and {@code
   *     https}, or no host
   */
  public static EventSource open(URI uri) {
    return builder(uri).open();
  }

  /**
   * Returns a builder of a source.
   *
   * @throws IllegalArgumentException as {@link #open(URI)} does
   */
  public static EventSourceBuilder builder(URI uri) {
    return new EventSourceBuilder(uri);
  }

  /**
   * Takes the next event, and waits for it as long as it takes, across reconnects.
   *
   * @return null if the source is closed: by {@link #close}, by the server's 204, or because its
   *     own thread was interrupted; events that came before the 204 are returned first
   * @throws EventSourceException if the connection has failed for good; events that came before are
   *     returned first
   * @throws InterruptedException if the thread is interrupted
   * @throws IllegalStateException if the source has a listener
   */
  public @Nullable SseEvent next() throws EventSourceException, InterruptedException {
    return take(Long.MAX_VALUE);
  }

  /**
   * Takes the next event as {@link #next()} does, and waits for it no longer than a given time.
   *
   * @return null also if the time is over, see {@link #state}
   * @throws EventSourceException if the connection has failed for good; events that came before are
   *     returned first
   * @throws InterruptedException if the thread is interrupted
   * @throws IllegalStateException if the source has a listener
   */
  public @Nullable SseEvent next(Duration atMost)
      throws EventSourceException, InterruptedException {
    Objects.requireNonNull(atMost, "atMost");
    boolean bounded = atMost.compareTo(Duration.ofNanos(Long.MAX_VALUE)) < 0;
    return take(atMost.isNegative() ? 0 : bounded ? atMost.toNanos() : Long.MAX_VALUE);
  }

  private @Nullable SseEvent take(long nanos) throws EventSourceException, InterruptedException {
    if (listener != null) {
      throw new IllegalStateException("the events of this source go to its listener");
    }
    SseEvent event = queue.take(nanos);
    if (event != null || state != State.CLOSED) {
      return event;
    }
    event = queue.take(0); // The queue gets no more events now, but may have got some since.
    EventSourceException failed = failure();
    if (event == null && failed != null) {
      throw new EventSourceException(
          String.valueOf(failed.getMessage()), failed.statusCode(), failed);
    }
    return event;
  }

  /** Returns the state of the connection, which may have changed already. */
  public State state() {
    return state;
  }

  /**
   * Returns the last event ID of an application that has handled each event that {@link #next}
   * returned, or each event that the listener has returned from. Another process can resume with
   * it, by {@link EventSourceBuilder#lastEventId}. {@code ""} if there is no last event ID.
   */
  public String lastEventId() {
    return queue.lastEventId();
  }

  /** Returns why the connection failed for good, or null if it didn't. */
  public @Nullable EventSourceException failure() {
    lock.lock();
    try {
      return failure;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Drops the connection, if there is one, and connects again at once, with the last event ID: for
   * a program that knows of a change of network before the connection shows it. Does nothing if the
   * source is closed.
   */
  public void reconnect() {
    Abortable present;
    lock.lock();
    try {
      atOnce = true;
      present = attempt;
      wake.signalAll();
    } finally {
      lock.unlock();
    }
    present.abort();
  }

  /**
   * Closes the source for good. Events that wait for {@link #next} are dropped. Doesn't wait: a
   * call of the listener in progress goes on, and {@link EventSourceListener#onClose} follows on
   * the source's thread. Closing again has no effect.
   */
  @Override
  public void close() {
    close(null).abort();
    queue.discard();
  }

  /** Changes the state to CLOSED, unless it is CLOSED already. Returns the last attempt. */
  private Abortable close(@Nullable EventSourceException why) {
    lock.lock();
    try {
      if (state != State.CLOSED) {
        state = State.CLOSED;
        failure = why;
      }
      wake.signalAll();
      return attempt;
    } finally {
      lock.unlock();
    }
  }

  // The source's thread, from here on.

  private void run() {
    EventSourceException why = null;
    try {
      boolean again = true;
      while (again) {
        again = attempt();
      }
    } catch (EventSourceException e) {
      why = e;
    } catch (InterruptedException e) {
      LOG.log(DEBUG, "The thread of {0} was interrupted: closed", settings.uri());
    } catch (Throwable e) {
      why = new EventSourceException(settings.uri() + ": " + e, 0, e);
    }
    close(why);
    queue.end();
    EventSourceException failed = failure();
    LOG.log(DEBUG, "{0}: closed, {1}", settings.uri(), failed == null ? "as wanted" : failed);
    tell(to -> to.onClose(failed));
  }

  /** Makes one connection, from the request to its end. Returns whether another attempt follows. */
  private boolean attempt() throws EventSourceException, InterruptedException {
    Abortable present = new Abortable();
    IOException cause;
    Duration atLeast = Duration.ZERO;
    if (!begin(present)) {
      return false;
    }
    try {
      Connector.Answer answer = connector.open(receivedId, present);
      if (answer == null) {
        return false;
      }
      try (InputStream in = answer.body()) {
        if (!advance(State.OPEN)) {
          return false;
        }
        tell(to -> to.onOpen(answer.uri(), answer.headers()));
        read(in);
      }
      cause = new EOFException(answer.uri() + ": the server ended the stream");
    } catch (EventSourceException e) {
      throw e;
    } catch (EventStreamLimitException e) {
      throw new EventSourceException(settings.uri() + ": " + e.getMessage(), 0, e);
    } catch (TemporaryStatusException e) {
      cause = e;
      atLeast = e.retryAfter();
    } catch (IOException e) {
      cause = e;
    }
    return waitAfter(cause, backoff.next(atLeast));
  }

  private boolean begin(Abortable next) {
    lock.lock();
    try {
      attempt = next;
      atOnce = false;
      return state != State.CLOSED;
    } finally {
      lock.unlock();
    }
  }

  private boolean advance(State next) {
    lock.lock();
    try {
      if (state != State.CLOSED) {
        state = next;
      }
      return state == next;
    } finally {
      lock.unlock();
    }
  }

  private boolean waitAfter(IOException cause, Duration backoffDelay) throws InterruptedException {
    Duration delay;
    lock.lock();
    try {
      if (!advance(State.CONNECTING)) {
        return false;
      }
      delay = atOnce ? Duration.ZERO : backoffDelay;
    } finally {
      lock.unlock();
    }
    LOG.log(DEBUG, "{0}; next attempt in {1}", cause, delay);
    tell(to -> to.onDisconnect(cause, delay));
    lock.lockInterruptibly();
    try {
      long left = delay.toNanos();
      while (left > 0 && !atOnce && state != State.CLOSED) {
        left = wake.awaitNanos(left);
      }
      return state != State.CLOSED;
    } finally {
      lock.unlock();
    }
  }

  private void read(InputStream in) throws IOException {
    EventStreamParser parser =
        new EventStreamParser(new Receiver(), receivedId, settings.maxEventBytes());
    byte[] chunk = new byte[CHUNK];
    long opened = System.nanoTime();
    boolean hadBytes = false;
    try {
      for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
        hadBytes |= count > 0;
        parser.feed(chunk, 0, count);
        receivedId = parser.lastEventId();
        if (state != State.CLOSED) { // Otherwise a listener was not given all events.
          queue.received(receivedId); // A block of an id alone has been read too.
        }
      }
    } finally {
      if (hadBytes && System.nanoTime() - opened >= LASTING_NANOS) {
        backoff.succeeded();
      }
    }
  }

  /** Passes the blocks of the stream on. */
  private final class Receiver implements EventStreamHandler {
    @Override
    public void onEvent(SseEvent event, String lastEventId) {
      backoff.succeeded();
      if (listener == null) {
        queue.put(event, lastEventId);
      } else if (state != State.CLOSED) {
        tell(to -> to.onEvent(event, lastEventId));
        queue.handled(lastEventId);
      }
    }

    @Override
    public void onComment(Comment comment) {
      if (state != State.CLOSED) {
        tell(to -> to.onComment(comment));
      }
    }

    @Override
    public void onReconnectionTime(ReconnectionTime time) {
      backoff.setReconnectionTime(time);
      if (state != State.CLOSED) {
        tell(to -> to.onReconnectionTime(time));
      }
    }
  }

  private void tell(Consumer<EventSourceListener> call) {
    if (listener == null) {
      return;
    }
    try {
      call.accept(listener);
    } catch (Throwable e) {
      // Checked exceptions too: Kotlin and others throw them.
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      LOG.log(WARNING, settings.uri() + ": the listener threw; the source goes on", e);
    }
  }
}
