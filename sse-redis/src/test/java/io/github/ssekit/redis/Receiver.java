package io.github.ssekit.redis;

import io.github.ssekit.event.EventStreamHandler;
import io.github.ssekit.event.EventStreamParser;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.StreamReset;
import io.github.ssekit.hub.Transport;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A client that is always ready, and parses what it is sent. */
final class Receiver implements Transport {
  private final List<SseEvent> events = Collections.synchronizedList(new ArrayList<>());
  private volatile boolean closed;
  private volatile String lastEventId;
  private final EventStreamParser parser =
      new EventStreamParser(
          new EventStreamHandler() {
            @Override
            public void onEvent(SseEvent event, String lastEventId) {
              events.add(event);
            }
          });

  /** The data of all events but resets. */
  List<String> data() {
    return events().stream()
        .filter(e -> !StreamReset.TYPE.equals(e.type()))
        .map(SseEvent::data)
        .toList();
  }

  /** How many events there are, resets among them. */
  int count() {
    return events.size();
  }

  /** Whether the hub has closed the connection. */
  boolean closed() {
    return closed;
  }

  /** The data of the resets. */
  List<String> resets() {
    return events().stream()
        .filter(e -> StreamReset.TYPE.equals(e.type()))
        .map(SseEvent::data)
        .toList();
  }

  /** As a browser would send it back, or null. */
  String lastEventId() {
    return lastEventId;
  }

  List<SseEvent> events() {
    synchronized (events) {
      return List.copyOf(events);
    }
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
    lastEventId = parser.lastEventId().isEmpty() ? null : parser.lastEventId();
  }

  @Override
  public void close() {
    closed = true;
  }
}
