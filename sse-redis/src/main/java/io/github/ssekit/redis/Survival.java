package io.github.ssekit.redis;

import static java.lang.System.Logger.Level.ERROR;

import java.time.Duration;

/**
 * Runs the tasks of a bridge so that their threads survive all exceptions of the tasks, Errors
 * included. Logs exceptions with their stack traces, at most one a minute. Thread-safe.
 */
final class Survival {
  private static final long LINE_NANOS = Duration.ofMinutes(1).toNanos();

  private final System.Logger log;
  private long lastLine = System.nanoTime() - LINE_NANOS;

  Survival(System.Logger log) {
    this.log = log;
  }

  /** Runs a task. Never throws. */
  void run(Runnable task) {
    try {
      task.run();
    } catch (Throwable e) {
      survived(e);
    }
  }

  /** Logs an exception, at most one a minute. Never throws. */
  synchronized void survived(Throwable thrown) {
    try {
      long now = System.nanoTime();
      if (now - lastLine >= LINE_NANOS) {
        lastLine = now;
        log.log(ERROR, Thread.currentThread().getName() + " continues after an error", thrown);
      }
    } catch (Throwable again) {
      // Memory may be short. It matters more that the thread continues than that the line is
      // logged.
      thrown.addSuppressed(again);
    }
  }
}
