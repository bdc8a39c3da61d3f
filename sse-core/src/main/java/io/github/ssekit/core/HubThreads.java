package io.github.ssekit.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of a hub, all of them daemons: {@code sse-loop}, one for each delivery loop; {@code
 * sse-timer}; {@code sse-closer}, which ends transports; {@code sse-callback}, which run the
 * application's listeners. The last two exist while there is something to do.
 */
class HubThreads {
  private static final System.Logger LOG = System.getLogger(HubThreads.class.getName());
  private static final int CALLBACK_THREADS = 4;

  private final ThreadPoolExecutor closer = pool("sse-closer", 1);
  private final ThreadPoolExecutor callbacks = pool("sse-callback", CALLBACK_THREADS);
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(daemons("sse-timer"));
  private final List<Thread> loopThreads = new ArrayList<>();

  Executor closer() {
    return closer;
  }

  Executor callbacks() {
    return callbacks;
  }

  void start(DeliveryLoop[] loops, Runnable tick, Duration tickInterval) {
    ThreadFactory factory = daemons("sse-loop");
    for (DeliveryLoop loop : loops) {
      Thread thread = factory.newThread(loop);
      loopThreads.add(thread);
      thread.start();
    }
    long nanos = tickInterval.toNanos();
    Future<?> unused =
        timer.scheduleWithFixedDelay(() -> survive(tick), nanos, nanos, TimeUnit.NANOSECONDS);
  }

  /** A tick that fails, by an upstream say, is not the last. */
  private static void survive(Runnable tick) {
    try {
      tick.run();
    } catch (Throwable e) {
      LOG.log(System.Logger.Level.ERROR, "A tick of the timer failed", e);
    }
  }

  /** Has the calling thread wait. */
  void pause(long nanos) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(nanos);
  }

  /** Ends all threads, each after what it has left to do, and waits a second for each. */
  void stop(DeliveryLoop[] loops) {
    timer.shutdownNow();
    for (DeliveryLoop loop : loops) {
      loop.stop();
    }
    try {
      for (Thread thread : loopThreads) {
        thread.join(1000);
      }
      for (ExecutorService pool : List.of(timer, closer, callbacks)) {
        pool.shutdown();
        boolean unused = pool.awaitTermination(1, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static ThreadPoolExecutor pool(String name, int threads) {
    ThreadFactory factory = daemons(name);
    // Bounded by the number of connections: each gives one task, and one for each listener. What
    // comes after the hub's close, such as a late listener, gets a thread of its own.
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            factory,
            (task, closed) -> factory.newThread(task).start());
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  private static ThreadFactory daemons(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
