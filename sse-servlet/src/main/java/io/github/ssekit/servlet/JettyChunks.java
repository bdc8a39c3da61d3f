package io.github.ssekit.servlet;

import io.github.ssekit.hub.Transport.Signals;
import jakarta.servlet.ServletResponse;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Blocker;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Writes whole chunks to the connection beneath one HTTP/1.1 response of Jetty, past the response.
 *
 * <p>Jetty writes the line end behind a chunk only with the next chunk (RFC 9112, 7.1), although
 * some clients wait for it. And a write to the response passes six layers that know nothing of
 * event streams. So Jetty itself sends the head and, at completion, the last chunk, and this class
 * writes all chunks between. Jetty then has sent no chunk of its own, and owes no line end: {@link
 * JettyCore} checks once that Jetty behaves so.
 *
 * <p>From its head to its completion a response of HTTP/1.1 has the connection to itself. The
 * transport calls the methods under its guard. Jetty calls the methods of {@link Callback}: inside
 * {@link #write}, or later on a thread of its own.
 *
 * <pre>
 *          write              isReady
 *   IDLE ─────────► WRITING ─────────► AWAITED
 *    ▲                 │ succeeded        │ succeeded: signals
 *    └─────────────────┴──────────────────┘
 * </pre>
 */
final class JettyChunks implements Callback {
  private static final int IDLE = 0;
  private static final int WRITING = 1;

  /** As WRITING, and the hub waits for the signal that the write is over. */
  private static final int AWAITED = 2;

  private static final AtomicIntegerFieldUpdater<JettyChunks> STATE =
      AtomicIntegerFieldUpdater.newUpdater(JettyChunks.class, "state");

  private final ConnectionMetaData connection;
  private final HttpFields headers;
  private final EndPoint endPoint;
  private final Signals signals;

  private volatile int state = IDLE;

  /** The cause of a failed write, which leaves the state as it is. */
  private volatile @Nullable Throwable failure;

  private JettyChunks(
      ConnectionMetaData connection, HttpFields headers, EndPoint endPoint, Signals signals) {
    this.connection = connection;
    this.headers = headers;
    this.endPoint = endPoint;
    this.signals = signals;
  }

  /**
   * The connection beneath a response; null if the response isn't one of HTTP/1.1, or if a part of
   * Jetty looks at the response's bytes, since that part would miss these chunks.
   *
   * @param response Jetty's own
   */
  static @Nullable JettyChunks of(ServletResponse response, Signals signals) {
    Response core = JettyCore.responseBeneath(response);
    if (core == null) {
      return null;
    }
    ConnectionMetaData connection = core.getRequest().getConnectionMetaData();
    return connection.getHttpVersion() == HttpVersion.HTTP_1_1 && !JettyCore.isWatched(core)
        ? new JettyChunks(
            connection, core.getHeaders(), connection.getConnection().getEndPoint(), signals)
        : null;
  }

  /**
   * Whether the response is sent in chunks. Called once, when only the head has been sent. Jetty
   * sends a response of unknown length in chunks, unless the response ends with the connection.
   */
  boolean isChunked() {
    return connection.isPersistent()
        && !headers.contains(HttpHeader.CONTENT_LENGTH)
        && !headers.contains(HttpHeader.TRANSFER_ENCODING);
  }

  /** Writes the first bytes, and waits until they are taken. */
  void writeFirst(byte[] bytes) throws IOException {
    try (Blocker.Callback taken = Blocker.callback()) {
      endPoint.write(taken, HttpChunk.of(bytes, 0, bytes.length));
      taken.block();
    }
  }

  /** As {@link io.github.ssekit.hub.Transport#isReady}. */
  boolean isReady() throws IOException {
    throwFailure();
    int now = state;
    if (now == WRITING && STATE.compareAndSet(this, WRITING, AWAITED)) {
      return false;
    }
    return now != AWAITED;
  }

  /** As {@link io.github.ssekit.hub.Transport#write}. */
  void write(byte[] bytes, int offset, int length) throws IOException {
    // Lazy: Jetty's own state changes before another thread can call succeeded().
    STATE.lazySet(this, WRITING);
    endPoint.write(this, HttpChunk.of(bytes, offset, length));
    throwFailure();
  }

  private void throwFailure() throws IOException {
    Throwable cause = failure;
    if (cause != null) {
      throw new IOException(cause);
    }
  }

  /**
   * Prepares for the completion of the response, which writes the last chunk. After half a chunk
   * the last chunk would be nonsense, so the connection is closed instead.
   */
  void end() {
    if (state != IDLE) {
      endPoint.close(new IOException("An event stream was closed amid a write"));
    }
  }

  @Override
  public void succeeded() {
    if (STATE.getAndSet(this, IDLE) == AWAITED) {
      signals.writable();
    }
  }

  @Override
  public void failed(Throwable cause) {
    failure = cause;
    signals.failed(cause);
  }

  /** The thread that finds the connection writable may call: nothing here blocks. */
  @Override
  public InvocationType getInvocationType() {
    return InvocationType.NON_BLOCKING;
  }
}
