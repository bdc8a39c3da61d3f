package io.github.ssekit.servlet;

import jakarta.servlet.AsyncContext;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The completion of one async response, which happens once: the hub and the container may both ask
 * for it, on different threads.
 *
 * <pre>
 * NEW --started--> OPEN --complete--> COMPLETING --> COMPLETED
 *                   '--completedByContainer---------->'
 * </pre>
 *
 * Thread-safe. Never calls the container while it holds its own lock.
 */
final class AsyncCompletion {
  private enum State {
    NEW,
    OPEN,
    COMPLETING,
    COMPLETED
  }

  // Guarded by this.
  private State state = State.NEW;

  /** Null unless the state is OPEN, so that a completed response can be collected. */
  private @Nullable AsyncContext context;

  /** The response is in async mode. */
  synchronized void started(AsyncContext async) {
    state = State.OPEN;
    context = async;
  }

  /**
   * Completes the response, unless another caller completes it or it was never started.
   *
   * @param how calls the container
   * @return whether this call completed the response
   */
  boolean complete(Consumer<AsyncContext> how) {
    AsyncContext async = take(State.COMPLETING);
    if (async == null) {
      return false;
    }
    try {
      how.accept(async);
    } finally {
      synchronized (this) {
        state = State.COMPLETED;
        notifyAll();
      }
    }
    return true;
  }

  /** The container has completed the response, by itself or as the hub asked. */
  synchronized void completedByContainer() {
    if (take(State.COMPLETED) != null) {
      notifyAll();
    }
  }

  private synchronized @Nullable AsyncContext take(State next) {
    AsyncContext async = context;
    if (async != null) {
      context = null;
      state = next;
    }
    return async;
  }

  /** Waits until the response is completed, or until the time is over. */
  synchronized void await(long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    try {
      for (long left = millis;
          (state == State.OPEN || state == State.COMPLETING) && left > 0;
          left = (end - System.nanoTime()) / 1_000_000) {
        wait(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
