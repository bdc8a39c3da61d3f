package io.github.ssekit.hub;

import org.jspecify.annotations.Nullable;

/** The membership of one connection in one channel. */
final class Subscription {
  final StreamConnection connection;
  final Channel channel;
  final Subscribers subscribers;

  /**
   * The entry that was read last. Set under the hub's lock until the loop knows this subscription;
   * from then on touched on the loop only.
   */
  ChannelLog.Entry cursor;

  /**
   * Whether the channel has history and the connection began with it: then a position covers it.
   */
  boolean resumed;

  /** Whether it was unsubscribed: the loop reads no more events for it. Any thread. */
  volatile boolean ended;

  // Touched on the loop only.
  /** The index in {@link Subscribers}, or -1. */
  int index = -1;

  /** Whether it is in the list of its connection's pending subscriptions. */
  boolean pending;

  /**
   * Whether its last write was the newest events by key: if the log has trimmed its next event
   * again, the connection's other channels come first.
   */
  boolean tookNewest;

  @Nullable Subscription nextPending;

  /** Begins at the log's end. Under the hub's lock. */
  Subscription(StreamConnection connection, Channel channel) {
    this.connection = connection;
    this.channel = channel;
    this.subscribers = channel.byLoop[connection.loop.number];
    this.cursor = channel.log.tail();
  }
}
