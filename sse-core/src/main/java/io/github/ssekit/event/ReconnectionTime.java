package io.github.ssekit.event;

import java.time.Duration;
import java.util.Objects;

/**
 * The reconnection time (WHATWG HTML 9.2.3): how long a client waits before it connects again. An
 * {@link EventStreamWriter} writes it.
 *
 * @param time 0 to 2147483647 ms; fractions of a millisecond are dropped. With a longer time
 *     several clients overflow, and reconnect without a pause.
 */
public record ReconnectionTime(Duration time) implements Block {
  private static final long MAX_MILLIS = Integer.MAX_VALUE;

  /**
   * Checks the time and drops fractions of a millisecond.
   *
   * @throws IllegalArgumentException if the time is negative or over the limit
   */
  public ReconnectionTime {
    Objects.requireNonNull(time, "time");
    if (time.isNegative() || time.compareTo(Duration.ofMillis(MAX_MILLIS)) > 0) {
      throw new IllegalArgumentException(
          "reconnection time " + time + " is not within 0 to " + MAX_MILLIS + " ms");
    }
    time = Duration.ofMillis(time.toMillis());
  }

  @Override
  public Frame frame() {
    return Frame.of("retry: " + time.toMillis() + "\n");
  }
}
