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

  /** A key, and the permits that it has in a minute. */
  record Share(String key, int perMinute) {
    private long interval() {
      return 60_000_000_000L / perMinute;
    }
  }

  /**
   * Takes one permit of each share and returns 0; or takes none, and returns the nanoseconds until
   * all have a permit. A refusal remembers no key: otherwise refused requests could push out
   * others.
   */
  synchronized long take(Share... shares) {
    long now = nanoTime.getAsLong();
    long wait = 0;
    for (Share each : shares) {
      wait = Math.max(wait, debt(each, now) - each.interval() * (each.perMinute - 1));
    }
    if (wait == 0) {
      for (Share each : shares) {
        fullAt.put(each.key, now + debt(each, now) + each.interval());
      }
    }
    return wait;
  }

  /** The permits taken, in time, less the time since. */
  private long debt(Share share, long now) {
    return Math.max(fullAt.getOrDefault(share.key, now) - now, 0);
  }
}
