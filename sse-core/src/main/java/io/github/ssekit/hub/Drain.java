package io.github.ssekit.hub;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The closing of all connections of a hub, evenly spread over a time, on the caller's thread. */
final class Drain {
  private static final long STEP_NANOS = 10_000_000;

  private final DeliveryLoops loops;
  private final OpenConnections connections;
  private final HubThreads threads;
  private final LongSupplier nanoTime;

  Drain(
      DeliveryLoops loops, OpenConnections connections, HubThreads threads, LongSupplier nanoTime) {
    this.loops = loops;
    this.connections = connections;
    this.threads = threads;
    this.nanoTime = nanoTime;
  }

  /**
   * Returns when no connection is open, or when the grace period is over.
   *
   * @param nanos the time over which the connections are closed
   * @param grace the time after that, in nanoseconds, in which the last connections can write their
   *     waiting events
   */
  void run(long nanos, long grace) throws InterruptedException {
    long start = nanoTime.getAsLong();
    AtomicReference<@Nullable List<Connection>> found = new AtomicReference<>();
    loops.collect(found::set);
    List<Connection> all = found.get();
    int closed = 0;
    while (connections.count() > 0) {
      long spent = nanoTime.getAsLong() - start;
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

  /**
   * The number of connections to close by now: the first immediately, the last just before the end.
   */
  static int due(int all, long spent, long nanos) {
    return spent >= nanos ? all : Math.min(all, 1 + (int) ((double) spent / nanos * all));
  }
}
