package io.github.ssekit.client;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A stream whose reads fail if no byte comes for a given time. Only time within a read counts:
 * while its reader is busy elsewhere, the server isn't silent.
 *
 * <p>A read can be ended only by closing its stream, so a task of the JDK's shared timer watches
 * the stream. The task runs again when the present read would be too long, no matter how many reads
 * there are in between.
 *
 * <p>One thread reads; any thread may close.
 */
final class WatchedInputStream extends FilterInputStream {
  private final long idleNanos;

  /**
   * The {@link System#nanoTime} of the start of the read in progress. Written by the reader, before
   * {@link #reading}.
   */
  private volatile long since;

  private volatile boolean reading;
  private volatile boolean idle;
  private volatile boolean closed;
  private volatile CompletableFuture<Void> timer = new CompletableFuture<>();

  /**
   * Watches a stream.
   *
   * @param idle the longest time without a byte, or zero for no limit
   */
  WatchedInputStream(InputStream in, Duration idle) {
    super(in);
    this.idleNanos = idle.toNanos();
    if (idleNanos > 0) {
      look(idleNanos);
    }
  }

  private void look(long delay) {
    CompletableFuture<Void> next = new CompletableFuture<>();
    CompletableFuture<Void> unused =
        next.orTimeout(delay, NANOSECONDS)
            .whenComplete(
                (none, late) -> {
                  if (late != null) {
                    expired();
                  }
                });
    timer = next;
    if (closed) {
      forget();
    }
  }

  /** On the JDK's timer, which must not wait for a close. */
  private void expired() {
    if (closed) {
      return;
    }
    long left = reading ? idleNanos - (System.nanoTime() - since) : idleNanos;
    if (left > 0) {
      look(left);
      return;
    }
    // Not on the common pool, whose threads may all be busy.
    Thread closer = new Thread(this::giveUp, "sse-client-idle");
    closer.setDaemon(true);
    try {
      closer.start();
    } catch (OutOfMemoryError e) {
      // No thread can be made now.
      look(1_000_000_000);
    }
  }

  private void giveUp() {
    idle = true;
    try {
      close();
    } catch (IOException e) {
      // The read fails all the same, with the message below.
    }
  }

  /** Ends the timer's task, which would hold this stream in memory after its end. */
  private void forget() {
    timer.complete(null);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    since = System.nanoTime();
    reading = true;
    try {
      int count = in.read(bytes, offset, length);
      if (count < 0 && idle) {
        throw silent(null);
      }
      return count;
    } catch (IOException e) {
      throw idle ? silent(e) : e;
    } finally {
      reading = false;
    }
  }

  private IOException silent(@Nullable IOException cause) {
    IOException silent =
        new HttpTimeoutException("no byte came for " + Duration.ofNanos(idleNanos));
    if (cause != null) {
      silent.initCause(cause);
    }
    return silent;
  }

  @Override
  public void close() throws IOException {
    closed = true;
    forget();
    in.close();
  }
}
