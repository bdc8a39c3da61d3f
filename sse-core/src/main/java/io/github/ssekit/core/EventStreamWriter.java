package io.github.ssekit.core;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;

/**
 * Writes an event stream to an {@link OutputStream}, for anyone without a hub: one block is one
 * {@code write} and one {@code flush}.
 *
 * <p>Any thread may write; a block is never torn by another. Writing blocks as the stream does.
 */
public final class EventStreamWriter implements Closeable {
  private final OutputStream out;

  /** A writer that owns the stream: closing the one closes the other. */
  public EventStreamWriter(OutputStream out) {
    this.out = Objects.requireNonNull(out, "out");
  }

  /**
   * Writes and flushes one block.
   *
   * @throws IllegalArgumentException if it is an event of type {@code open}, {@code error} or
   *     {@code stream-reset}; nothing is written then
   * @throws IOException as the stream throws it, usually since the client has gone
   */
  public synchronized void write(Block block) throws IOException {
    if (block instanceof SseEvent event) {
      event.sendable();
    }
    block.frame().writeTo(out);
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
