package io.github.ssekit.testing;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.EventPublisher;
import io.github.ssekit.hub.ManualHub;
import io.github.ssekit.hub.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A publisher that keeps its events, for the unit test of a service that publishes. It refuses the
 * same channels and events as a hub does, by the same exceptions. Thread-safe.
 *
 * <pre>{@code
 * RecordingPublisher published = new RecordingPublisher();
 * new Shop(published).ship(42);
 * published.assertPublished("orders:ann", "shipped 42");
 * }</pre>
 */
public final class RecordingPublisher implements EventPublisher {
  /**
   * A published event.
   *
   * @param channel the name of its channel
   * @param event the event itself
   */
  public record Published(String channel, SseEvent event) {
    @Override
    public String toString() {
      String type = event.type() == null ? "" : event.type() + ": ";
      return channel + " <- " + type + event.data();
    }
  }

  /** A hub without clients, which checks channels and events. */
  private final ManualHub checks = new ManualHub();

  private final List<Published> published = new ArrayList<>();

  /** Creates a publisher that has published nothing. */
  public RecordingPublisher() {}

  /**
   * Keeps the event.
   *
   * @return null, as on a plain channel
   * @throws IllegalArgumentException as a hub does
   */
  @Override
  public @Nullable Position publish(String channel, SseEvent event) {
    checks.hub().publish(channel, event);
    synchronized (published) {
      published.add(new Published(channel, event));
    }
    return null;
  }

  /** Returns the published events, in their order. */
  public List<Published> published() {
    synchronized (published) {
      return List.copyOf(published);
    }
  }

  /** Returns the events that were published to a channel, in their order. */
  public List<SseEvent> events(String channel) {
    Objects.requireNonNull(channel, "channel");
    return published().stream()
        .filter(each -> each.channel.equals(channel))
        .map(Published::event)
        .toList();
  }

  /**
   * Asserts that these are the data of all events that were published to a channel, in this order.
   *
   * @throws AssertionError if not; the message has all published events, of any channel
   */
  public void assertPublished(String channel, String... data) {
    List<String> found = new ArrayList<>();
    events(channel).forEach(event -> found.add(event.data()));
    List<String> expected = List.of(data);
    if (!expected.equals(found)) {
      throw new AssertionError(
          "expected on " + channel + ": " + expected + ", but was: " + found + "; " + all());
    }
  }

  /**
   * Asserts that nothing was published, to any channel.
   *
   * @throws AssertionError if not; the message has all published events
   */
  public void assertNothingPublished() {
    if (!published().isEmpty()) {
      throw new AssertionError("expected nothing; " + all());
    }
  }

  private String all() {
    List<Published> all = published();
    return all.isEmpty()
        ? "nothing was published"
        : all.stream()
            .map(Published::toString)
            .collect(Collectors.joining("\n  ", "published, in this order:\n  ", ""));
  }

  /** Forgets the published events. */
  public void forget() {
    synchronized (published) {
      published.clear();
    }
  }
}
