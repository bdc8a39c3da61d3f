package io.github.ssekit.redis;

import io.github.ssekit.hub.PublishException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Publishes to Redis. Up to two waiting callers use connections of their own, which answers
 * soonest; the others share the {@link PublishPipeline}, which costs Redis less for each event.
 * Thread-safe.
 */
final class RedisPublisher implements AutoCloseable {
  /** How many callers have connections of their own. */
  private static final int ALONE = 2;

  private final CommandPool commands;
  private final RedisConnector connector;
  private final PublishPipeline pipeline;
  private final Semaphore alone = new Semaphore(ALONE);
  private volatile boolean closed;

  /**
   * @param connector names Redis in failures
   * @param maxBytes the most bytes of background publishes
   */
  RedisPublisher(CommandPool commands, RedisConnector connector, int maxBytes) {
    this.commands = commands;
    this.connector = connector;
    pipeline = new PublishPipeline(commands, maxBytes, this::failure);
  }

  /**
   * Publishes, after all publishes that the calling thread gave to {@link #publishAsync}.
   *
   * @throws RedisFailure if Redis does not confirm it
   */
  <T extends @Nullable Object> T publish(Publication<T> publication) {
    if (pipeline.isUsedByThisThread() || !alone.tryAcquire()) {
      return pipeline.publish(publication);
    }
    try {
      CommandPool.Reply<Object> reply = commands.execute(publication::call);
      return publication.confirm(reply.run(), reply.value());
    } finally {
      alone.release();
    }
  }

  /**
   * As {@link PublishPipeline#publishAsync}.
   *
   * @return a future that fails as {@link #failure} says
   */
  <T extends @Nullable Object> CompletableFuture<T> publishAsync(Publication<T> publication) {
    return pipeline.publishAsync(publication);
  }

  private Throwable failure(Throwable e) {
    return e instanceof RedisFailure failure ? failure(failure) : e;
  }

  /** Returns the exception by which users learn of a failure. */
  PublishException failure(RedisFailure e) {
    return new PublishException(
        isClosed()
            ? RedisBridge.CLOSED
            : "Redis at " + connector + " did not confirm a publish: " + Diagnosis.of(e),
        e,
        mayBeStored(e));
  }

  private static boolean mayBeStored(RedisFailure e) {
    return !(e instanceof RedisFailure.NoConnection
        || e instanceof RedisFailure.Unsent
        || Diagnosis.isNothingStored(e));
  }

  boolean isClosed() {
    return closed;
  }

  /** As {@link PublishPipeline#close}. */
  @Override
  public void close() {
    closed = true;
    pipeline.close();
  }
}
