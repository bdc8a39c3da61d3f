package io.github.ssekit.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A channel on this node: its log, and its subscribers by delivery loop. */
final class Channel implements LoopCounters.LagSource {
  /** In characters. */
  static final int MAX_NAME_LENGTH = 200;

  /** The number of subscribers that one loop is given before the other loops are given any. */
  private static final int FEW = 16;

  final String name;
  final ChannelLog log;
  final OverrunPolicy policy;

  /** Whether the channel's events have positions. */
  final boolean hasHistory;

  final Subscribers[] byLoop;

  /** The hub's lock. */
  private final ReentrantLock lock;

  private final int maxBatchBytes;

  /** Null unless the policy is to conflate. Guarded by the hub's lock. */
  private final @Nullable NewestByKey newest;

  /** Whether no event follows. Guarded by the hub's lock. */
  boolean hasEnded;

  /** Subscriptions of all loops. Guarded by the hub's lock. */
  int subscriptions;

  /**
   * The time at which the last subscription ended, in the hub's nanoseconds. Guarded by the hub's
   * lock.
   */
  long emptySince;

  Channel(
      String name,
      boolean hasHistory,
      OverrunPolicy policy,
      ChannelLog log,
      int maxBatchBytes,
      Subscribers[] byLoop,
      ReentrantLock lock) {
    this.lock = lock;
    this.maxBatchBytes = maxBatchBytes;
    this.name = name;
    this.hasHistory = hasHistory;
    this.policy = policy;
    this.log = log;
    this.newest = policy.keyOf == null ? null : log.newestByKey();
    this.byLoop = byLoop;
  }

  /**
   * Appends an event. Under the hub's lock.
   *
   * @param key the key from the policy's function, or another object that is equal for events of
   *     which only the newest counts; used if the policy is to conflate
   */
  void append(long ordinal, byte[] frame, @Nullable Position position, Object key) {
    ChannelLog.Entry entry = log.append(ordinal, frame, position);
    if (newest != null) {
      newest.put(key, entry);
    }
  }

  /** Tells each loop that has subscribers to the channel that the log has grown. O(loops). */
  void signal() {
    for (Subscribers s : byLoop) {
      s.signal();
    }
  }

  /** As {@link #signal} of each channel, in one task of each loop. */
  static void signalTogether(List<Channel> channels) {
    if (channels.isEmpty()) {
      return;
    }
    for (Subscribers any : channels.get(0).byLoop) {
      any.loop.offer(() -> mark(channels, any.loop.number));
    }
  }

  private static void mark(List<Channel> channels, int loop) {
    int marked = 0;
    try {
      for (; marked < channels.size(); marked++) {
        channels.get(marked).byLoop[loop].run();
      }
    } finally {
      // After a failure, the rest by tasks of their own.
      for (int i = marked; i < channels.size(); i++) {
        channels.get(i).byLoop[loop].signal();
      }
    }
  }

  /** The channel has ended: closes the connections whose channels have all ended. */
  void closeConnections() {
    for (Subscribers s : byLoop) {
      s.closeConnections();
    }
  }

  /** Wakes the loops, after {@link #signal}. */
  void wake() {
    for (Subscribers s : byLoop) {
      s.wake();
    }
  }

  /**
   * The loop that has all subscribers, if they are few; otherwise null. To wake a second loop would
   * cost more than to write to the subscribers one after the other. Any thread.
   */
  @Nullable DeliveryLoop home() {
    Subscribers home = null;
    for (Subscribers s : byLoop) {
      if (s.size() > 0) {
        if (home != null || s.size() >= FEW) {
          return null;
        }
        home = s;
      }
    }
    return home == null ? null : home.loop;
  }

  // Queries, which take the hub's lock.

  /**
   * The newest events of each key behind a cursor, see {@link NewestByKey#behind}; null if they are
   * not kept.
   */
  @Nullable List<ChannelLog.Entry> newestBehind(ChannelLog.Entry cursor) {
    if (newest == null) {
      return null;
    }
    lock.lock();
    try {
      return newest.behind(cursor.ordinal, maxBatchBytes);
    } finally {
      lock.unlock();
    }
  }

  /** The cursor of a reader that has read everything. */
  ChannelLog.Entry end() {
    lock.lock();
    try {
      return log.tail();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The number of events behind a cursor, up to the watermark; or, if the log has trimmed some of
   * them, the number of all events in the log.
   */
  @Override
  public int behind(ChannelLog.Entry cursor, long watermark) {
    int behind = ChannelLog.behind(cursor, watermark);
    if (behind >= 0) {
      return behind;
    }
    lock.lock();
    try {
      return log.events();
    } finally {
      lock.unlock();
    }
  }

  /** The name, if it is legal. */
  static String checkName(String name) {
    Objects.requireNonNull(name, "channel");
    if (name.isEmpty() || name.length() > MAX_NAME_LENGTH) {
      throw new IllegalChannelException(
          "channel name of %d characters: give it 1 to %d"
              .formatted(name.length(), MAX_NAME_LENGTH));
    }
    boolean surrogates = false;
    for (int i = 0; i < name.length(); i++) {
      surrogates |= Character.isSurrogate(name.charAt(i));
      if (Character.isISOControl(name.charAt(i))) {
        throw new IllegalChannelException(
            "channel name holds the control character U+%04X at index %d; remove it"
                .formatted((int) name.charAt(i), i));
      }
    }
    if (surrogates && !UTF_8.newEncoder().canEncode(name)) {
      throw new IllegalChannelException("channel name holds an unpaired surrogate; remove it");
    }
    return name;
  }
}
