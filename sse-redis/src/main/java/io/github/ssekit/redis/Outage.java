package io.github.ssekit.redis;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.github.ssekit.redis.RedisHealth.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A problem with Redis that lasts for a while. The log has one line when the problem begins, one
 * for each further reason, one a minute while it lasts, and one when it is over. Thread-safe.
 */
final class Outage {
  private static final long REMINDER_NANOS = Duration.ofMinutes(1).toNanos();

  /** The most reasons that get a line of their own: reasons may hold addresses and times. */
  private static final int MAX_REASONS = 5;

  private final System.Logger log;
  private final String where;
  private final String over;
  private final LongSupplier nanoTime;

  // Guarded by this.
  private final Set<String> told = new HashSet<>();
  private long began;
  private long lastLine;

  private volatile @Nullable Problem problem;

  /**
   * @param where the address of Redis, without secrets
   * @param over the log message when the problem is over, in a few words
   */
  Outage(System.Logger log, String where, String over, LongSupplier nanoTime) {
    this.log = log;
    this.where = where;
    this.over = over;
    this.nanoTime = nanoTime;
  }

  /** Returns the problem while it lasts, or null. */
  @Nullable Problem problem() {
    return problem;
  }

  /**
   * @param doing the action that failed, such as "the subscription broke"
   * @param reason escaped and without secrets
   */
  synchronized void failed(String doing, String reason) {
    long now = nanoTime.getAsLong();
    String sentence = doing + ": " + reason;
    Problem before = problem;
    if (before == null) {
      began = now;
    }
    problem = new Problem(sentence, before == null ? Instant.now() : before.since());
    boolean isNew = told.size() < MAX_REASONS && told.add(sentence);
    if (isNew || now - lastLine >= REMINDER_NANOS) {
      lastLine = now;
      log.log(WARNING, "Redis at {0}: {1}{2}", where, sentence, isNew ? "" : lasting(now));
    }
  }

  private String lasting(long now) {
    return " (for " + seconds(now) + " now)";
  }

  synchronized void ended() {
    if (problem != null) {
      problem = null;
      told.clear();
      log.log(INFO, "Redis at {0}: {1} after {2}", where, over, seconds(nanoTime.getAsLong()));
    }
  }

  private String seconds(long now) {
    double seconds = (now - began) / 1e9;
    return seconds < 10
        ? String.format(Locale.ROOT, "%.1f s", seconds)
        : Math.round(seconds) + " s";
  }
}
