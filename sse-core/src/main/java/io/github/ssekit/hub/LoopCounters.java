package io.github.ssekit.hub;

import io.github.ssekit.hub.ChannelLog.Entry;
import org.jspecify.annotations.Nullable;

/** Counts of the writes of delivery loops. Not thread-safe: the owner synchronizes. */
final class LoopCounters {
  /**
   * A channel whose lag is measured. The interface keeps the counters independent of {@link
   * Channel}.
   */
  interface LagSource {
    /** The number of events behind a cursor, up to the watermark. */
    int behind(Entry cursor, long watermark);
  }

  long events;
  long bytes;
  long batches;
  int largestBatch;
  int lag;

  /** The oldest of the cursors that were compared, and its channel. */
  private @Nullable Entry oldest;

  private @Nullable LagSource source;

  void wrote(int events, int bytes) {
    this.bytes += bytes;
    if (events > 0) {
      this.events += events;
      batches++;
      largestBatch = Math.max(largestBatch, events);
    }
  }

  /** Compares the cursor of a subscription whose log has grown. */
  void compare(Entry cursor, LagSource source) {
    if (oldest == null || cursor.ordinal < oldest.ordinal) {
      oldest = cursor;
      this.source = source;
    }
  }

  /** Counts the events behind the oldest cursor that was compared, up to the watermark. */
  void measureLag(long watermark) {
    if (oldest != null && source != null) {
      lag = source.behind(oldest, watermark);
      oldest = null;
      source = null;
    }
  }

  /** Adds the counts of another object, and clears that object. */
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

  /** Sets all counts to zero. */
  void clear() {
    events = 0;
    bytes = 0;
    batches = 0;
    largestBatch = 0;
    lag = 0;
  }
}
