package io.github.ssekit.hub;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One tick of the hub's timer, as the loops get it: the time, and the limits to check. All
 * durations are in nanoseconds.
 */
final class Tick {
  /**
   * Divides the stuck-write deadline while the bytes that wait for clients are at their limit: a
   * client that takes no bytes then stands in the way of clients that would.
   */
  private static final int SCARCE = 6;

  /** The hub's nanoseconds. */
  final long now;

  /** The wall clock, in milliseconds since 1970. */
  final long millis;

  /**
   * The frame of this node's position, or of a comment if it has no position; read before any loop
   * gets the tick.
   */
  final byte[] position;

  final long heartbeatInterval;
  private final long stuckDeadline;
  private final long maxLifetime;

  Tick(
      long now,
      long millis,
      byte[] position,
      Duration heartbeat,
      Duration stuckDeadline,
      @Nullable Duration maxLifetime) {
    this.now = now;
    this.millis = millis;
    this.position = position;
    this.heartbeatInterval = heartbeat.toNanos();
    this.stuckDeadline = stuckDeadline.toNanos();
    this.maxLifetime = maxLifetime == null ? Long.MAX_VALUE : maxLifetime.toNanos();
  }

  /** Whether a client that has taken no bytes since a given time is stuck. */
  boolean isStuck(long since, boolean scarce) {
    return now - since > (scarce ? stuckDeadline / SCARCE : stuckDeadline);
  }

  /**
   * Whether a connection has reached its lifetime: 80 to 100 % of the maximum. Computed from the
   * opening time alone, so that it takes no field.
   */
  boolean isOld(long opened) {
    // The multiples of the golden ratio are spread evenly, however close the times are.
    double part = ((opened * 0x9E3779B97F4A7C15L) >>> 11) * 0x1p-53;
    return now - opened >= maxLifetime - (long) (maxLifetime * 0.2 * part);
  }
}
