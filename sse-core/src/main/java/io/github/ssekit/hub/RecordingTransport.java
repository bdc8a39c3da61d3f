package io.github.ssekit.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.event.EventStreamHandler;
import io.github.ssekit.event.EventStreamParser;
import io.github.ssekit.event.SseEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A client for tests: it records every byte that the hub writes to it, accepts bytes or refuses
 * them as the test says, and fails on demand. Thread-safe, so that it serves a hub with threads as
 * well as a {@link ManualHub}.
 *
 * <pre>{@code
 * RecordingTransport client = RecordingTransport.notReady();
 * hub.connect(client, ConnectionOptions.of("room:1"));
 * client.ready(true);
 * }</pre>
 */
public final class RecordingTransport implements Transport {
  /** A comment's or a reconnection time's line, or an event with its blank line. */
  private static final Pattern BLOCK =
      Pattern.compile("(?:retry|:)[^\n]*\n|.+?(?:\n\n|$)", Pattern.DOTALL);

  private final List<byte[]> writes = new ArrayList<>();
  private final List<String> breaches = new ArrayList<>();
  private final List<SseEvent> events = new ArrayList<>();
  private final EventStreamParser parser =
      new EventStreamParser(
          new EventStreamHandler() {
            @Override
            public void onEvent(SseEvent event, String lastEventId) {
              events.add(event);
            }
          },
          Integer.MAX_VALUE);
  private @Nullable Signals signals;
  private boolean ready = true;
  private boolean allowed;
  private int closes;
  private @Nullable RuntimeException startFailure;
  private @Nullable Throwable writeFailure;

  /** Creates a client that accepts bytes. */
  public RecordingTransport() {}

  /** Creates a client that accepts no bytes until {@link #ready} is called. */
  public static RecordingTransport notReady() {
    RecordingTransport transport = new RecordingTransport();
    transport.ready = false;
    return transport;
  }

  /** Makes {@link #start} throw this exception. */
  public synchronized RecordingTransport failStart(RuntimeException failure) {
    startFailure = failure;
    return this;
  }

  /** Makes each write from now on throw this IOException, RuntimeException or Error. */
  public synchronized void failWrites(Throwable failure) {
    writeFailure = failure;
  }

  /** Sets whether it accepts bytes. If so, signals that to the connection as a container would. */
  public void ready(boolean ready) {
    synchronized (this) {
      this.ready = ready;
    }
    if (ready) {
      signals().writable();
    }
  }

  /**
   * The signals of the connection, by which a test reports that the client has gone.
   *
   * @throws IllegalStateException if the hub has not started this transport
   */
  public synchronized Signals signals() {
    if (signals == null) {
      throw new IllegalStateException("not started");
    }
    return signals;
  }

  @Override
  public void start(Signals signals, byte[] first) {
    synchronized (this) {
      breach(this.signals != null, "started twice");
      breach(closes > 0, "started after close");
      this.signals = signals;
      if (startFailure != null) {
        throw startFailure;
      }
      record(first);
    }
    if (ready) {
      signals.writable();
    }
  }

  @Override
  public synchronized boolean isReady() {
    breach(closes > 0, "asked after close");
    allowed = ready;
    return ready;
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
    breach(closes > 0, "written after close");
    breach(!allowed, "written without being ready");
    allowed = false;
    if (writeFailure instanceof IOException e) {
      throw e;
    } else if (writeFailure instanceof RuntimeException e) {
      throw e;
    } else if (writeFailure instanceof Error e) {
      throw e;
    }
    record(
        offset == 0 && length == bytes.length
            ? bytes
            : Arrays.copyOfRange(bytes, offset, offset + length));
  }

  private void record(byte[] bytes) {
    writes.add(bytes);
    parser.feed(bytes);
  }

  @Override
  public synchronized void close() {
    closes++;
    breach(closes > 1, "closed twice");
  }

  private void breach(boolean broken, String what) {
    if (broken) {
      breaches.add(what);
    }
  }

  /** Violations of the contract of {@link Transport} by the hub; empty if there were none. */
  public synchronized List<String> breaches() {
    return List.copyOf(breaches);
  }

  /** Whether the hub has closed the connection. */
  public synchronized boolean closed() {
    return closes > 0;
  }

  /** The bytes of each write. */
  public synchronized List<byte[]> writes() {
    return List.copyOf(writes);
  }

  /** Forgets all writes, with their events. */
  public synchronized void forget() {
    writes.clear();
    events.clear();
  }

  /** Text of each block that was written, without the line ends that close the block. */
  public List<String> blocks() {
    return writes().stream()
        .flatMap(w -> BLOCK.matcher(new String(w, UTF_8)).results())
        .map(block -> block.group().replaceAll("\n+$", ""))
        .toList();
  }

  /** Events that were written, as a client parses them; each {@link StreamReset} is among them. */
  public synchronized List<SseEvent> events() {
    return List.copyOf(events);
  }

  /** Data of the {@link #events}, resets included. */
  public List<String> data() {
    return events().stream().map(SseEvent::data).toList();
  }

  /** Data of the {@link #events} that the application published: all but resets. */
  public List<String> published() {
    return events().stream()
        .filter(event -> !StreamReset.TYPE.equals(event.type()))
        .map(SseEvent::data)
        .toList();
  }

  /** Data of each {@link StreamReset} that was written: JSON. */
  public List<String> resets() {
    return events().stream()
        .filter(event -> StreamReset.TYPE.equals(event.type()))
        .map(SseEvent::data)
        .toList();
  }

  /** The last event ID that a browser would reconnect with, or null. */
  public synchronized @Nullable String lastEventId() {
    return parser.lastEventId().isEmpty() ? null : parser.lastEventId();
  }
}
