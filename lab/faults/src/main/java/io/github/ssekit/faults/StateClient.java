package io.github.ssekit.faults;

import io.github.ssekit.event.EventStreamHandler;
import io.github.ssekit.event.EventStreamParser;
import io.github.ssekit.event.ReconnectionTime;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.redis.StateChannels;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the map of some state channels, as a page does: connects again, to any of the nodes, when a
 * connection ends. The client may leave of its own accord, and come back with its last event ID.
 */
final class StateClient implements AutoCloseable {
  /** A received event. */
  record Seen(@Nullable String type, String data, String id) {
    /** The event's key; null if the event has no key. */
    @Nullable String key() {
      if (StateChannels.REMOVED_TYPE.equals(type)) {
        return data;
      }
      return type == null && data.indexOf('=') > 0 ? data.substring(0, data.indexOf('=')) : null;
    }

    /** The key's value; empty if the key is removed. */
    String value() {
      return type == null ? data.substring(data.indexOf('=') + 1) : "";
    }
  }

  /**
   * All observations of a client.
   *
   * @param map the client's values, by key
   * @param isUnbroken whether the client has had one connection since before the first publish
   */
  record View(
      String name,
      Set<String> channels,
      List<Seen> seen,
      Map<String, String> map,
      boolean isUnbroken) {}

  private final String name;
  private final Set<String> channels;
  private final List<Integer> ports;
  private final Random random;
  private final Thread thread;

  /** Guards itself and the next two fields. */
  private final List<Seen> seen = new ArrayList<>();

  private final Map<String, String> map = new TreeMap<>();
  private int connections;
  private volatile boolean goes;
  private volatile boolean closed;
  private volatile boolean hasPosition;
  private long reconnectionMillis = 200;
  private String lastEventId = "";

  /**
   * Starts the client.
   *
   * @param first the node of the first connection
   * @param goes whether the client comes and goes, until it {@linkplain #stay stays}
   */
  StateClient(
      String name,
      Set<String> channels,
      int first,
      boolean goes,
      List<Integer> ports,
      Random random) {
    this.name = name;
    this.channels = channels;
    this.ports = ports;
    this.random = new Random(random.nextLong());
    this.goes = goes;
    thread = Threads.daemon(name, () -> run(ports.get(first)));
  }

  private void run(int first) {
    int port = first;
    while (!closed) {
      long leaveAt = System.nanoTime() + random.nextLong(400_000_000);
      try (InputStream in = Http.stream(Http.events(port, channels), lastEventId)) {
        synchronized (seen) {
          connections++;
        }
        read(in, leaveAt);
      } catch (IOException e) {
        // Connects again, as a browser does.
      } catch (InterruptedException e) {
        return;
      }
      port = ports.get(random.nextInt(ports.size()));
      if (!closed && !Threads.pause(goes ? random.nextLong(600) : reconnectionMillis)) {
        return;
      }
    }
  }

  private void read(InputStream in, long leaveAt) throws IOException {
    EventStreamParser parser =
        new EventStreamParser(
            new EventStreamHandler() {
              @Override
              public void onEvent(SseEvent event, String id) {
                see(new Seen(event.type(), String.valueOf(event.data()), id));
              }

              @Override
              public void onReconnectionTime(ReconnectionTime time) {
                reconnectionMillis = time.time().toMillis();
              }
            });
    byte[] bytes = new byte[2 << 10];
    while (!closed && !(goes && System.nanoTime() > leaveAt)) {
      int count = in.read(bytes);
      if (count < 0) {
        return;
      }
      parser.feed(bytes, 0, count);
      if (!parser.lastEventId().isEmpty()) {
        lastEventId = parser.lastEventId();
        hasPosition = true;
      }
    }
  }

  private void see(Seen event) {
    synchronized (seen) {
      seen.add(event);
      String key = event.key();
      if (key == null) {
        // The judge reports the event. The map stays as it is, for the report.
        return;
      } else if (event.value().isEmpty()) {
        map.remove(key);
      } else {
        map.put(key, event.value());
      }
    }
  }

  /** Whether the client has a position, and so gets all events that are published from now on. */
  boolean isOpen() {
    return hasPosition;
  }

  /** Stops the client from leaving of its own accord. */
  void stay() {
    goes = false;
  }

  Set<String> channels() {
    return channels;
  }

  Map<String, String> map() {
    synchronized (seen) {
      return new TreeMap<>(map);
    }
  }

  /**
   * Returns the client's observations.
   *
   * @param isEarly whether the client {@linkplain #isOpen was open} before the first publish
   */
  View view(boolean isEarly) {
    synchronized (seen) {
      return new View(
          name, channels, List.copyOf(seen), new TreeMap<>(map), isEarly && connections == 1);
    }
  }

  /** Leaves for good. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
