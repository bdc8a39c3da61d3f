package io.github.ssekit.bench;

import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * Counts of the messages that all clients received since the last mark, and the progress of the
 * clients. Only the load client's thread writes the counts; the publisher reads the volatile
 * fields.
 */
final class Tally {
  /** Slots for messages: more than are ever under way in a closed loop. */
  private static final int RING = 1 << 14;

  final int channels;
  private final int[] subscribers;
  private final int[] seen = new int[RING];
  private final Thread publisher = Thread.currentThread();

  Latencies latencies = new Latencies();
  long received;
  long lost;
  long repeated;

  /**
   * The progress of all clients: the sum, over each client and each of its channels, of the
   * channel's messages up to the client's last received message. The sum grows from the first
   * message on; {@link #mark} doesn't reset it.
   */
  long position;

  /** Pairs of client and channel that have no message yet. */
  volatile long unprimed;

  /** Messages that all subscribers have. */
  volatile long completed;

  /** Streams that have begun. */
  volatile int open;

  /** Streams that ended or broke, unless we ended them. */
  volatile int ended;

  volatile String problem = "";

  Tally(int channels) {
    this.channels = channels;
    subscribers = new int[channels];
  }

  void subscribed(int channel) {
    subscribers[channel]++;
    unprimed++;
  }

  void received(long n, long sentNanos, long nowNanos) {
    received++;
    latencies.add(nowNanos - sentNanos);
    int slot = (int) n & (RING - 1);
    if (++seen[slot] == subscribers[(int) (n % channels)]) {
      seen[slot] = 0;
      completed++;
      LockSupport.unpark(publisher);
    }
  }

  void mark() {
    Arrays.fill(seen, 0);
    latencies = new Latencies();
    received = 0;
    lost = 0;
    repeated = 0;
    completed = 0;
  }
}
