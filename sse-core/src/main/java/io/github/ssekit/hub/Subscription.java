package io.github.ssekit.hub;

import org.jspecify.annotations.Nullable;

/** One connection's place in the log of one channel. */
final class Subscription {
  final LoopConnection connection;
  final Channel channel;
  final Subscribers subscribers;

  /** The entry read last. The loop's, once the loop has been told of this subscription. */
  ChannelLog.Entry cursor;

  /** Whether it was there when the connection began, so that a position covers it. */
  boolean resumed;

  /** Set when unsubscribed; from then on the loop reads nothing more for it. */
  volatile boolean ended;

  // The loop's.
  /** Where it stands in {@link Subscribers}, or -1. */
  int index = -1;

  /** Whether it is among its connection's pending subscriptions. */
  boolean pending;

  @Nullable Subscription nextPending;

  /** A place at the log's end. Under the hub's lock. */
  Subscription(LoopConnection connection, Channel channel) {
    this.connection = connection;
    this.channel = channel;
    this.subscribers = channel.byLoop[connection.loop.number];
    this.cursor = channel.log.tail();
  }
}
