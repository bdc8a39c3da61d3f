package io.github.ssekit.hub;

/** The transport of a connection that never opened. It is not used. */
final class NoTransport implements Transport {
  @Override
  public void start(Signals signals, byte[] first) {}

  @Override
  public boolean isReady() {
    return false;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {}

  @Override
  public void close() {}
}
