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
 * Sends publishes to Redis over one connection, in the order in which they were given, without
 * waiting for the replies in between. Thread-safe.
 *
 * <p>One thread sends the waiting publishes, as {@link PublishFlight}s, and takes the replies. It
 * runs while there is something to do. Another thread completes the futures, so that the users'
 * code that runs then does not hold up the sending.
 *
 * <p>The queue has two limits: background publishes are refused beyond a number of bytes, and any
 * publish fails that was not sent within a given time.
 */
final class PublishPipeline implements AutoCloseable {
  /**
   * How long a publish may wait until it is sent: as long as a command may wait for a connection.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** The same for a background publish. */
  private static final Duration PATIENCE_IN_BACKGROUND = Duration.ofSeconds(10);

  private final CommandPool commands;
  private final int maxBytes;
  private final UnaryOperator<Throwable> failure;
  private final Executor sender = BackgroundThread.named("sse-redis-publisher");
  private final Executor completer = BackgroundThread.named("sse-redis-confirmer");

  /** How many background publishes without an outcome each thread has. */
  private final ThreadLocal<AtomicInteger> own = ThreadLocal.withInitial(AtomicInteger::new);

  // Guarded by this.
  private final Deque<Publishing<?>> waiting = new ArrayDeque<>();
  private boolean isRunning;
  private boolean isClosed;

  /** Bytes of background publishes whose futures are not completed. */
  private long bytes;

  /**
   * @param maxBytes the most bytes of background publishes
   * @param failure turns a failure into the exception of the future
   */
  PublishPipeline(CommandPool commands, int maxBytes, UnaryOperator<Throwable> failure) {
    this.commands = commands;
    this.maxBytes = maxBytes;
    this.failure = failure;
  }

  /** Whether this thread has background publishes, which a later one must not overtake. */
  boolean isUsedByThisThread() {
    return own.get().get() > 0;
  }

  /**
   * Publishes in the background.
   *
   * @return a future that completes on a thread that does nothing else
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
   * Publishes, and waits until Redis confirms it.
   *
   * @throws RedisFailure if the publish fails
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
        // Memory is short: the next publish starts the thread again.
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
      // The flight has failed the publishes concerned, or put them back.
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
   * Takes the publishes that have waited longest, up to the first that does not fit.
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

  /** Puts back publishes that are to be sent once more, ahead of all waiting ones. */
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

  /** Fails the publishes that were not sent; the others still get their outcome. */
  @Override
  public void close() {
    synchronized (this) {
      isClosed = true;
    }
    failWaiting(closed());
  }
}
