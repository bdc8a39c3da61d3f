package io.github.ssekit.hub;

import org.jspecify.annotations.Nullable;

/** Counts of what delivery loops have written. Not thread-safe: the owner synchronizes. */
final class LoopCounters {
  long events;
  long bytes;
  long batches;
  int largestBatch;
  int lag;

  /** The subscription with the oldest cursor among those that were compared. */
  private @Nullable Subscription furthest;

  void wrote(int events, int bytes) {
    this.bytes += bytes;
    if (events > 0) {
      this.events += events;
      batches++;
      largestBatch = Math.max(largestBatch, events);
    }
  }

  /** Compares a subscription whose log has grown. */
  void compare(Subscription s) {
    if (furthest == null || s.cursor.ordinal < furthest.cursor.ordinal) {
      furthest = s;
    }
  }

  /** Counts the events behind the oldest cursor that was compared, up to the watermark. */
  void measureLag(long watermark) {
    if (furthest != null) {
      lag = furthest.channel.behind(furthest.cursor, watermark);
      furthest = null;
    }
  }

  /** Adds the counts of another, which begins at zero again. */
  void add(LoopCounters other) {
    events += other.events;
    bytes += other.bytes;
    batches += other.batches;
    largestBatch = Math.max(largestBatch, other.largestBatch);
    lag = Math.max(lag, other.lag);
    other.clear();
  }

  boolean isNothing() {
    return events == 0 && bytes == 0 && lag == 0;
  }

  /** Begins at zero again. */
  void clear() {
    events = 0;
    bytes = 0;
    batches = 0;
    largestBatch = 0;
    lag = 0;
  }
}
