package io.github.ssekit.testing;

import io.github.ssekit.client.EventSource;
import io.github.ssekit.client.EventSourceBuilder;
import io.github.ssekit.client.EventSourceException;
import io.github.ssekit.client.EventSourceListener;
import io.github.ssekit.event.SseEvent;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A client of a running server, for its test: an {@link EventSource} that takes one connection and
 * does not reconnect by itself, so that a test decides when.
 *
 * <pre>{@code
 * try (SseTestClient client = SseTestClient.connect(URI.create("http://localhost:8080/events"))) {
 *   client.awaitLastEventId();
 *   client.disconnect();
 *   redis.publish("room:1", SseEvent.of("missed"));
 *   client.reconnect();
 *   client.assertNext("missed");
 * }
 * }</pre>
 */
public final class SseTestClient extends TestStream implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 10;

  /** The longest id that {@link EventSourceBuilder#lastEventId} takes. */
  private static final int MOST_ID = 4_096;

  private final EventSourceBuilder builder;
  private @Nullable Attempt attempt;

  private SseTestClient(EventSourceBuilder builder) {
    this.builder = builder;
  }

  /**
   * Connects, and returns once the stream is open.
   *
   * @throws AssertionError if the server answers otherwise, or not within ten seconds
   */
  public static SseTestClient connect(URI uri) {
    return connect(EventSource.builder(uri));
  }

  /**
   * Connects with headers, a POST, a last event ID or an HTTP client, and returns once the stream
   * is open. The builder's options for reconnecting have no effect. The builder belongs to the
   * client from then on: make another builder for another client.
   *
   * @throws AssertionError if the server answers otherwise, or not within ten seconds
   */
  public static SseTestClient connect(EventSourceBuilder builder) {
    SseTestClient client = new SseTestClient(Objects.requireNonNull(builder, "builder"));
    builder.client(new WireTap(builder.client().orElse(WireTap.DEFAULT), client));
    client.open();
    return client;
  }

  private void open() {
    ended(null);
    Attempt opened = new Attempt();
    attempt = opened;
    EventSource source = builder.retryStatus(status -> false).open(opened);
    opened.source = source;
    if (opened.end.getCount() == 0) {
      source.close(); // The connection ended before the attempt knew its source.
    }
    opened.await(opened.open, "an open stream");
    if (opened.problem != null) {
      throw failure("expected an open stream, but " + opened.problem);
    }
  }

  /** One connection. */
  private final class Attempt implements EventSourceListener {
    final CountDownLatch open = new CountDownLatch(1);
    final CountDownLatch end = new CountDownLatch(1);
    volatile @Nullable EventSource source;
    volatile @Nullable String problem;

    // The source adopts an event's id only once onEvent has returned; the test may ask before that.
    private String idBefore = "";
    private String idOfEvent = "";

    @Override
    public void onOpen(URI uri, HttpHeaders headers) {
      open.countDown();
    }

    @Override
    public void onEvent(SseEvent event, String lastEventId) {
      synchronized (this) {
        EventSource present = source;
        idBefore = present == null ? "" : present.lastEventId();
        idOfEvent = lastEventId;
      }
      received(event);
    }

    @Override
    public void onDisconnect(IOException cause, Duration delay) {
      over(String.valueOf(cause.getMessage()));
    }

    @Override
    public void onClose(@Nullable EventSourceException failure) {
      over(failure == null ? "the stream is closed" : String.valueOf(failure.getMessage()));
    }

    synchronized String lastEventId() {
      String id = Objects.requireNonNull(source).lastEventId();
      return id.equals(idBefore) && !idOfEvent.isEmpty() ? idOfEvent : id;
    }

    private void over(String why) {
      if (end.getCount() > 0) {
        problem = why;
        note("-- " + why);
        ended(why);
        end.countDown();
        open.countDown();
        close();
      }
    }

    private void await(CountDownLatch latch, String what) {
      try {
        if (!latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
          throw failure("expected " + what + ", but none came in " + PATIENCE_SECONDS + " s");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw failure("interrupted");
      }
    }

    private void close() {
      EventSource present = source;
      if (present != null) {
        present.close();
      }
    }
  }

  private Attempt attempt() {
    return Objects.requireNonNull(attempt);
  }

  /**
   * Leaves like a client whose network fails. Keeps the received events for {@link #next}, and the
   * last event ID for {@link #reconnect} if a header can carry the id: if it is printable ASCII,
   * 4,096 characters at most.
   */
  public void disconnect() {
    Attempt present = attempt();
    present.close();
    present.await(present.end, "the end of the connection");
    String id = lastEventId();
    boolean isSendable = id.length() <= MOST_ID && id.chars().allMatch(c -> c >= ' ' && c < 127);
    builder.lastEventId(isSendable ? id : "");
  }

  /**
   * Connects again with the last event ID, after {@link #disconnect} if need be, and returns once
   * the stream is open.
   *
   * @throws AssertionError if the server answers otherwise, or not within ten seconds
   */
  public void reconnect() {
    disconnect();
    open();
  }

  /** Returns the last event ID, as a browser would send it: {@code ""} if there is none. */
  public String lastEventId() {
    return attempt().lastEventId();
  }

  /**
   * Waits until the client has a last event ID. A node writes an id as soon as it has subscribed to
   * the client's channels in Redis: events that are published to a channel with history before then
   * may not reach a client that comes for the first time. A stream of plain channels alone has no
   * id; a stream with ids on events only has none before its first event.
   *
   * @return the last event ID
   * @throws AssertionError if none comes within ten seconds, or if the stream has ended
   */
  public String awaitLastEventId() {
    await("an id", () -> !lastEventId().isEmpty(), Duration.ofSeconds(PATIENCE_SECONDS));
    return lastEventId();
  }

  /**
   * Waits until the server ends the stream.
   *
   * @throws AssertionError if it doesn't within ten seconds
   */
  public void awaitEnd() {
    attempt().await(attempt().end, "the end of the stream");
  }

  /** Leaves for good. */
  @Override
  public void close() {
    attempt().close();
  }
}
