package io.github.ssekit.redis;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The state of a bridge at one moment: whether events arrive, and whether Redis accepts publishes.
 * See {@link RedisBridge#health}.
 *
 * <p>A node that is deaf is of no use to its clients: take it out of a load balancer, if others
 * hear Redis. Where Redis refuses to be written to, it does so for all nodes alike; what is
 * published past the bridge, and history, still arrive.
 *
 * @param deaf why events don't arrive; null if they do
 * @param refused why Redis does not take what is published, such as {@code publishing refused: OOM
 *     command not allowed when used memory > 'maxmemory'.}; null if it does, as far as its probes
 *     tell
 * @param sinceProbe how long ago the subscription heard its own probe; null while it does not stand
 */
public record RedisHealth(
    @Nullable Problem deaf, @Nullable Problem refused, @Nullable Duration sinceProbe) {
  /**
   * One thing that does not work.
   *
   * @param reason in one sentence, with Redis' own words, escaped, without secrets
   * @param since when it began
   */
  public record Problem(String reason, Instant since) {}

  /**
   * Whether the subscription stands. Where it doesn't, {@link #deaf} says why; it also does where
   * the subscription stands and has not heard its own probe for {@link RedisBridgeBuilder#silence}.
   */
  public boolean isSubscribed() {
    return sinceProbe != null;
  }

  /** Whether nothing is wrong. */
  public boolean isHealthy() {
    return deaf == null && refused == null;
  }
}
