package io.github.ssekit.hub;

/** A transport that counts the bytes that it is given. */
final class Swallow implements Transport {
  private final boolean ready;
  long written;

  /**
   * The last written array. The garbage collector can't free it before the next write, as if a
   * container held it.
   */
  byte[] last = {};

  /** Creates a transport that accepts everything, or nothing. */
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
