package io.github.ssekit.redis;

import io.github.ssekit.core.EventStreamHandler;
import io.github.ssekit.core.EventStreamParser;
import io.github.ssekit.core.SseEvent;
import io.github.ssekit.core.StreamReset;
import io.github.ssekit.core.Transport;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A client that is always ready, and parses what it is sent. */
final class Receiver implements Transport {
  private final List<SseEvent> events = new CopyOnWriteArrayList<>();
  private volatile String lastEventId;
  private final EventStreamParser parser =
      new EventStreamParser(
          new EventStreamHandler() {
            @Override
            public void onEvent(SseEvent event) {
              events.add(event);
            }
          });

  /** The data of all events but resets. */
  List<String> data() {
    return events.stream()
        .filter(e -> !StreamReset.TYPE.equals(e.type()))
        .map(SseEvent::data)
        .toList();
  }

  /** The data of the resets. */
  List<String> resets() {
    return events.stream()
        .filter(e -> StreamReset.TYPE.equals(e.type()))
        .map(SseEvent::data)
        .toList();
  }

  /** As a browser would send it back, or null. */
  String lastEventId() {
    return lastEventId;
  }

  List<SseEvent> events() {
    return events;
  }

  @Override
  public void start(Signals signals) {
    signals.writable();
  }

  @Override
  public boolean isReady() {
    return true;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    parser.feed(bytes, offset, length);
    lastEventId = parser.lastEventId().isEmpty() ? null : parser.lastEventId();
  }

  @Override
  public void close() {}
}
