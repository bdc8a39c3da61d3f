package io.github.ssekit.hub;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The end of all connections of a hub, spread evenly over a time. It takes the caller's thread. */
final class Drain {
  private static final long STEP_NANOS = 10_000_000;

  private final Hub hub;
  private final HubThreads threads;

  Drain(Hub hub, HubThreads threads) {
    this.hub = hub;
    this.threads = threads;
  }

  /**
   * Returns when no connection is open, or when the last has had the grace to write what waits.
   *
   * @param nanos over which the ends are spread
   * @param grace in nanoseconds
   */
  void run(long nanos, long grace) throws InterruptedException {
    long start = hub.nanoTime();
    AtomicReference<@Nullable List<Connection>> found = new AtomicReference<>();
    hub.withConnections(found::set);
    List<Connection> all = found.get();
    int closed = 0;
    while (hub.connectionCount() > 0) {
      long spent = hub.nanoTime() - start;
      if (all != null) {
        for (int due = due(all.size(), spent, nanos); closed < due; closed++) {
          all.get(closed).close(CloseReason.DRAINED);
        }
      }
      if (spent >= nanos + grace) {
        break;
      }
      threads.pause(STEP_NANOS);
      all = found.get();
    }
  }

  /** How many are to be closed by now: the first at once, the last a little before the end. */
  static int due(int all, long spent, long nanos) {
    return spent >= nanos ? all : Math.min(all, 1 + (int) ((double) spent / nanos * all));
  }
}
