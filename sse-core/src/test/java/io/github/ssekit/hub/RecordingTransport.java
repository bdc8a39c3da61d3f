package io.github.ssekit.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A transport that keeps what it is given, takes bytes when the test says so, and fails on cue. */
final class RecordingTransport implements Transport {
  /** A comment's or a reconnection time's line, or an event with its blank line. */
  private static final Pattern BLOCK =
      Pattern.compile("(?:retry|:)[^\n]*\n|.+?(?:\n\n|$)", Pattern.DOTALL);

  private final List<byte[]> writes = new ArrayList<>();
  private final List<String> breaches = new ArrayList<>();
  private @Nullable Signals signals;
  private boolean ready = true;
  private boolean allowed;
  private int closes;
  private @Nullable RuntimeException startFailure;
  private @Nullable Throwable writeFailure;

  /** One that takes nothing until it is made ready. */
  static RecordingTransport notReady() {
    RecordingTransport transport = new RecordingTransport();
    transport.ready = false;
    return transport;
  }

  synchronized RecordingTransport failStart(RuntimeException failure) {
    startFailure = failure;
    return this;
  }

  /** From now on, writes throw: an IOException, a RuntimeException or an Error. */
  synchronized void failWrites(Throwable failure) {
    writeFailure = failure;
  }

  /** Whether it takes bytes; says so to its connection as a container would. */
  void ready(boolean ready) {
    synchronized (this) {
      this.ready = ready;
    }
    if (ready) {
      signals().writable();
    }
  }

  synchronized Signals signals() {
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
      writes.add(first);
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
    writes.add(
        offset == 0 && length == bytes.length
            ? bytes
            : Arrays.copyOfRange(bytes, offset, offset + length));
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

  /** What the hub did against the contract of a transport; empty if nothing. */
  synchronized List<String> breaches() {
    return List.copyOf(breaches);
  }

  synchronized boolean closed() {
    return closes > 0;
  }

  /** The arrays that were written. */
  synchronized List<byte[]> writes() {
    return List.copyOf(writes);
  }

  synchronized void forget() {
    writes.clear();
  }

  /** All blocks that were written, each without its line ends. */
  List<String> blocks() {
    return writes().stream()
        .flatMap(w -> BLOCK.matcher(new String(w, UTF_8)).results())
        .map(block -> block.group().replaceAll("\n+$", ""))
        .toList();
  }

  /** The data of the events that were written; a reset stands as its whole data. */
  List<String> data() {
    return blocks().stream()
        .filter(b -> b.contains("data: "))
        .map(b -> b.substring(b.indexOf("data: ") + 6))
        .toList();
  }
}
