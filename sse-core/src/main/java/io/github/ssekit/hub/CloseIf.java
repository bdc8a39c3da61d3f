package io.github.ssekit.hub;

import static java.lang.System.Logger.Level.WARNING;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/**
 * A predicate of the application's that is asked of all connections, pass by pass, on the callback
 * executor: where it says yes, the connection is closed.
 */
final class CloseIf {
  private static final System.Logger LOG = System.getLogger(CloseIf.class.getName());

  private final Hub hub;
  private final String name;
  private final Predicate<? super Connection> predicate;

  /** Passes don't pile up behind a predicate that takes its time. */
  private final AtomicBoolean underWay = new AtomicBoolean();

  private final RareLine failed;

  /**
   * @param name the method by which the application set it, for the log
   */
  CloseIf(Hub hub, String name, Predicate<? super Connection> predicate) {
    this.hub = hub;
    this.name = name;
    this.predicate = predicate;
    this.failed = new RareLine(LOG, hub::nanoTime);
  }

  /** Asks of every connection that is open, unless the last pass is not over. Any thread. */
  void pass() {
    if (underWay.compareAndSet(false, true)) {
      hub.withConnections(all -> hub.callbacks.execute(() -> ask(all)));
    }
  }

  private void ask(List<Connection> all) {
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
