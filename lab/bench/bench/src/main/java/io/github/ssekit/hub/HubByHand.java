package io.github.ssekit.hub;

import java.time.Duration;
import java.util.List;

/** A hub of one delivery loop without a thread, whose turns the benchmark takes. */
final class HubByHand extends HubThreads {
  private DeliveryLoop[] loops = {};
  final Hub hub = new Hub(Hub.builder().loops(1), this, System::nanoTime);

  /** Counts what it is given. */
  static final class Swallow implements Transport {
    private final boolean ready;
    long written;

    /** Never collected before the next, as if a container had it. */
    byte[] last = {};

    /** One that takes everything, or nothing. */
    Swallow(boolean ready) {
      this.ready = ready;
    }

    @Override
    public void start(Signals signals, byte[] first) {
      signals.writable();
    }

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      written += length;
      last = bytes;
    }

    @Override
    public void close() {}
  }

  HubByHand() {
    hub.start();
  }

  /** Connects one that takes everything, and writes what it is sent first. */
  Connection connect(Swallow transport, List<String> channels) {
    Connection connection = hub.connect(transport, channels, null);
    while (turn()) {}
    return connection;
  }

  boolean turn() {
    return loops[0].turn();
  }

  @Override
  void start(DeliveryLoop[] all, Runnable tick, Duration tickInterval) {
    loops = all;
  }
}
