package io.github.ssekit.faults;

import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.StreamReset;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Listens as a browser's {@code EventSource} does: keeps the last event ID, and when a connection
 * ends, waits for the reconnection time and connects again, here with any of the nodes.
 */
abstract class Client implements AutoCloseable {
  private static final Pattern RESET =
      Pattern.compile(
          "\\{\"channel\":(null|\"[^\"]*\"),\"reason\":\"([^\"]+)\""
              + "(?:,\"from\":\"([^\"]+)\")?(?:,\"to\":\"([^\"]+)\")?}");

  private final Trace trace;
  private final List<Integer> ports;
  private final Random random;
  private final RunClock clock;

  private String lastEventId = "";
  private volatile long reconnectionMillis = 200;
  private volatile boolean closed;
  private volatile @Nullable InputStream current;
  private boolean reading = true;

  Client(String name, Set<String> channels, List<Integer> ports, long seed, RunClock clock) {
    this.trace = new Trace(name, channels);
    this.ports = ports;
    this.random = new Random(seed);
    this.clock = clock;
  }

  final Trace trace() {
    return trace;
  }

  final Client start() {
    Threads.daemon(trace.client(), this::run);
    return this;
  }

  abstract InputStream open(URI uri, String lastEventId) throws IOException, InterruptedException;

  /** Reads blocks to the end, and calls the methods below. */
  abstract void read(InputStream in) throws IOException;

  private void run() {
    while (!closed) {
      int node = random.nextInt(ports.size());
      trace.add(new Sighting.Asked(clock.now(), node, lastEventId));
      String why = "end of stream";
      try (InputStream in = open(Http.events(ports.get(node), trace.channels()), lastEventId)) {
        current = in;
        if (!closed) {
          read(in);
        }
      } catch (IOException e) {
        why = String.valueOf(e.getMessage());
      } catch (InterruptedException e) {
        return;
      }
      if (!closed) {
        trace.add(new Sighting.Ended(clock.now(), why));
        Threads.pause(reconnectionMillis);
      }
    }
  }

  /** Waits until the client is meant to read. Subclasses call this method before each read. */
  final synchronized void awaitReading() throws IOException {
    try {
      while (!reading) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  final synchronized void setReading(boolean next) {
    reading = next;
    notifyAll();
  }

  final void onRetry(long millis) {
    reconnectionMillis = millis;
  }

  /** Handles a block without data, with or without an id. */
  final void onPosition(String id) {
    if (!id.isEmpty() && !id.equals(lastEventId)) {
      lastEventId = id;
      Position position = Position.parse(id);
      trace.add(
          position == null
              ? new Sighting.Nonsense(clock.now(), "id " + id)
              : new Sighting.Announced(clock.now(), position));
    }
  }

  /** Handles a block with data. */
  final void onEvent(@Nullable String type, String data, String id) {
    if (!id.isEmpty()) {
      lastEventId = id;
    }
    trace.add(sighting(type, data));
  }

  private Sighting sighting(@Nullable String type, String data) {
    long now = clock.now();
    if (StreamReset.TYPE.equals(type)) {
      Matcher reset = RESET.matcher(data);
      return reset.matches() ? told(now, reset) : new Sighting.Nonsense(now, "reset " + data);
    }
    long number = Published.numberOf(data);
    Position position = Position.parse(lastEventId);
    if (type != null || number < 0 || position == null) {
      String start = data.substring(0, Math.min(data.length(), 60));
      return new Sighting.Nonsense(now, "event " + type + ", id " + lastEventId + ": " + start);
    }
    return new Sighting.Received(now, Published.channelOf(data), number, position);
  }

  private static Sighting told(long now, Matcher reset) {
    String channel = reset.group(1);
    return new Sighting.Told(
        now,
        channel.equals("null") ? null : channel.substring(1, channel.length() - 1),
        reset.group(2),
        reset.group(3) == null ? null : Position.parse(reset.group(3)),
        reset.group(4) == null ? null : Position.parse(reset.group(4)));
  }

  /** Leaves for good. */
  @Override
  public void close() {
    closed = true;
    InputStream in = current;
    if (in != null) {
      try {
        in.close();
      } catch (IOException e) {
        // The stream had ended, as wanted.
      }
    }
  }
}
