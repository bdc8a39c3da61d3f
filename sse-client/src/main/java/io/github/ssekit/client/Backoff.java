package io.github.ssekit.client;

import io.github.ssekit.event.ReconnectionTime;
import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * The wait before the next attempt (WHATWG HTML 9.2.3, "reestablish the connection"): at least the
 * reconnection time, and a random time more, so that the clients of a server that went away don't
 * come back at one moment. The bound of the random part is a quarter of the reconnection time after
 * a stream that {@linkplain #succeeded succeeded}, and doubles with each attempt since then.
 *
 * <p>Not thread-safe.
 */
final class Backoff {
  /** The base of the doubling if the reconnection time is shorter. */
  private static final long LEAST_MILLIS = 250;

  private static final int MOST_DOUBLINGS = 20;

  private final long maxMillis;
  private final DoubleSupplier random;
  private long reconnectionMillis;
  private int failures;

  /**
   * A back-off that has seen no failure.
   *
   * @param random numbers from 0 to 1
   */
  Backoff(Duration reconnectionTime, Duration max, DoubleSupplier random) {
    this.reconnectionMillis = reconnectionTime.toMillis();
    this.maxMillis = max.toMillis();
    this.random = random;
  }

  /** The server has set the reconnection time. */
  void setReconnectionTime(ReconnectionTime time) {
    reconnectionMillis = time.time().toMillis();
  }

  /**
   * The stream has had an event, or has had bytes and lasted a second: earlier attempts no longer
   * count. A stream that has a comment and ends at once, as from a server without room, is another
   * failure.
   */
  void succeeded() {
    failures = 0;
  }

  /**
   * The time to wait from now on, which counts as another failure until {@link #succeeded}.
   *
   * @param atLeast the wait that the server asks for besides the reconnection time, or zero
   */
  Duration next(Duration atLeast) {
    long longest = reconnectionMillis + reconnectionMillis / 4;
    if (failures > 0) {
      long base = Math.max(reconnectionMillis, LEAST_MILLIS);
      long doubled = base << Math.min(failures, MOST_DOUBLINGS);
      longest = Math.max(longest, Math.min(maxMillis, doubled));
    }
    failures++;
    double extra = random.getAsDouble() * (longest - reconnectionMillis);
    return Duration.ofMillis(Math.max(reconnectionMillis, atLeast.toMillis()) + (long) extra);
  }
}
