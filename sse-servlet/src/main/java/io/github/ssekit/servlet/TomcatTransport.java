package io.github.ssekit.servlet;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Carries bytes to one client on Tomcat, and works around requests that Tomcat never completes.
 *
 * <p>When a write fails on a thread that is not Tomcat's, Tomcat hands the error to a thread of its
 * own. But a Tomcat thread that is just returning from the write listener sees the error first: it
 * closes the connection and drops the request. That request is never completed, no listener is
 * called, and Tomcat counts it as in progress for ever. If that thread finds the response completed
 * by us, nothing goes wrong. So:
 *
 * <ul>
 *   <li>A write that fails soon after a call of the write listener completes the response at once,
 *       on the thread that wrote.
 *   <li>The first call of the write listener waits until the hub has written, and a little longer
 *       for the next write. In this time the second write discovers a client that left at once: the
 *       first write to such a client still succeeds.
 * </ul>
 */
final class TomcatTransport extends ServletTransport {
  /**
   * How long the first call waits after a write. Other threads of Tomcat serve requests meanwhile.
   */
  private static final long LINGER_MILLIS = 20;

  /** After this time Tomcat's thread has returned from the call, even on a busy machine. */
  private static final long SOON_NANOS = 1_000_000_000;

  /**
   * The {@link System#nanoTime} of Tomcat's last call of the write listener; 0 before the first.
   * Written by Tomcat's thread, read by the hub's loop.
   */
  private volatile long lastCallNanos;

  /**
   * Whether the hub has written. Written by the hub's loop; Tomcat's thread reads it only after
   * {@link Signals#awaitWrite}.
   */
  private boolean wrote;

  TomcatTransport(HttpServletRequest request, HttpServletResponse response) {
    super(request, response);
  }

  @Override
  public void onWritePossible() {
    boolean first = lastCallNanos == 0;
    lastCallNanos = System.nanoTime() | 1;
    super.onWritePossible();
    if (first) {
      signals().awaitWrite();
      if (wrote) {
        awaitCompletion(LINGER_MILLIS);
      }
    }
  }

  @Override
  boolean send(ServletOutputStream stream, byte[] bytes, int offset, int length)
      throws IOException {
    wrote = true;
    return super.send(stream, bytes, offset, length);
  }

  @Override
  void outputFailed() {
    if (System.nanoTime() - lastCallNanos < SOON_NANOS) {
      completeQuietly();
    }
  }
}
