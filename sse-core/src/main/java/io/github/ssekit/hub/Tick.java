package io.github.ssekit.hub;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One moment, as the hub's timer gives it to the loops, and the limits that are measured then. All
 * durations are in nanoseconds.
 */
final class Tick {
  /**
   * Divides the stuck-write deadline while the bytes that wait for clients are at their bound: a
   * client that takes nothing then stands in the way of those that would.
   */
  private static final int SCARCE = 6;

  /** The hub's nanoseconds. */
  final long now;

  /** The wall clock, since 1970. */
  final long millis;

  /** The block that says this node's position, read before any loop is told. */
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

  /** Whether a client that has taken nothing since a moment is stuck. */
  boolean isStuck(long since, boolean scarce) {
    return now - since > (scarce ? stuckDeadline / SCARCE : stuckDeadline);
  }

  /**
   * Whether a connection has reached its lifetime: 80 to 100 % of the longest, and the same
   * whenever it is computed, so that it takes no field.
   */
  boolean isOld(long opened) {
    // The multiples of the golden ratio are spread evenly, however close the times are.
    double part = ((opened * 0x9E3779B97F4A7C15L) >>> 11) * 0x1p-53;
    return now - opened >= maxLifetime - (long) (maxLifetime * 0.2 * part);
  }
}
