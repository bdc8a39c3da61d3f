package io.github.ssekit.redis;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The threads of the bridge, which are daemon threads. */
final class BackgroundThread {
  private BackgroundThread() {}

  /**
   * Returns an executor that runs tasks one after the other, on a thread that ends after a second
   * without a task.
   */
  static Executor named(String name) {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> daemon(task, name));
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  /** Returns a new daemon thread, not started. */
  static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }
}
