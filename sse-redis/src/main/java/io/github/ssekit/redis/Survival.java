package io.github.ssekit.redis;

import static java.lang.System.Logger.Level.ERROR;

import java.time.Duration;

/**
 * Keeps the threads of a bridge running after anything that is thrown on them, Errors included.
 * Logs it with its stack, at most once a minute. Thread-safe.
 */
final class Survival {
  private static final long LINE_NANOS = Duration.ofMinutes(1).toNanos();

  private final System.Logger log;
  private long lastLine = System.nanoTime() - LINE_NANOS;

  Survival(System.Logger log) {
    this.log = log;
  }

  void run(Runnable task) {
    try {
      task.run();
    } catch (Throwable e) {
      survived(e);
    }
  }

  synchronized void survived(Throwable thrown) {
    try {
      long now = System.nanoTime();
      if (now - lastLine >= LINE_NANOS) {
        lastLine = now;
        log.log(ERROR, Thread.currentThread().getName() + " goes on after an error", thrown);
      }
    } catch (Throwable again) {
      // Perhaps memory is short. That the thread goes on matters more than the line.
      thrown.addSuppressed(again);
    }
  }
}
