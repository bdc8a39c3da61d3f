package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Publishes: over a connection of his own for a caller who waits, which answers soonest, but
 * through the {@link PublishPipeline} where many do at a time, which takes Redis less for each.
 * Thread-safe.
 */
final class RedisPublisher implements AutoCloseable {
  /** How many callers have connections of their own. */
  private static final int ALONE = 2;

  private final CommandPool commands;
  private final PublishPipeline pipeline;
  private final Semaphore alone = new Semaphore(ALONE);

  /**
   * @param maxBytes what may wait in background
   * @param failure turns a failure into the exception of the future
   */
  RedisPublisher(CommandPool commands, int maxBytes, UnaryOperator<Throwable> failure) {
    this.commands = commands;
    pipeline = new PublishPipeline(commands, maxBytes, failure);
  }

  /**
   * Publishes, after all that the caller gave to {@link #publishAsync}.
   *
   * @throws RedisFailure if Redis does not confirm it
   */
  @Nullable Position publish(Publication publication) {
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

  /** As {@link PublishPipeline#publishAsync}. */
  CompletableFuture<@Nullable Position> publishAsync(Publication publication) {
    return pipeline.publishAsync(publication);
  }

  @Override
  public void close() {
    pipeline.close();
  }
}
