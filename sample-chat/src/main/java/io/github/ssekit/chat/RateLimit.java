package io.github.ssekit.chat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A rate limit per key: a burst of one minute's share, then evenly spaced. Keeps the {@value
 * #MAX_KEYS} keys that were used last; a key that it has dropped starts anew.
 */
final class RateLimit {
  static final int MAX_KEYS = 10_000;

  private final LongSupplier nanoTime;

  /** The time, in nanoseconds, at which each key has its full burst again. Guarded by this. */
  private final LinkedHashMap<String, Long> fullAt =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > MAX_KEYS;
        }
      };

  RateLimit(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Takes one permit of the key and returns 0, or returns the nanoseconds until the next permit.
   */
  synchronized long take(String key, int perMinute) {
    long now = nanoTime.getAsLong();
    long interval = 60_000_000_000L / perMinute;
    // The permits taken, in time, less the time since.
    long debt = Math.max(fullAt.getOrDefault(key, now) - now, 0);
    long wait = debt - interval * (perMinute - 1);
    if (wait > 0) {
      return wait;
    }
    fullAt.put(key, now + debt + interval);
    return 0;
  }
}
