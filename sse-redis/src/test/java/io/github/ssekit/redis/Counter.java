package io.github.ssekit.redis;

import io.github.ssekit.event.EventStreamHandler;
import io.github.ssekit.event.EventStreamParser;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Transport;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A client that is always ready, and expects events with the data {@code channel:number}, numbers
 * of a channel one after the other. It keeps none of them.
 */
final class Counter implements Transport, EventStreamHandler {
  private final EventStreamParser parser = new EventStreamParser(this);
  private final int[] next;
  private final AtomicInteger count = new AtomicInteger();
  private volatile String wrong;
  private volatile boolean closed;

  /**
   * @param next of each channel, the number that it expects first
   */
  Counter(int... next) {
    this.next = next;
  }

  @Override
  public void onEvent(SseEvent event, String lastEventId) {
    String data = String.valueOf(event.data());
    int channel = Math.floorMod(data.charAt(0) - '0', next.length);
    String due = channel + ":" + next[channel];
    if (event.type() != null || !data.equals(due)) {
      wrong = event + " where " + due + " was due";
    } else {
      next[channel]++;
      count.incrementAndGet();
    }
  }

  /** How many events have come that were due. */
  int count() {
    return count.get();
  }

  /** Describes the first event out of order, or the close; null if there was neither. */
  String wrong() {
    return closed ? "closed by the hub after " + count + " events" : wrong;
  }

  @Override
  public void start(Signals signals, byte[] first) {
    signals.writable();
  }

  @Override
  public boolean isReady() {
    return true;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    parser.feed(bytes, offset, length);
  }

  @Override
  public void close() {
    closed = true;
  }
}
