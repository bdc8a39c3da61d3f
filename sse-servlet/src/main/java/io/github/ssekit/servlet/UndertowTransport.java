package io.github.ssekit.servlet;

import io.undertow.io.Receiver;
import io.undertow.io.Sender;
import io.undertow.server.BlockingHttpExchange;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.ServerConnection;
import io.undertow.server.handlers.encoding.AllowedContentEncodings;
import io.undertow.servlet.handlers.ServletRequestContext;
import io.undertow.util.AttachmentKey;
import io.undertow.util.Protocols;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Carries bytes to one client on Undertow, which differs in three points.
 *
 * <ul>
 *   <li>A flush may leave bytes behind and still report success, and a flush that fails completes
 *       the response without a call of ours. A write that doesn't fit the response's buffer goes to
 *       the socket at once and reports bytes that it could not send. So the buffer is one byte, and
 *       nothing is flushed, with two exceptions: with HTTP/2 a write only makes a frame, which a
 *       flush hands to the connection; and a filter's stream or Undertow's compression have buffers
 *       of their own.
 *   <li>Completing a response whose client has left logs an error with its stack trace, except on
 *       the connection's I/O thread.
 *   <li>A write that finds that the client has left logs an error too: Undertow then closes the
 *       response's stream on the thread that writes. {@link #silenceClose} prevents that.
 * </ul>
 */
final class UndertowTransport extends ServletTransport {
  /** The exchange of the event stream that a connection carries now. */
  private static final AttachmentKey<HttpServerExchange> STREAMING =
      AttachmentKey.create(HttpServerExchange.class);

  /** Set on a connection, which may serve many exchanges, once it has our close listener. */
  private static final AttachmentKey<Boolean> HAS_CLOSE_LISTENER =
      AttachmentKey.create(Boolean.class);

  /** Null once the response is completed. */
  private volatile @Nullable HttpServerExchange exchange;

  /** Whether a write needs a flush to reach the socket. */
  private final boolean needsFlush;

  private UndertowTransport(
      HttpServletRequest request, HttpServletResponse response, HttpServerExchange exchange) {
    super(request, response);
    this.exchange = exchange;
    this.needsFlush =
        exchange.getProtocol().equals(Protocols.HTTP_2_0)
            || exchange.getAttachment(AllowedContentEncodings.ATTACHMENT_KEY) != null;
  }

  /** The transport, or null if another container serves the request. */
  static @Nullable ServletTransport of(HttpServletRequest request, HttpServletResponse response) {
    ServletRequestContext current = ServletRequestContext.current();
    return current == null ? null : new UndertowTransport(request, response, current.getExchange());
  }

  @Override
  void prepare(HttpServletResponse response, ServletOutputStream stream) {
    response.setBufferSize(1);
    silenceCloseLater(Objects.requireNonNull(exchange));
  }

  private static void silenceCloseLater(HttpServerExchange exchange) {
    ServerConnection connection = exchange.getConnection();
    connection.putAttachment(STREAMING, exchange);
    if (connection.putAttachment(HAS_CLOSE_LISTENER, true) == null) {
      connection.addCloseListener(UndertowTransport::silenceClose);
    }
  }

  @Override
  boolean send(ServletOutputStream stream, byte[] bytes, int offset, int length)
      throws IOException {
    if (needsFlush || !stream.getClass().getName().startsWith("io.undertow.")) {
      return super.send(stream, bytes, offset, length);
    }
    stream.write(bytes, offset, length);
    return true;
  }

  @Override
  void complete(AsyncContext ended) {
    HttpServerExchange ending = exchange;
    exchange = null;
    if (ending == null) {
      ended.complete();
      return;
    }
    ending
        .getIoThread()
        .execute(
            () -> {
              ending.getConnection().removeAttachment(STREAMING);
              ended.complete();
            });
  }

  @Override
  public void onComplete(AsyncEvent event) {
    super.onComplete(event);
    HttpServerExchange ended = exchange;
    exchange = null;
    if (ended != null) {
      ended.getConnection().removeAttachment(STREAMING);
    }
  }

  /** Gives the exchange of a closed connection streams that Undertow can close without an error. */
  private static void silenceClose(ServerConnection closed) {
    HttpServerExchange exchange = closed.getAttachment(STREAMING);
    if (exchange != null) {
      exchange.startBlocking(new NothingToClose());
    }
  }

  /** Empty streams, for an exchange whose connection is closed. */
  private static final class NothingToClose implements BlockingHttpExchange {
    @Override
    public InputStream getInputStream() {
      return InputStream.nullInputStream();
    }

    @Override
    public OutputStream getOutputStream() {
      return OutputStream.nullOutputStream();
    }

    @Override
    public Sender getSender() {
      throw new IllegalStateException("The connection is closed");
    }

    @Override
    public Receiver getReceiver() {
      throw new IllegalStateException("The connection is closed");
    }

    @Override
    public void close() {}
  }
}
