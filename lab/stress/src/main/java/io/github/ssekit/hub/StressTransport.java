package io.github.ssekit.hub;

/** A client that is always ready, and counts events and closes. */
final class StressTransport implements Transport {
  Signals signals;
  int events;
  int closed;

  @Override
  public void start(Signals signals, byte[] first) {
    this.signals = signals;
    signals.writable();
  }

  @Override
  public boolean isReady() {
    return true;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    if (bytes[offset] == 'd') {
      events++;
    }
  }

  @Override
  public void close() {
    closed++;
  }
}
