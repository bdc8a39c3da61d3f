package io.github.ssekit.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.event.EventStreamHandler;
import io.github.ssekit.event.EventStreamParser;
import io.github.ssekit.event.SseEvent;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The events of a stream, taken one by one by a test. A call that waits does so for five seconds,
 * unless it has a parameter for the time. A failed assertion throws an {@link AssertionError} whose
 * message ends with the text of {@link #wire()}. Thread-safe. {@link SseTestClient} has the stream
 * of a server, {@link #of} makes the stream of a mock.
 */
public abstract sealed class TestStream permits SseTestClient, TestStream.OfContent {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  // Guarded by this.
  private final Queue<SseEvent> waiting = new ArrayDeque<>();
  private final ByteArrayOutputStream wire = new ByteArrayOutputStream();
  private @Nullable String ended;

  TestStream() {}

  /**
   * Returns the stream of a mock response, such as a response of Spring's MockMvc:
   *
   * <pre>{@code
   * MockHttpServletResponse response = mvc.perform(get("/events")).andReturn().getResponse();
   * TestStream stream = TestStream.of(response::getContentAsByteArray);
   * hub.publish("room:1", SseEvent.of("hello"));
   * stream.assertNext("hello");
   * }</pre>
   *
   * @param content supplies the body that was written so far; called again and again
   */
  public static TestStream of(Supplier<byte[]> content) {
    return new OfContent(Objects.requireNonNull(content, "content"));
  }

  /** The body of a mock. */
  static final class OfContent extends TestStream {
    private final Supplier<byte[]> content;
    private int seen;
    private final EventStreamParser parser =
        new EventStreamParser(
            new EventStreamHandler() {
              @Override
              public void onEvent(SseEvent event, String lastEventId) {
                received(event);
              }
            });

    private OfContent(Supplier<byte[]> content) {
      this.content = content;
    }

    @Override
    synchronized void look() {
      byte[] now = content.get();
      wrote(now, seen, now.length - seen);
      parser.feed(now, seen, now.length - seen);
      seen = now.length;
    }
  }

  /** Receives bytes that have come; does nothing if another thread receives them. */
  void look() {}

  final synchronized void received(SseEvent event) {
    waiting.add(event);
    notifyAll();
  }

  final synchronized void wrote(byte[] bytes, int offset, int length) {
    wire.write(bytes, offset, length);
  }

  /** Adds a line of our own to the text of {@link #wire()}. */
  final synchronized void note(String line) {
    String before = wire().isEmpty() || wire().endsWith("\n") ? "" : "\n";
    byte[] bytes = (before + line + "\n").getBytes(UTF_8);
    wire.write(bytes, 0, bytes.length);
  }

  /** Sets the reason why no more events come; null if more may come. */
  final synchronized void ended(@Nullable String why) {
    ended = why;
    notifyAll();
  }

  /**
   * Takes the next event.
   *
   * @throws AssertionError if none comes within five seconds, or if the stream has ended
   */
  public final SseEvent next() {
    return next(PATIENCE);
  }

  /**
   * Takes the next event.
   *
   * @throws AssertionError if none comes in time, or if the stream has ended
   */
  public final SseEvent next(Duration atMost) {
    Objects.requireNonNull(atMost, "atMost");
    return await("an event", event -> true, atMost);
  }

  /**
   * Takes events up to the first of this type.
   *
   * @param type the event type; {@code "message"} for events without a type
   * @return the event of this type
   * @throws AssertionError if none comes within five seconds, or if the stream has ended
   */
  public final SseEvent awaitEvent(String type) {
    Objects.requireNonNull(type, "type");
    return await(
        "an event of type " + type,
        event -> type.equals(Objects.requireNonNullElse(event.type(), "message")),
        PATIENCE);
  }

  /**
   * Takes events up to the first that fits.
   *
   * @return the event that fits
   * @throws AssertionError if none comes in time, or if the stream has ended
   */
  public final SseEvent awaitEvent(Predicate<? super SseEvent> fits, Duration atMost) {
    Objects.requireNonNull(fits, "fits");
    Objects.requireNonNull(atMost, "atMost");
    return await("an event that fits", fits, atMost);
  }

  private SseEvent await(String what, Predicate<? super SseEvent> fits, Duration atMost) {
    long end = after(atMost);
    for (SseEvent next = poll(end); next != null; next = poll(end)) {
      if (fits.test(next)) {
        return next;
      }
    }
    synchronized (this) {
      throw missing(what, atMost);
    }
  }

  private static long after(Duration time) {
    Duration longest = Duration.ofDays(36_500);
    return System.nanoTime() + (time.compareTo(longest) < 0 ? time : longest).toNanos();
  }

  /** Takes the next event; null if none comes in time, or if none can come. */
  private synchronized @Nullable SseEvent poll(long end) {
    await(() -> !waiting.isEmpty(), end);
    return waiting.poll();
  }

  /** Waits until the condition holds, or until no more events can come, or the time is over. */
  private synchronized void await(BooleanSupplier holds, long end) {
    look();
    while (!holds.getAsBoolean() && ended == null) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return;
      }
      try {
        wait(Math.min(left, 10));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      look();
    }
  }

  /**
   * Waits until the condition holds.
   *
   * @param what the expected thing, for the failure's message
   * @throws AssertionError if the condition doesn't hold in time
   */
  final synchronized void await(String what, BooleanSupplier holds, Duration atMost) {
    await(holds, after(atMost));
    if (!holds.getAsBoolean()) {
      throw missing(what, atMost);
    }
  }

  private AssertionError missing(String what, Duration atMost) {
    return failure(
        "expected " + what + ", but " + (ended == null ? "none came in " + atMost : ended));
  }

  /**
   * Takes the next event, and asserts that it has these data and no type.
   *
   * @throws AssertionError if not, or if none comes within five seconds
   */
  public final void assertNext(String data) {
    Objects.requireNonNull(data, "data");
    check(SseEvent.of(data));
  }

  /**
   * Takes the next event, and asserts that it has this type and these data.
   *
   * @throws AssertionError if not, or if none comes within five seconds
   */
  public final void assertNext(String type, String data) {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(data, "data");
    check(SseEvent.of(type, data));
  }

  private void check(SseEvent expected) {
    SseEvent found = next();
    if (!Objects.equals(found.type(), expected.type())
        || !Objects.equals(found.data(), expected.data())) {
      throw failure("expected " + expected + ", but was " + found);
    }
  }

  /**
   * Asserts that no event waits, and that none comes for this time. To save this time, publish
   * another event after the event that must not arrive, and call {@link #assertNext}.
   *
   * @throws AssertionError if an event waits or comes
   */
  public final void assertNothing(Duration during) {
    Objects.requireNonNull(during, "during");
    SseEvent found = poll(after(during));
    if (found != null) {
      throw failure("expected no event, but was " + found);
    }
  }

  /** Returns everything that was received so far, comments and heartbeats included, as text. */
  public final synchronized String wire() {
    return wire.toString(UTF_8);
  }

  final AssertionError failure(String problem) {
    look();
    return new AssertionError(problem + "; the wire said:\n" + wire());
  }
}
