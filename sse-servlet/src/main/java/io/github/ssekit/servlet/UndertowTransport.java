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
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The way of bytes to one client on Undertow, which differs in three points.
 *
 * <ul>
 *   <li>A flush may leave bytes behind and say that all is well, and one that fails completes the
 *       response behind our back. A write that doesn't fit the response's buffer goes to the socket
 *       at once and tells what it could not send; so the buffer is one byte, and there is no flush.
 *       With HTTP/2 that write only makes a frame, which a flush hands to the connection; and a
 *       filter's stream or Undertow's compression have buffers of their own: these are flushed.
 *   <li>To complete a response whose client has gone logs an error with its stack trace, except on
 *       the connection's I/O thread.
 *   <li>So does, for the same reason, a write by which Undertow finds that the client has gone: it
 *       closes the response's stream from the thread that writes. {@link #hush} prevents that.
 * </ul>
 */
final class UndertowTransport extends ServletTransport {
  /** The exchange whose stream need not be closed if its connection is. */
  private static final AttachmentKey<HttpServerExchange> STREAMING =
      AttachmentKey.create(HttpServerExchange.class);

  /** Whether a connection, which may serve many exchanges, has our listener. */
  private static final AttachmentKey<Boolean> HUSHED = AttachmentKey.create(Boolean.class);

  private final HttpServerExchange exchange;
  private final boolean flushes;

  private UndertowTransport(
      HttpServletRequest request, HttpServletResponse response, HttpServerExchange exchange) {
    super(request, response);
    this.exchange = exchange;
    this.flushes =
        exchange.getProtocol().equals(Protocols.HTTP_2_0)
            || exchange.getAttachment(AllowedContentEncodings.ATTACHMENT_KEY) != null;
  }

  /** Null if it is not Undertow that serves the request. */
  static @Nullable ServletTransport of(HttpServletRequest request, HttpServletResponse response) {
    ServletRequestContext current = ServletRequestContext.current();
    return current == null ? null : new UndertowTransport(request, response, current.getExchange());
  }

  @Override
  void prepare(HttpServletResponse response) {
    response.setBufferSize(1);
    hushLater();
  }

  private void hushLater() {
    ServerConnection connection = exchange.getConnection();
    connection.putAttachment(STREAMING, exchange);
    if (connection.putAttachment(HUSHED, true) == null) {
      connection.addCloseListener(UndertowTransport::hush);
    }
  }

  @Override
  boolean send(ServletOutputStream stream, byte[] bytes, int offset, int length)
      throws IOException {
    if (flushes || !stream.getClass().getName().startsWith("io.undertow.")) {
      return super.send(stream, bytes, offset, length);
    }
    stream.write(bytes, offset, length);
    return true;
  }

  @Override
  void complete(AsyncContext ended) {
    exchange
        .getIoThread()
        .execute(
            () -> {
              exchange.getConnection().removeAttachment(STREAMING);
              ended.complete();
            });
  }

  private static void hush(ServerConnection closed) {
    HttpServerExchange exchange = closed.getAttachment(STREAMING);
    if (exchange != null) {
      exchange.startBlocking(new NothingToClose());
    }
  }

  /** The streams of an exchange whose connection is closed: there are none. */
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
