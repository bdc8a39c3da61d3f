package io.github.ssekit.client;

import org.jspecify.annotations.Nullable;

/**
 * An attempt's present step, which another thread can abort: the request that has no answer yet,
 * then the body that is read. Thread-safe.
 */
final class Abortable {
  private @Nullable Runnable abort;
  private boolean aborted;

  /** Begins the next step. Runs {@code abortIt} immediately if the attempt is aborted already. */
  void step(Runnable abortIt) {
    synchronized (this) {
      abort = abortIt;
      if (!aborted) {
        return;
      }
    }
    abortIt.run();
  }

  /** Aborts the present step and all later steps. */
  void abort() {
    Runnable present;
    synchronized (this) {
      aborted = true;
      present = abort;
    }
    if (present != null) {
      present.run();
    }
  }
}
