package io.github.ssekit.redis;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** The replies of nodes to this node's directives, while a caller waits for them. Thread-safe. */
final class AwaitedReplies {
  /** Guarded by this, and so are its values. */
  private final Map<String, Sum> awaited = new HashMap<>();

  private static final class Sum {
    int replied;
    long connections;
  }

  /** Begins to count the replies to a directive. */
  synchronized void expect(String nonce) {
    awaited.put(nonce, new Sum());
  }

  synchronized void add(String nonce, long connections) {
    Sum sum = awaited.get(nonce);
    if (sum != null) {
      sum.replied++;
      sum.connections += connections;
      notifyAll();
    }
  }

  /**
   * Waits until the given number of nodes has replied, the time has passed, or the thread is
   * interrupted.
   */
  synchronized NodeReplies await(String nonce, int nodes, long nanos) {
    Sum sum = Objects.requireNonNull(awaited.get(nonce), "expected");
    long end = System.nanoTime() + nanos;
    try {
      long left = nanos;
      while (sum.replied < nodes && left > 0) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
        left = end - System.nanoTime();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return new NodeReplies(Math.max(nodes, sum.replied), sum.replied, sum.connections);
  }

  synchronized void forget(String nonce) {
    awaited.remove(nonce);
  }
}
