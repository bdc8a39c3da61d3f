package io.github.ssekit.hub;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A log line that is written at most once a minute, and says how often it was due. Any thread.
 *
 * <p>It never throws: a thread that reports a failure must survive the report, whatever logger the
 * application has, and however little memory is left.
 */
final class RareLine {
  private static final long INTERVAL_NANOS = 60_000_000_000L;

  private final System.Logger log;
  private final LongSupplier nanoTime;

  // Guarded by this.
  private long due;
  private long lastNanos;
  private boolean written;

  RareLine(System.Logger log, LongSupplier nanoTime) {
    this.log = log;
    this.nanoTime = nanoTime;
  }

  void log(System.Logger.Level level, String text, @Nullable Throwable cause) {
    long times = take();
    if (times > 0) {
      try {
        String line = times == 1 ? text : text + " (" + times + " times since the last such line)";
        log.log(level, line, cause);
      } catch (Throwable e) {
        // The logger failed, so nothing can report it. The next line counts these times too.
        giveBack(times);
      }
    }
  }

  /** Takes the number of times that the line was due; returns 0 if it must not be written yet. */
  private synchronized long take() {
    due++;
    long now = nanoTime.getAsLong();
    if (written && now - lastNanos < INTERVAL_NANOS) {
      return 0;
    }
    written = true;
    lastNanos = now;
    long times = due;
    due = 0;
    return times;
  }

  private synchronized void giveBack(long times) {
    due += times;
    written = false;
  }
}
