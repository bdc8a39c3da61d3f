package io.github.ssekit.hub;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** The subscriptions to one channel whose connections belong to one delivery loop. */
final class Subscribers implements Runnable {
  final DeliveryLoop loop;
  private final AtomicBoolean signalled = new AtomicBoolean();

  /** Touched on the loop only. */
  private final List<Subscription> list = new ArrayList<>(0);

  /**
   * The list's size, for other threads. It grows before the loop reads the log for a new
   * subscription.
   */
  private volatile int size;

  Subscribers(DeliveryLoop loop) {
    this.loop = loop;
  }

  /** The number of subscriptions. Any thread. */
  int size() {
    return size;
  }

  /** Tells the loop, if it has subscribers here, that the log has grown. Any thread. */
  void signal() {
    if (size > 0 && !signalled.get() && signalled.compareAndSet(false, true)) {
      loop.offer(this);
    }
  }

  /**
   * Wakes the loop, after {@link #signal}: a separate step, since it takes longer. Does nothing if
   * the loop has no subscribers here, or has marked them by now. Any thread.
   */
  void wake() {
    if (signalled.get()) {
      loop.wake();
    }
  }

  /** Marks each subscription: the log has grown. On the loop. */
  @Override
  public void run() {
    assert loop.isCurrent();
    signalled.set(false);
    try {
      for (Subscription s : list) {
        s.connection.appended(s);
      }
    } catch (Throwable e) {
      // Runs again, so that it marks the subscriptions after the failure too.
      signal();
      throw e;
    }
  }

  /** The channel has ended: closes the connections whose channels have all ended. Any thread. */
  void closeConnections() {
    loop.execute(() -> List.copyOf(list).forEach(s -> s.connection.closeIfEnded()));
  }

  void add(Subscription s) {
    assert loop.isCurrent();
    // First: if memory runs out here, the index stays -1, and remove() takes no other subscription.
    list.add(s);
    s.index = list.size() - 1;
    size = list.size();
  }

  void remove(Subscription s) {
    assert loop.isCurrent();
    if (s.index >= 0) {
      Subscription last = list.remove(list.size() - 1);
      if (last != s) {
        list.set(s.index, last);
        last.index = s.index;
      }
      s.index = -1;
      size = list.size();
    }
  }
}
