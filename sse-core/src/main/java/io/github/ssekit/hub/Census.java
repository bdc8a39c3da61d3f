package io.github.ssekit.hub;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A snapshot in the making: each delivery loop tells of its connections what only it may read, then
 * whoever asked counts what they are behind.
 */
final class Census {
  /**
   * What a loop saw of a connection.
   *
   * @param cursors of its subscriptions, in the order of its channels
   * @param watermark up to where it is to be counted what is behind these
   */
  record Sight(
      Connection connection,
      List<Channel> channels,
      List<ChannelLog.Entry> cursors,
      long watermark,
      boolean waits,
      boolean blocked,
      boolean resuming,
      long events,
      long bytes) {}

  private final Instant at = Instant.now();
  private final Channels channels;

  /** The hub's. */
  private final ReentrantLock lock;

  private final int connectionCount;
  private final long replayBytes;
  private final int replaysWaiting;
  private final int limit;
  private final CountDownLatch loopsLeft;

  /** Guarded by itself. */
  private final List<Sight> sights = new ArrayList<>();

  /** Under the hub's lock. */
  Census(
      Channels channels,
      ReentrantLock lock,
      DeliveryLoop[] loops,
      int connectionCount,
      ReplayRoom room,
      int limit) {
    this.channels = channels;
    this.lock = lock;
    this.connectionCount = connectionCount;
    this.replayBytes = room.held();
    this.replaysWaiting = room.waiting();
    this.limit = limit;
    this.loopsLeft = new CountDownLatch(loops.length);
    for (DeliveryLoop loop : loops) {
      loop.execute(() -> take(loop.look(this, limit)));
    }
  }

  /** What is seen of a connection, on its loop. */
  Sight sight(Connection connection, boolean blocked, Outgoing outgoing) {
    List<Subscription> subscriptions;
    boolean resuming;
    lock.lock();
    try {
      subscriptions = connection.subscriptions.all();
      resuming = connection.subscriptions.isResuming();
    } finally {
      lock.unlock();
    }
    return new Sight(
        connection,
        subscriptions.stream().map(s -> s.channel).toList(),
        subscriptions.stream().map(s -> s.cursor).toList(),
        channels.watermark(),
        outgoing.hasPending(),
        blocked,
        resuming,
        outgoing.events(),
        outgoing.bytes());
  }

  private void take(List<Sight> seen) {
    synchronized (sights) {
      sights.addAll(seen);
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
    List<Sight> seen;
    synchronized (sights) {
      seen = new ArrayList<>(sights);
    }
    seen.sort(Comparator.comparing(sight -> !sight.waits));
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

  private HubSnapshot.ConnectionSnapshot connection(Sight sight) {
    int behind = 0;
    Position position = null;
    List<String> names = new ArrayList<>(sight.channels.size());
    for (int i = 0; i < sight.channels.size(); i++) {
      Channel channel = sight.channels.get(i);
      ChannelLog.Entry cursor = sight.cursors.get(i);
      names.add(channel.name);
      behind += channel.behind(cursor, sight.watermark);
      position = Position.later(position, cursor.position);
    }
    return new HubSnapshot.ConnectionSnapshot(
        sight.connection,
        sight.connection.owner,
        sight.connection.since(),
        names,
        behind,
        sight.blocked,
        sight.resuming,
        sight.resuming ? null : position,
        sight.events,
        sight.bytes);
  }

  private HubSnapshot.ChannelSnapshot channel(Channel c) {
    // For one at a time: there may be many.
    lock.lock();
    try {
      return new HubSnapshot.ChannelSnapshot(
          c.name, c.hasHistory, c.subscriptions, c.log.events(), c.log.bytes());
    } finally {
      lock.unlock();
    }
  }
}
