package io.github.ssekit.hub;

import static java.lang.System.Logger.Level.WARNING;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The calls that wait for a hub's observers: a bounded queue of single calls, and the totals of the
 * writes, which are reported once a tick. One task at a time makes the calls, on the callback
 * executor. Any thread.
 */
final class Observation implements Runnable {
  private static final System.Logger LOG = System.getLogger(Observation.class.getName());

  private final List<HubObserver> observers;
  private final Executor callbacks;
  private final RareLine failed;

  private final Queue<Consumer<? super HubObserver>> calls = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLong dropped = new AtomicLong();

  /** Whether the executor has the task that makes the calls. */
  private final AtomicBoolean running = new AtomicBoolean();

  // Guarded by this.
  private final LoopCounters totals = new LoopCounters();
  private boolean due;

  /** Whether totals were reported for the last tick: then the next are reported even if zero. */
  private boolean busy;

  Observation(List<HubObserver> observers, Executor callbacks, LongSupplier nanoTime) {
    this.observers = observers;
    this.callbacks = callbacks;
    this.failed = new RareLine(LOG, nanoTime);
  }

  /** Adds a call; drops it if too many wait. */
  void enqueue(Consumer<? super HubObserver> call) {
    if (waiting.incrementAndGet() > HubObserver.CAPACITY) {
      waiting.decrementAndGet();
      dropped.incrementAndGet();
    } else {
      calls.add(call);
      wake();
    }
  }

  /** Adds a loop's totals, and sets them to zero. */
  synchronized void add(LoopCounters counters) {
    totals.add(counters);
  }

  /** Makes the totals due. */
  void tick() {
    synchronized (this) {
      boolean now = !totals.isNothing() || dropped.get() > 0;
      due |= now || busy;
      busy = now;
    }
    wake();
  }

  private void wake() {
    if (hasWork() && running.compareAndSet(false, true)) {
      callbacks.execute(this);
    }
  }

  private boolean hasWork() {
    return !calls.isEmpty() || isDue();
  }

  private synchronized boolean isDue() {
    return due;
  }

  @Override
  public void run() {
    // Calls that came meanwhile found the flag set. This task makes them too: the hub's close waits
    // for tasks that the executor has, not for later tasks.
    do {
      try {
        makeAll();
      } finally {
        running.set(false);
      }
    } while (hasWork() && running.compareAndSet(false, true));
  }

  private void makeAll() {
    Consumer<? super HubObserver> next;
    while ((next = calls.poll()) != null) {
      waiting.decrementAndGet();
      make(next);
    }
    HubObserver.Written written = takeDue();
    if (written != null) {
      make(o -> o.written(written));
    }
  }

  private synchronized HubObserver.@Nullable Written takeDue() {
    if (!due) {
      return null;
    }
    due = false;
    HubObserver.Written written =
        new HubObserver.Written(
            totals.events,
            totals.bytes,
            totals.batches,
            totals.largestBatch,
            totals.lag,
            dropped.getAndSet(0));
    totals.clear();
    return written;
  }

  private void make(Consumer<? super HubObserver> call) {
    for (HubObserver observer : observers) {
      try {
        call.accept(observer);
      } catch (Throwable e) {
        failed.log(WARNING, "The hub's observer failed", e);
      }
    }
  }
}
