package io.github.ssekit.hub;

import static java.lang.System.Logger.Level.ERROR;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
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

  private final RareLine failures = new RareLine(LOG, System::nanoTime);

  private final ThreadPoolExecutor closer = pool("sse-closer", 1);
  private final ThreadPoolExecutor callbacks = pool("sse-callback", CALLBACK_THREADS);
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(daemons("sse-timer"));
  private final List<Thread> loopThreads = new ArrayList<>();

  Executor closer() {
    return surviving(closer);
  }

  Executor callbacks() {
    return surviving(callbacks);
  }

  /** An executor that survives tasks that throw, and threads that can't be started. */
  private Executor surviving(ThreadPoolExecutor pool) {
    return task -> {
      Runnable survives = () -> survive(task, "A task of the hub's executors failed");
      try {
        pool.execute(survives);
      } catch (Throwable e) {
        // The next tick tries again to start a thread. The pool may have queued the task before it
        // failed.
        if (!pool.getQueue().contains(survives)) {
          pool.getQueue().add(survives);
        }
        failures.log(ERROR, "A thread of the hub could not be started; what it was for waits", e);
      }
    };
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
        timer.scheduleWithFixedDelay(
            () -> {
              survive(tick, "A tick of the timer failed");
              survive(this::startMissing, "A thread of the hub could not be started");
            },
            nanos,
            nanos,
            TimeUnit.NANOSECONDS);
  }

  /** Starts a thread in each pool with waiting tasks, unless the pool has all its threads. */
  private void startMissing() {
    for (ThreadPoolExecutor pool : List.of(closer, callbacks)) {
      if (!pool.getQueue().isEmpty()) {
        boolean unused = pool.prestartCoreThread();
      }
    }
  }

  private void survive(Runnable task, String failure) {
    try {
      task.run();
    } catch (Throwable e) {
      failures.log(ERROR, failure, e);
    }
  }

  /** Waits, on the calling thread. */
  void pause(long nanos) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(nanos);
  }

  /** Ends all threads, each after its remaining tasks, and waits up to a second for each. */
  void stop(DeliveryLoop[] loops) {
    timer.shutdownNow();
    for (DeliveryLoop loop : loops) {
      loop.stop();
    }
    try {
      for (Thread thread : loopThreads) {
        thread.join(1000);
      }
      boolean unused = timer.awaitTermination(1, TimeUnit.SECONDS);
      closer.shutdown();
      // Otherwise connections still being closed have listeners to call: the pool stays open, and
      // its threads end when they are idle.
      if (closer.awaitTermination(1, TimeUnit.SECONDS)) {
        callbacks.shutdown();
        unused = callbacks.awaitTermination(1, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private ThreadPoolExecutor pool(String name, int threads) {
    ThreadFactory factory = daemons(name);
    // The queue is bounded by the number of connections: each gives one task, and one for each
    // listener. A task that comes after the pool's shutdown, such as a late listener, gets a thread
    // of its own.
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

  private ThreadFactory daemons(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> newThread(task, name + "-" + number.incrementAndGet());
  }

  Thread newThread(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }
}
