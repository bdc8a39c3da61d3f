package io.github.ssekit.hub;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A request for a snapshot: each delivery loop samples its connections, then the caller's thread
 * counts how many events they are behind.
 */
final class SnapshotRequest {
  /**
   * One connection, as its loop saw it.
   *
   * @param cursors of its subscriptions, in the order of its channels
   * @param watermark the watermark up to which events behind the cursors count
   */
  record ConnectionSample(
      Connection connection,
      List<Channel> channels,
      List<ChannelLog.Entry> cursors,
      long watermark,
      boolean pending,
      boolean blocked,
      boolean resuming,
      long events,
      long bytes) {}

  private final Instant at;
  private final Channels channels;

  /** The hub's lock. */
  private final ReentrantLock lock;

  private final int connectionCount;
  private final long replayBytes;
  private final int replaysWaiting;
  private final int limit;
  private final CountDownLatch loopsLeft;

  /** Guarded by itself. */
  private final List<ConnectionSample> samples = new ArrayList<>();

  /** Called under the hub's lock. */
  SnapshotRequest(
      Instant at,
      Channels channels,
      ReentrantLock lock,
      DeliveryLoop[] loops,
      int connectionCount,
      ReplayRoom room,
      int limit) {
    this.at = at;
    this.channels = channels;
    this.lock = lock;
    this.connectionCount = connectionCount;
    this.replayBytes = room.held();
    this.replaysWaiting = room.waiting();
    this.limit = limit;
    this.loopsLeft = new CountDownLatch(loops.length);
    for (DeliveryLoop loop : loops) {
      loop.execute(() -> take(loop.sample(limit, this::sample)));
    }
  }

  /** Describes a connection, on its loop. */
  private ConnectionSample sample(LoopConnection c) {
    Connection connection = (Connection) c;
    Outgoing outgoing = connection.outgoing;
    List<Subscription> subscriptions;
    List<ChannelLog.Entry> cursors;
    boolean resuming;
    lock.lock();
    try {
      subscriptions = connection.subscriptions.all();
      cursors = subscriptions.stream().map(s -> s.cursor).toList();
      resuming = connection.subscriptions.isResuming();
    } finally {
      lock.unlock();
    }
    return new ConnectionSample(
        connection,
        subscriptions.stream().map(s -> s.channel).toList(),
        cursors,
        channels.watermark(),
        outgoing.hasPending(),
        c.isBlocked(),
        resuming,
        outgoing.events(),
        outgoing.bytes());
  }

  private void take(List<ConnectionSample> seen) {
    synchronized (samples) {
      samples.addAll(seen);
    }
    loopsLeft.countDown();
  }

  /** Waits for the loops, and makes the snapshot. */
  HubSnapshot result(long timeoutNanos) {
    boolean complete = false;
    try {
      complete = loopsLeft.await(timeoutNanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    List<ConnectionSample> seen;
    synchronized (samples) {
      seen = new ArrayList<>(samples);
    }
    seen.sort(Comparator.comparing(sample -> !sample.pending));
    return new HubSnapshot(
        at,
        connectionCount,
        channels.all().size(),
        replayBytes,
        replaysWaiting,
        seen.stream().limit(limit).map(this::connection).toList(),
        channels.all().stream().limit(limit).map(this::channel).toList(),
        complete);
  }

  private HubSnapshot.ConnectionSnapshot connection(ConnectionSample sample) {
    int behind = 0;
    Position position = null;
    List<String> names = new ArrayList<>(sample.channels.size());
    for (int i = 0; i < sample.channels.size(); i++) {
      Channel channel = sample.channels.get(i);
      ChannelLog.Entry cursor = sample.cursors.get(i);
      names.add(channel.name);
      behind += channel.behind(cursor, sample.watermark);
      position = Position.later(position, cursor.position);
    }
    return new HubSnapshot.ConnectionSnapshot(
        sample.connection,
        sample.connection.owner,
        sample.connection.since(),
        names,
        behind,
        sample.blocked,
        sample.resuming,
        sample.resuming ? null : position,
        sample.events,
        sample.bytes);
  }

  private HubSnapshot.ChannelSnapshot channel(Channel c) {
    // Held for one channel at a time: there may be many.
    lock.lock();
    try {
      return new HubSnapshot.ChannelSnapshot(
          c.name, c.hasHistory, c.subscriptions, c.log.events(), c.log.bytes());
    } finally {
      lock.unlock();
    }
  }
}
