package io.github.ssekit.redis;

import io.github.ssekit.event.EventStreamHandler;
import io.github.ssekit.event.EventStreamParser;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Transport;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A client that is always ready. It expects events with the data {@code channel:number}, each
 * channel's numbers one after the other, and keeps no event.
 */
final class Counter implements Transport, EventStreamHandler {
  private final EventStreamParser parser = new EventStreamParser(this);
  private final int[] next;
  private final AtomicInteger count = new AtomicInteger();
  private volatile String wrong;
  private volatile boolean closed;

  /**
   * @param next for each channel, the first number that the client expects
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

  /** The number of events that came as expected. */
  int count() {
    return count.get();
  }

  /** Describes the latest unexpected event, or the close; null if there was neither. */
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
