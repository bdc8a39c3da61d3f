package io.github.ssekit.core;

/** A named stream of events on this node: its log, and who listens, by delivery loop. */
final class Channel {
  final String name;
  final ChannelLog log;
  final Subscribers[] byLoop;

  /** Subscriptions of all loops. Guarded by the hub's lock. */
  int subscriptions;

  /** When the last subscription left, in the hub's nanoseconds. Guarded by the hub's lock. */
  long emptySince;

  Channel(String name, ChannelLog log, DeliveryLoop[] loops) {
    this.name = name;
    this.log = log;
    byLoop = new Subscribers[loops.length];
    for (int i = 0; i < loops.length; i++) {
      byLoop[i] = new Subscribers(loops[i]);
    }
  }

  /** Tells the loops that have subscribers, each once, that there is news: O(loops). */
  void signal() {
    for (Subscribers s : byLoop) {
      s.signal();
    }
  }

  /** Wakes the loops that were told. */
  void wake() {
    for (Subscribers s : byLoop) {
      s.wake();
    }
  }
}
