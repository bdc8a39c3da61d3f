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
 * connection ends. May leave of its own accord, and come back with what it has.
 */
final class StateClient implements AutoCloseable {
  /** An event as it came. */
  record Seen(@Nullable String type, String data, String id) {
    /** What it is about; null if it is no event of a key. */
    @Nullable String key() {
      if (StateChannels.REMOVED_TYPE.equals(type)) {
        return data;
      }
      return type == null && data.indexOf('=') > 0 ? data.substring(0, data.indexOf('=')) : null;
    }

    /** Empty where the key is removed. */
    String value() {
      return type == null ? data.substring(data.indexOf('=') + 1) : "";
    }
  }

  /**
   * All that it saw.
   *
   * @param map what it holds, by key
   * @param isUnbroken whether it has had one connection since before anything was published
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

  /** Guarded by itself, as are the next two. */
  private final List<Seen> seen = new ArrayList<>();

  private final Map<String, String> map = new TreeMap<>();
  private int connections;
  private volatile boolean goes;
  private volatile boolean closed;
  private volatile boolean hasPosition;
  private long reconnectionMillis = 200;
  private String lastEventId = "";

  /**
   * Comes now.
   *
   * @param first the node that it goes to at first
   * @param goes whether it comes and goes, until it {@linkplain #stay stays}
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
        // As a browser: it connects again.
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
        // The judge says that it should not be: what was held stays, for the report.
        return;
      } else if (event.value().isEmpty()) {
        map.remove(key);
      } else {
        map.put(key, event.value());
      }
    }
  }

  /** Whether it has a position, and so hears all that is published from now on. */
  boolean isOpen() {
    return hasPosition;
  }

  /** Doesn't leave of its own accord any more. */
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
   * Returns what it saw.
   *
   * @param isEarly whether it {@linkplain #isOpen was open} before anything was published
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
