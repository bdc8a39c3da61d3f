package io.github.ssekit.hub;

import static java.lang.System.Logger.Level.WARNING;

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
 * What a hub's observer has still to be told: a bounded queue of happenings, and totals that wait
 * for the next tick. One task at a time tells it, on the callback executor. Any thread.
 */
final class Observation implements Runnable {
  private static final System.Logger LOG = System.getLogger(Observation.class.getName());

  private final HubObserver observer;
  private final Executor callbacks;
  private final RareLine failed;

  private final Queue<Consumer<? super HubObserver>> happenings = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLong dropped = new AtomicLong();

  /** Whether the task was given to the executor and has not ended. */
  private final AtomicBoolean running = new AtomicBoolean();

  // Guarded by this.
  private final LoopCounters totals = new LoopCounters();
  private boolean due;

  /** Whether there was something to tell at the tick before: then it is told of zero, too. */
  private boolean busy;

  Observation(HubObserver observer, Executor callbacks, LongSupplier nanoTime) {
    this.observer = observer;
    this.callbacks = callbacks;
    this.failed = new RareLine(LOG, nanoTime);
  }

  void tell(Consumer<? super HubObserver> happening) {
    if (waiting.incrementAndGet() > HubObserver.CAPACITY) {
      waiting.decrementAndGet();
      dropped.incrementAndGet();
    } else {
      happenings.add(happening);
      wake();
    }
  }

  /** A loop's totals, which begin at zero again. */
  synchronized void add(LoopCounters counters) {
    totals.add(counters);
  }

  /** It is time to tell of the totals. */
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
    return !happenings.isEmpty() || isDue();
  }

  private synchronized boolean isDue() {
    return due;
  }

  @Override
  public void run() {
    // Work that came meanwhile found running set. It is told in this task: the hub's close waits
    // for
    // tasks that the executor has, and not for later ones.
    do {
      try {
        tellAll();
      } finally {
        running.set(false);
      }
    } while (hasWork() && running.compareAndSet(false, true));
  }

  private void tellAll() {
    Consumer<? super HubObserver> next;
    while ((next = happenings.poll()) != null) {
      waiting.decrementAndGet();
      call(next);
    }
    HubObserver.Written written = takeDue();
    if (written != null) {
      call(o -> o.written(written));
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

  private void call(Consumer<? super HubObserver> happening) {
    try {
      happening.accept(observer);
    } catch (Throwable e) {
      failed.log(WARNING, "The hub's observer failed", e);
    }
  }
}
