package io.github.ssekit.redis;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The bridge's threads: they keep no JVM alive. */
final class BackgroundThread {
  private BackgroundThread() {}

  /**
   * Runs tasks one after the other, on a thread that exists while it has something to do, and a
   * second longer.
   */
  static Executor named(String name) {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> daemon(task, name));
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  /** A thread that keeps no JVM alive, not started. */
  static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }
}
