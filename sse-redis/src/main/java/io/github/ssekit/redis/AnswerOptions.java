package io.github.ssekit.redis;

import java.time.Duration;
import java.util.Objects;

/**
 * The settings of one answer. See {@link AnswerStreams#start}.
 *
 * @param keep how long Redis keeps the answer after its end: a second to 7 days
 * @param lease how long the answer's producer may be out of reach before any node ends the answer
 *     as {@link AnswerState#PRODUCER_LOST}: 3 s to an hour
 * @param maxEvents the maximum number of events of the answer, the ending included: 1 to 1,000,000
 */
public record AnswerOptions(Duration keep, Duration lease, int maxEvents) {
  /** Kept for 15 minutes, a lease of 4 seconds, at most 10,000 events. */
  public static final AnswerOptions DEFAULT =
      new AnswerOptions(Duration.ofMinutes(15), Duration.ofSeconds(4), 10_000);

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if a value is outside of them
   */
  public AnswerOptions {
    requireWithin("keep", keep, Duration.ofSeconds(1), Duration.ofDays(7));
    requireWithin("lease", lease, Duration.ofSeconds(3), Duration.ofHours(1));
    if (maxEvents < 1 || maxEvents > RedisBridgeBuilder.MAX_HISTORY_EVENTS) {
      throw new IllegalArgumentException("maxEvents " + maxEvents + " is not 1 to 1,000,000");
    }
  }

  private static void requireWithin(String name, Duration time, Duration least, Duration most) {
    Objects.requireNonNull(time, name);
    if (time.compareTo(least) < 0 || time.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          name + " " + time + " is not within " + least + " and " + most);
    }
  }

  /**
   * A copy with another time to keep the answer.
   *
   * @throws IllegalArgumentException if the time is outside of its limits
   */
  public AnswerOptions withKeep(Duration time) {
    return new AnswerOptions(time, lease, maxEvents);
  }

  /**
   * A copy with another lease.
   *
   * @throws IllegalArgumentException if the time is outside of its limits
   */
  public AnswerOptions withLease(Duration time) {
    return new AnswerOptions(keep, time, maxEvents);
  }

  /**
   * A copy with another maximum number of events.
   *
   * @throws IllegalArgumentException if the number is outside of its limits
   */
  public AnswerOptions withMaxEvents(int events) {
    return new AnswerOptions(keep, lease, events);
  }
}
