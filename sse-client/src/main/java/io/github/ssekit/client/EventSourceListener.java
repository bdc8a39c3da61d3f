package io.github.ssekit.client;

import io.github.ssekit.event.EventStreamHandler;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Receives the events of an {@link EventSource}, and the changes of its connection. Each method
 * does nothing unless overridden.
 *
 * <p>All methods are called in order, on the one thread of the {@code EventSource}. While a method
 * runs, nothing more is read, so that a listener that can't keep up slows the server down by TCP's
 * flow control, and needs no memory. An exception of a listener is logged, and the next event
 * follows. A listener may close the {@code EventSource}; then it gets {@link #onClose} last.
 *
 * <p>The inherited methods are called for each event, comment and {@code retry} field of the
 * stream.
 */
public interface EventSourceListener extends EventStreamHandler {
  /**
   * The connection is open: the server has answered with an event stream.
   *
   * @param uri the address of the stream, after all redirects
   * @param headers the headers of the answer
   */
  default void onOpen(URI uri, HttpHeaders headers) {}

  /**
   * The connection, or an attempt to connect, has ended, and another attempt follows.
   *
   * @param cause the cause of the end; an {@link java.io.EOFException} if the server ended the
   *     stream
   * @param delay the time until the next attempt
   */
  default void onDisconnect(IOException cause, Duration delay) {}

  /**
   * The {@code EventSource} is closed and makes no more attempts. This is the last call.
   *
   * @param failure the reason why the connection failed for good; null if the source was closed by
   *     {@link EventSource#close}, by the server's 204, or because its thread was interrupted
   */
  default void onClose(@Nullable EventSourceException failure) {}
}
