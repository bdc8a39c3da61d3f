package io.github.ssekit.micrometer;

import io.github.ssekit.redis.RedisBridge;
import io.github.ssekit.redis.RedisHealth;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * The state of a bridge: whether events arrive from Redis, and whether it accepts publishes.
 *
 * <pre>{@code
 * new BridgeGauges(redis).bindTo(registry);
 * }</pre>
 */
public final class BridgeGauges implements MeterBinder {
  private final RedisBridge bridge;

  /** Creates the gauges of a bridge. */
  public BridgeGauges(RedisBridge bridge) {
    this.bridge = Objects.requireNonNull(bridge, "bridge");
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    Gauge.builder("ssekit.redis.subscribed", bridge, b -> b.health().isSubscribed() ? 1 : 0)
        .description("1 if events arrive from Redis, else 0")
        .register(registry);
    Gauge.builder("ssekit.redis.writable", bridge, BridgeGauges::writable)
        .description("1 if Redis accepted the last probe, else 0")
        .register(registry);
    TimeGauge.builder("ssekit.redis.probe.age", bridge, TimeUnit.SECONDS, BridgeGauges::probeAge)
        .description("The time since the subscription heard its own probe")
        .register(registry);
  }

  /** NaN while there is no subscription: nothing is probed then. */
  private static double writable(RedisBridge bridge) {
    RedisHealth health = bridge.health();
    return !health.isSubscribed() ? Double.NaN : health.refused() == null ? 1 : 0;
  }

  /** NaN while there is no subscription, which a chart shows as a gap. */
  private static double probeAge(RedisBridge bridge) {
    Duration age = bridge.health().sinceProbe();
    return age == null ? Double.NaN : age.toNanos() / 1e9;
  }
}
