package io.github.ssekit.hub;

import static java.lang.System.Logger.Level.WARNING;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * A predicate of the application that each pass tests on all open connections, on the callback
 * executor. Connections for which it returns true are closed.
 */
final class CloseIf {
  private static final System.Logger LOG = System.getLogger(CloseIf.class.getName());

  private final DeliveryLoops loops;
  private final Executor callbacks;
  private final String name;
  private final Predicate<? super Connection> predicate;

  /** Keeps passes from piling up behind a slow predicate. */
  private final AtomicBoolean underWay = new AtomicBoolean();

  private final RareLine failed;

  /**
   * @param name the method by which the application set the predicate, for the log
   */
  CloseIf(
      DeliveryLoops loops,
      Executor callbacks,
      LongSupplier nanoTime,
      String name,
      Predicate<? super Connection> predicate) {
    this.loops = loops;
    this.callbacks = callbacks;
    this.name = name;
    this.predicate = predicate;
    this.failed = new RareLine(LOG, nanoTime);
  }

  /** Tests every open connection, unless the last pass is still under way. Any thread. */
  void pass() {
    if (underWay.compareAndSet(false, true)) {
      try {
        loops.collect(this::begin);
      } catch (Throwable e) {
        underWay.set(false);
        throw e;
      }
    }
  }

  private void begin(List<Connection> all) {
    try {
      callbacks.execute(() -> test(all));
    } catch (Throwable e) {
      // No thread can be made: the next pass tries again.
      underWay.set(false);
      throw e;
    }
  }

  private void test(List<Connection> all) {
    int failures = 0;
    Throwable first = null;
    try {
      for (Connection connection : all) {
        try {
          if (connection.isOpen() && predicate.test(connection)) {
            connection.revoke();
          }
        } catch (Throwable e) {
          failures++;
          first = first == null ? e : first;
        }
      }
      if (first != null) {
        String text = "%s failed for %d of %d connections, which stay open; the first time with:";
        failed.log(WARNING, text.formatted(name, failures, all.size()), first);
      }
    } finally {
      underWay.set(false);
    }
  }
}
