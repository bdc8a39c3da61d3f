package io.github.ssekit.faults;

/** Milliseconds since the run began. */
final class RunClock {
  private final long start = System.nanoTime();

  long now() {
    return (System.nanoTime() - start) / 1_000_000;
  }
}
