package io.github.ssekit.hub;

import org.jspecify.annotations.Nullable;

/** What was written since it was last taken. Whose it is, synchronises. */
final class Tally {
  private static final HubObserver.Written NOTHING = new HubObserver.Written(0, 0, 0, 0, 0, 0);

  private long events;
  private long bytes;
  private long batches;
  private int largestBatch;
  private int lag;

  /** The subscription whose cursor is the oldest of those with news, among those looked at. */
  private @Nullable Subscription furthest;

  void wrote(int events, int bytes) {
    this.bytes += bytes;
    if (events > 0) {
      this.events += events;
      batches++;
      largestBatch = Math.max(largestBatch, events);
    }
  }

  /** Looks at a subscription with news. */
  void look(Subscription s) {
    if (furthest == null || s.cursor.ordinal < furthest.cursor.ordinal) {
      furthest = s;
    }
  }

  /** Ends the look at subscriptions: counts what is behind the furthest, up to the watermark. */
  void measureLag(long watermark) {
    if (furthest != null) {
      lag = furthest.channel.behind(furthest.cursor, watermark);
      furthest = null;
    }
  }

  /** Adds what another has, and has that begin at zero. */
  void add(Tally other) {
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

  HubObserver.Written take(long dropped) {
    HubObserver.Written written =
        isNothing() && dropped == 0
            ? NOTHING
            : new HubObserver.Written(events, bytes, batches, largestBatch, lag, dropped);
    clear();
    return written;
  }

  private void clear() {
    events = 0;
    bytes = 0;
    batches = 0;
    largestBatch = 0;
    lag = 0;
  }
}
