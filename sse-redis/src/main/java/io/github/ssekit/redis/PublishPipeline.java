package io.github.ssekit.redis;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The publishes that go to Redis one behind the other over one connection, without waiting for the
 * replies between: in the order in which they were given. Thread-safe.
 *
 * <p>One thread sends what waits, as {@link PublishFlight}s, and takes the replies. It runs while
 * there is something to do. Another one completes the futures, so that what users do then does not
 * hold up the sending.
 *
 * <p>What waits is bounded: for those who don't wait themselves by bytes, over which a publish is
 * refused; and for all by time, after which a publish that was not sent fails.
 */
final class PublishPipeline implements AutoCloseable {
  /** How long a publish may wait until it is sent: as long as for a connection of the pool. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** The same if nobody waits for it. */
  private static final Duration PATIENCE_IN_BACKGROUND = Duration.ofSeconds(10);

  private final CommandPool commands;
  private final int maxBytes;
  private final UnaryOperator<Throwable> failure;
  private final Executor sender = BackgroundThread.named("sse-redis-publisher");
  private final Executor completer = BackgroundThread.named("sse-redis-confirmer");

  /** How many publishes in background each thread has that have no outcome yet. */
  private final ThreadLocal<AtomicInteger> own = ThreadLocal.withInitial(AtomicInteger::new);

  // Guarded by this.
  private final Deque<Publishing<?>> waiting = new ArrayDeque<>();
  private boolean isRunning;
  private boolean isClosed;

  /** Bytes of publishes whose futures are not completed. */
  private long bytes;

  /**
   * @param maxBytes what may wait in background
   * @param failure turns a failure into the exception of the future
   */
  PublishPipeline(CommandPool commands, int maxBytes, UnaryOperator<Throwable> failure) {
    this.commands = commands;
    this.maxBytes = maxBytes;
    this.failure = failure;
  }

  /** Whether this thread has publishes in background, which a later one must not overtake. */
  boolean isUsedByThisThread() {
    return own.get().get() > 0;
  }

  /**
   * Publishes in background.
   *
   * @return completes on a thread that does nothing else
   */
  <T extends @Nullable Object> CompletableFuture<T> publishAsync(Publication<T> publication) {
    Publishing<T> publishing =
        Publishing.inBackground(publication, PATIENCE_IN_BACKGROUND, own.get());
    synchronized (this) {
      if (bytes > 0 && bytes + publication.bytes() > maxBytes) {
        return CompletableFuture.failedFuture(
            failure.apply(
                new RedisFailure.NoConnection(
                    new IllegalStateException(
                        "%d bytes of publishes wait already, the limit is %d: await some, or raise maxUnconfirmedBytes"
                            .formatted(bytes, maxBytes)))));
      }
      if (!enqueue(publishing)) {
        return CompletableFuture.failedFuture(failure.apply(closed()));
      }
      bytes += publication.bytes();
      publishing.entered();
    }
    return publishing.future();
  }

  /**
   * Publishes, and waits until that is confirmed.
   *
   * @throws RedisFailure if it is not
   */
  <T extends @Nullable Object> T publish(Publication<T> publication) {
    Publishing<T> publishing = Publishing.awaited(publication, PATIENCE, own.get());
    if (!enqueue(publishing)) {
      throw closed();
    }
    return publishing.await(this::withdraw);
  }

  private static RedisFailure closed() {
    return new RedisFailure.NoConnection(new IllegalStateException("closed"));
  }

  private synchronized boolean enqueue(Publishing<?> publishing) {
    if (isClosed) {
      return false;
    }
    if (!isRunning) {
      sender.execute(this::run);
      isRunning = true;
    }
    waiting.add(publishing);
    return true;
  }

  private synchronized boolean withdraw(Publishing<?> publishing) {
    return waiting.remove(publishing);
  }

  private void run() {
    boolean isOver = false;
    try {
      while (!isOver) {
        sendAll();
        isOver = !isGoingOn();
      }
    } finally {
      if (!isOver) {
        // For want of memory: the next publish begins anew.
        synchronized (this) {
          isRunning = false;
        }
      }
    }
  }

  private void sendAll() {
    try {
      commands.lend(connection -> new PublishFlight(this, connection).run());
    } catch (RedisFailure.NoConnection e) {
      failWaiting(e);
    } catch (RedisFailure e) {
      // Those concerned have been told.
    } catch (Throwable e) {
      failWaiting(e);
    }
  }

  private synchronized boolean isGoingOn() {
    isRunning = !waiting.isEmpty();
    return isRunning;
  }

  private void failWaiting(Throwable why) {
    List<Publishing<?>> failed;
    synchronized (this) {
      failed = List.copyOf(waiting);
      waiting.clear();
    }
    failed.forEach(each -> each.fail(why));
    settled(failed);
  }

  /**
   * Takes those that wait longest, up to the first that does not fit.
   *
   * @param most roughly how many bytes
   */
  List<Publishing<?>> take(int most, Predicate<Publication<?>> fits) {
    List<Publishing<?>> taken = new ArrayList<>();
    List<Publishing<?>> late = new ArrayList<>();
    long now = System.nanoTime();
    synchronized (this) {
      int sum = 0;
      for (Publishing<?> next = waiting.peek(); next != null && sum < most; next = waiting.peek()) {
        if (!next.isLate(now) && !fits.test(next.publication())) {
          break;
        }
        if (next.isLate(now)) {
          late.add(next);
        } else {
          taken.add(next);
          sum += next.bytes();
        }
        waiting.remove();
      }
    }
    late.forEach(
        each -> each.fail(new RedisFailure.NoConnection(new TimeoutException("not sent"))));
    settled(late);
    return taken;
  }

  /** Puts back what was taken and is to be sent once more, before all that waits. */
  void putBack(List<Publishing<?>> taken) {
    List<Publishing<?>> refused = List.of();
    synchronized (this) {
      if (isClosed) {
        refused = List.copyOf(taken);
      } else {
        for (int i = taken.size() - 1; i >= 0; i--) {
          waiting.addFirst(taken.get(i));
        }
      }
    }
    refused.forEach(each -> each.fail(closed()));
    settled(refused);
  }

  /** Completes the futures of publishes that have an outcome. */
  void settled(List<Publishing<?>> publishings) {
    List<Publishing<?>> inBackground =
        publishings.stream().filter(Publishing::isInBackground).toList();
    if (inBackground.isEmpty()) {
      return;
    }
    inBackground.forEach(Publishing::left);
    Runnable complete = () -> complete(inBackground);
    try {
      completer.execute(complete);
    } catch (OutOfMemoryError e) {
      // No thread can be made.
      complete.run();
    }
  }

  private void complete(List<Publishing<?>> publishings) {
    long sum = 0;
    for (Publishing<?> each : publishings) {
      each.complete(failure);
      sum += each.bytes();
    }
    synchronized (this) {
      bytes -= sum;
    }
  }

  /** Fails what was not sent; what was sent still gets its outcome. */
  @Override
  public void close() {
    synchronized (this) {
      isClosed = true;
    }
    failWaiting(closed());
  }
}
