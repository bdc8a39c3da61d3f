package io.github.ssekit.event;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Writes an event stream to an {@link OutputStream}, for use without a hub. Each block is one
 * {@code write} and one {@code flush}.
 *
 * <pre>{@code
 * EventStreamWriter writer = new EventStreamWriter(out);
 * writer.write(new ReconnectionTime(Duration.ofSeconds(5)));
 * writer.write(SseEvent.of("chat", "hello"));
 * }</pre>
 *
 * <p>Thread-safe: blocks of several threads never interleave. Writing blocks as the stream does.
 * After a failed write the stream may end inside a block, so all later writes fail too.
 */
public final class EventStreamWriter implements Closeable {
  private final OutputStream out;

  /** Not a monitor: before JDK 24, a virtual thread that blocks in a monitor pins its carrier. */
  private final ReentrantLock lock = new ReentrantLock();

  /** The exception of the first failed write, or null. Guarded by the lock. */
  private @Nullable Throwable broken;

  /** A writer to a stream. Closing the writer closes the stream. */
  public EventStreamWriter(OutputStream out) {
    this.out = Objects.requireNonNull(out, "out");
  }

  /**
   * Writes and flushes one block.
   *
   * @throws IllegalArgumentException if it is an event of type {@code open}, {@code error} or
   *     {@code stream-reset}; nothing is written then
   * @throws IOException as the stream throws it, usually because the client has left; and at each
   *     later call, with the first exception as its cause
   */
  public void write(Block block) throws IOException {
    Objects.requireNonNull(block, "block");
    if (block instanceof SseEvent event) {
      event.requireSendable();
    }
    Frame frame = block.frame();
    lock.lock();
    try {
      write(frame);
    } finally {
      lock.unlock();
    }
  }

  private void write(Frame frame) throws IOException {
    if (broken != null) {
      throw new IOException(
          "An earlier write failed, perhaps inside a block, so this block would be read as part of that one; close this writer",
          broken);
    }
    try {
      frame.writeTo(out);
      out.flush();
    } catch (Throwable e) {
      broken = e;
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
