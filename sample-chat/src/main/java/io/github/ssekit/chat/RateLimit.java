package io.github.ssekit.chat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * How often each of many may do something: as many at once as in a minute, then evenly. Of the
 * {@value #MAX_KEYS} that did something last the times are known; whom it forgets, it forgives.
 */
final class RateLimit {
  static final int MAX_KEYS = 10_000;

  private final LongSupplier nanoTime;

  /** When each has used up what it was given. Guarded by this. */
  private final LinkedHashMap<String, Long> spent =
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

  /** Takes one of the key's, or returns how many nanoseconds it has to wait for the next. */
  synchronized long take(String key, int aMinute) {
    long now = nanoTime.getAsLong();
    long one = 60_000_000_000L / aMinute;
    // Ahead of now by what was taken and has not been made up for by time.
    long before = Math.max(spent.getOrDefault(key, now) - now, 0);
    long wait = before - one * (aMinute - 1);
    if (wait > 0) {
      return wait;
    }
    spent.put(key, now + before + one);
    return 0;
  }
}
