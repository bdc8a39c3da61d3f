package io.github.ssekit.redis;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;

/**
 * Publishes numbers in the background on a thread of its own, up to a hundred at a time, until it
 * is closed.
 */
final class AsyncNumbers implements AutoCloseable {
  private static final int WINDOW = 100;

  private final RedisBridge bridge;
  private final String channel;
  private final Thread thread = new Thread(this::run, "async-numbers");
  private final Semaphore window = new Semaphore(WINDOW);
  private final Map<Integer, CompletableFuture<Position>> futures = new ConcurrentSkipListMap<>();
  private volatile boolean ends;

  private AsyncNumbers(RedisBridge bridge, String channel) {
    this.bridge = bridge;
    this.channel = channel;
  }

  static AsyncNumbers publish(RedisBridge bridge, String channel) {
    AsyncNumbers numbers = new AsyncNumbers(bridge, channel);
    numbers.thread.start();
    return numbers;
  }

  private void run() {
    for (int i = 0; !ends; i++) {
      window.acquireUninterruptibly();
      CompletableFuture<Position> future = bridge.publishAsync(channel, SseEvent.of("" + i));
      futures.put(i, future);
      CompletableFuture<?> unused = future.whenComplete((position, failure) -> window.release());
    }
  }

  /** The number of publishes so far. */
  int count() {
    return futures.size();
  }

  /** Ends the thread, and waits until every publish has an outcome. */
  void end() throws InterruptedException {
    ends = true;
    thread.join();
    window.acquire(WINDOW);
  }

  /** The confirmed numbers, in the order of their positions. */
  List<String> confirmed() {
    return futures.entrySet().stream()
        .filter(entry -> entry.getValue().isDone() && failure(entry.getValue()) == null)
        .sorted((a, b) -> a.getValue().join().compareTo(b.getValue().join()))
        .map(entry -> "" + entry.getKey())
        .toList();
  }

  /** The numbers that Redis certainly has not stored. */
  List<String> refused() {
    return futures.entrySet().stream()
        .filter(entry -> entry.getValue().isDone()) // otherwise this waits for each new publish
        .filter(
            entry -> {
              PublishException failure = failure(entry.getValue());
              return failure != null && !failure.mayBeStored();
            })
        .map(entry -> "" + entry.getKey())
        .collect(Collectors.toList());
  }

  private static PublishException failure(CompletableFuture<Position> future) {
    try {
      Position unused = future.join();
      return null;
    } catch (CompletionException e) {
      return (PublishException) e.getCause();
    }
  }

  @Override
  public void close() {
    ends = true;
  }
}
