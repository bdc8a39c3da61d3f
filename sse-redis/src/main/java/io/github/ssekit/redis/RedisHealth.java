package io.github.ssekit.redis;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The state of a bridge at one moment: whether events arrive, and whether Redis accepts publishes.
 * See {@link RedisBridge#health}.
 *
 * <p>A deaf node is of no use to its clients: take it out of a load balancer, if other nodes hear
 * Redis. If Redis refuses writes, it does so for all nodes alike; history still arrives, and so do
 * messages that are published past the bridge.
 *
 * @param deaf why events don't arrive; null if they do
 * @param refused why Redis does not accept publishes, such as {@code publishing refused: OOM
 *     command not allowed when used memory > 'maxmemory'.}; null if it does, as far as the bridge's
 *     probes tell
 * @param sinceProbe how long ago the subscription heard its own probe; null while the subscription
 *     does not stand
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
   * Whether the subscription stands. If it doesn't, {@link #deaf} says why. {@code deaf} is also
   * set if the subscription stands but has not heard its own probe for {@link
   * RedisBridgeBuilder#silence}.
   */
  public boolean isSubscribed() {
    return sinceProbe != null;
  }

  /** Whether nothing is wrong. */
  public boolean isHealthy() {
    return deaf == null && refused == null;
  }
}
