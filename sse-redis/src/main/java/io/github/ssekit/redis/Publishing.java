package io.github.ssekit.redis;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A publication under way, and the recipient of its outcome: a thread that waits or, in the
 * background, a future. The mutable fields belong to the thread that has the object: the pipeline's
 * lock, or the executor that completes futures, hands it over.
 *
 * @param <T> the result in Redis' reply
 */
final class Publishing<T extends @Nullable Object> {
  private final Publication<T> publication;

  private final boolean isInBackground;

  /**
   * Counts the background publishes of the thread that gave this one: one counter for each thread.
   */
  private final AtomicInteger ofThread;

  private final int bytes;
  private final long deadline;
  private final CompletableFuture<T> future = new CompletableFuture<>();

  private boolean wasTriedBefore;
  private @Nullable T outcome;
  private @Nullable Throwable failure;

  private Publishing(
      Publication<T> publication,
      boolean isInBackground,
      Duration patience,
      AtomicInteger ofThread) {
    this.publication = publication;
    this.isInBackground = isInBackground;
    this.ofThread = ofThread;
    bytes = publication.bytes();
    deadline = System.nanoTime() + patience.toNanos();
  }

  /**
   * @param patience how long it may wait until it is sent
   * @param ofThread counts the thread's background publishes
   */
  static <T extends @Nullable Object> Publishing<T> inBackground(
      Publication<T> publication, Duration patience, AtomicInteger ofThread) {
    return new Publishing<>(publication, true, patience, ofThread);
  }

  /**
   * @param patience how long it may wait until it is sent
   * @param ofThread counts the thread's background publishes
   */
  static <T extends @Nullable Object> Publishing<T> awaited(
      Publication<T> publication, Duration patience, AtomicInteger ofThread) {
    return new Publishing<>(publication, false, patience, ofThread);
  }

  Publication<T> publication() {
    return publication;
  }

  boolean isInBackground() {
    return isInBackground;
  }

  /** Whether the same thread gave both. */
  boolean isOfSameThread(Publishing<?> other) {
    return ofThread == other.ofThread;
  }

  /** It is in the background from now on. */
  void entered() {
    if (isInBackground) {
      ofThread.incrementAndGet();
    }
  }

  /** It has an outcome: its thread has one background publish less. */
  void left() {
    if (isInBackground) {
      ofThread.decrementAndGet();
    }
  }

  int bytes() {
    return bytes;
  }

  boolean isLate(long now) {
    return now - deadline > 0;
  }

  CompletableFuture<T> future() {
    return future;
  }

  /** Notes another attempt to send it. Returns whether this is the first one. */
  boolean tryAgain() {
    boolean isFirst = !wasTriedBefore;
    wasTriedBefore = true;
    return isFirst;
  }

  /** A run of Redis has replied. A waiting thread learns of it; a future is completed later. */
  void confirm(String run, Object reply) {
    T of = publication.confirm(run, reply);
    outcome = of;
    if (!isInBackground) {
      future.complete(of);
    }
  }

  /** As {@link #confirm}. */
  void fail(Throwable why) {
    failure = why;
    if (!isInBackground) {
      future.completeExceptionally(why);
    }
  }

  /**
   * Completes the future: users' code runs.
   *
   * @param translation turns the failure into the exception of the future
   */
  void complete(UnaryOperator<Throwable> translation) {
    if (failure == null) {
      future.complete(outcome);
    } else {
      future.completeExceptionally(translation.apply(failure));
    }
  }

  /**
   * Waits for the outcome. An interrupt doesn't end the wait: the outcome would be lost.
   *
   * @param withdraw takes the publish back; false if it is under way to Redis, whose answer is then
   *     awaited no longer than that of any other command
   * @throws RedisFailure if it has failed
   */
  T await(Predicate<Publishing<T>> withdraw) {
    boolean isInterrupted = false;
    boolean isUnderWay = false;
    try {
      while (true) {
        try {
          return isUnderWay ? future.get() : future.get(deadline - System.nanoTime(), NANOSECONDS);
        } catch (InterruptedException e) {
          isInterrupted = true;
        } catch (TimeoutException e) {
          if (withdraw.test(this)) {
            throw new RedisFailure.NoConnection(e);
          }
          isUnderWay = true;
        }
      }
    } catch (ExecutionException e) {
      throw unchecked(Objects.requireNonNull(e.getCause()));
    } finally {
      if (isInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static RuntimeException unchecked(Throwable why) {
    if (why instanceof Error error) {
      throw error;
    }
    return (RuntimeException) why;
  }
}
