package io.github.ssekit.core;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/**
 * A predicate of the application's that is asked of all connections, pass by pass, on the callback
 * executor: where it says yes, the connection is closed.
 */
final class CloseIf {
  private static final System.Logger LOG = System.getLogger(CloseIf.class.getName());
  private static final long LOG_INTERVAL_NANOS = Duration.ofMinutes(1).toNanos();

  private final Hub hub;
  private final Predicate<? super Connection> predicate;

  /** Passes don't pile up behind a predicate that takes its time. */
  private final AtomicBoolean underWay = new AtomicBoolean();

  // The pass's that is under way.
  private boolean logged;
  private long lastLog;

  CloseIf(Hub hub, Predicate<? super Connection> predicate) {
    this.hub = hub;
    this.predicate = predicate;
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
      log(failures, all.size(), first);
    }
    underWay.set(false);
  }

  private void log(int failures, int asked, Throwable first) {
    long now = hub.nanoTime();
    if (!logged || now - lastLog >= LOG_INTERVAL_NANOS) {
      logged = true;
      lastLog = now;
      String text =
          "closeIf failed for %d of %d connections, which stay open; the first time with:";
      LOG.log(System.Logger.Level.WARNING, text.formatted(failures, asked), first);
    }
  }
}
