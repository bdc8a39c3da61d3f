package io.github.ssekit.hub;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;

import java.util.Arrays;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The health of a hub's threads: the timer gives every delivery loop the time, and each loop takes
 * it. Any thread.
 */
final class Health {
  private static final System.Logger LOG = System.getLogger(Health.class.getName());

  /** The longest time without a tick of a healthy loop. Ticks come at least once a second. */
  private static final long LONGEST_NANOS = 10_000_000_000L;

  private final DeliveryLoop[] loops;
  private final LongSupplier nanoTime;

  /**
   * The time of a silent loop's last tick, once the silence is logged; otherwise null. Guarded by
   * this.
   */
  private @Nullable Long since;

  Health(DeliveryLoop[] loops, LongSupplier nanoTime) {
    this.loops = loops;
    this.nanoTime = nanoTime;
  }

  /** Checks the loops, and logs a change. */
  synchronized boolean isGood() {
    long now = nanoTime.getAsLong();
    DeliveryLoop longest = null;
    for (DeliveryLoop loop : loops) {
      long silent = now - loop.lastTick();
      if (silent > LONGEST_NANOS && (longest == null || silent > now - longest.lastTick())) {
        longest = loop;
      }
    }
    if (longest != null && since == null) {
      since = longest.lastTick();
      boolean all = Arrays.stream(loops).allMatch(l -> now - l.lastTick() > LONGEST_NANOS);
      String who = all ? "sse-timer, or all of sse-loop," : "sse-loop-" + (longest.number + 1);
      LOG.log(
          ERROR,
          "Thread " + who + " has done nothing for " + seconds(now) + " s; it stands here:",
          longest.where());
    } else if (longest == null && since != null) {
      LOG.log(INFO, "The hub's threads do their work again, after " + seconds(now) + " s");
      since = null;
    }
    return longest == null;
  }

  private long seconds(long now) {
    return since == null ? 0 : (now - since) / 1_000_000_000;
  }
}
