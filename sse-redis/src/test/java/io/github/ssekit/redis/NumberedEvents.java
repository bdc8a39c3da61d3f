package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.hub.RecordingTransport;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** Publishes numbers, each once, until it is closed, and remembers the confirmed numbers. */
final class NumberedEvents implements AutoCloseable {
  private final RedisBridge bridge;
  private final List<String> channels;
  private final Thread thread = new Thread(this::run, "numbers");
  private final List<String> acknowledged = Collections.synchronizedList(new ArrayList<>());
  private volatile boolean ends;
  private volatile long lastNanos = System.nanoTime();

  private NumberedEvents(RedisBridge bridge, List<String> channels) {
    this.bridge = bridge;
    this.channels = channels;
  }

  static NumberedEvents publish(RedisBridge bridge, String... channels) {
    NumberedEvents numbers = new NumberedEvents(bridge, List.of(channels));
    numbers.thread.start();
    return numbers;
  }

  private void run() {
    int n = 0;
    while (!ends) {
      try {
        if (bridge.publish(channels.get(n % channels.size()), SseEvent.of("" + n)) != null) {
          acknowledged.add("" + n);
          lastNanos = System.nanoTime();
        }
        n++;
      } catch (PublishException e) {
        // An event that may be stored is not published again, since clients might get it twice.
        n += e.mayBeStored() ? 1 : 0;
      }
      LockSupport.parkNanos(2_000_000);
    }
  }

  /** The number of confirmed events so far. */
  int count() {
    return acknowledged.size();
  }

  /** The time of the latest confirmation. */
  long lastNanos() {
    return lastNanos;
  }

  /** The events that have been confirmed so far. */
  List<String> acknowledged() {
    synchronized (acknowledged) {
      return List.copyOf(acknowledged);
    }
  }

  /** Ends, and returns the last number that was confirmed. */
  String end() throws InterruptedException {
    ends = true;
    thread.join();
    return acknowledged.get(acknowledged.size() - 1);
  }

  /** Asserts that a client got every confirmed event, once and in order, and no reset. */
  void assertComplete(RecordingTransport receiver) {
    assertEquals(List.of(), receiver.resets());
    assertOnceInOrder(receiver);
    assertEquals(Set.of(), missing(receiver));
  }

  /** Asserts that a client got its events once and in order, and a reset if any are missing. */
  void assertCompleteOrTold(RecordingTransport receiver) {
    assertOnceInOrder(receiver);
    Set<String> missing = missing(receiver);
    assertTrue(missing.isEmpty() || !receiver.resets().isEmpty(), () -> "untold: " + missing);
  }

  private static void assertOnceInOrder(RecordingTransport receiver) {
    List<Integer> got = receiver.published().stream().map(Integer::valueOf).toList();
    assertEquals(got.stream().sorted().distinct().toList(), got);
  }

  private Set<String> missing(RecordingTransport receiver) {
    Set<String> missing = new HashSet<>(acknowledged());
    missing.removeAll(receiver.published());
    return missing;
  }

  @Override
  public void close() {
    ends = true;
  }
}
