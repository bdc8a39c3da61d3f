package io.github.ssekit.hub;

import static java.lang.System.Logger.Level.WARNING;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The reason why a connection closed, and the application's listeners for it. Any thread. */
final class CloseListeners {
  private static final System.Logger LOG = System.getLogger(CloseListeners.class.getName());

  private final Executor callbacks;

  // Written under the monitor.
  private List<Consumer<? super CloseReason>> listeners = List.of();
  private volatile @Nullable CloseReason reason;

  CloseListeners(Executor callbacks) {
    this.callbacks = callbacks;
  }

  /** The reason; null as long as the connection is open. */
  @Nullable CloseReason reason() {
    return reason;
  }

  /** Adds a listener, which is called once: now, if the connection has closed. */
  void add(Consumer<? super CloseReason> listener) {
    CloseReason why;
    synchronized (this) {
      why = reason;
      if (why == null) {
        // Most connections have one listener, and a list of one is half the size of others.
        listeners =
            listeners.isEmpty()
                ? List.of(listener)
                : Stream.concat(listeners.stream(), Stream.of(listener)).toList();
        return;
      }
    }
    callbacks.execute(() -> call(listener, why));
  }

  /** The connection has closed. */
  void closed(CloseReason why) {
    List<Consumer<? super CloseReason>> all;
    synchronized (this) {
      reason = why;
      all = listeners;
      listeners = List.of();
    }
    for (Consumer<? super CloseReason> listener : all) {
      callbacks.execute(() -> call(listener, why));
    }
  }

  private static void call(Consumer<? super CloseReason> listener, CloseReason why) {
    try {
      listener.accept(why);
    } catch (Throwable e) {
      LOG.log(WARNING, "A close listener failed", e);
    }
  }
}
