package io.github.ssekit.event;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes an event stream to an {@link OutputStream}, for anyone without a hub: one block is one
 * {@code write} and one {@code flush}.
 *
 * <p>Any thread may write; a block is never torn by another. Writing blocks as the stream does.
 * Once a write has failed the stream may end within a block, so nothing is written behind it.
 */
public final class EventStreamWriter implements Closeable {
  private final OutputStream out;

  /** What the first write that failed has thrown, or null. Guarded by this. */
  private @Nullable Throwable broken;

  /** A writer that owns the stream: closing the one closes the other. */
  public EventStreamWriter(OutputStream out) {
    this.out = Objects.requireNonNull(out, "out");
  }

  /**
   * Writes and flushes one block.
   *
   * @throws IllegalArgumentException if it is an event of type {@code open}, {@code error} or
   *     {@code stream-reset}; nothing is written then
   * @throws IOException as the stream throws it, usually since the client has gone; and at each
   *     call from then on, with what was thrown first as its cause
   */
  public synchronized void write(Block block) throws IOException {
    Objects.requireNonNull(block, "block");
    if (block instanceof SseEvent event) {
      event.requireSendable();
    }
    Frame frame = block.frame();
    if (broken != null) {
      throw new IOException(
          "An earlier write has failed, perhaps within a block, which this one would end up in; close this writer",
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
