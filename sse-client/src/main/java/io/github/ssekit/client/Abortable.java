package io.github.ssekit.client;

import org.jspecify.annotations.Nullable;

/**
 * An attempt's present step, which another thread can abort: the request that has no answer yet,
 * then the body that is read. Thread-safe.
 */
final class Abortable {
  private @Nullable Runnable abort;
  private boolean aborted;

  /** The step that is next, by what aborts it. If the attempt is aborted already, that runs now. */
  void step(Runnable abortIt) {
    synchronized (this) {
      abort = abortIt;
      if (!aborted) {
        return;
      }
    }
    abortIt.run();
  }

  /** Aborts the present step and those to come. */
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
