package io.github.ssekit.servlet;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * The way of bytes to one client on Tomcat, whose requests may be left without an end.
 *
 * <p>When a write fails on a thread that is not Tomcat's, Tomcat hands the error to a thread of its
 * own. But if one of these is on its way out of a call of the write listener, it sees the error
 * first: it closes the connection and drops the request, which is not completed then, tells no
 * listener, and counts as in progress for ever. If it finds the response completed by us, all is
 * well. So a write that fails soon after a call completes the response at once, on the thread that
 * wrote; and the first call, behind which a client that left at once is found, waits until the hub
 * has written, and a little longer for the write that follows: to a client that has gone, the first
 * one still succeeds.
 */
final class TomcatTransport extends ServletTransport {
  /** How long a call lasts behind a write. Other threads of Tomcat's serve others meanwhile. */
  private static final long LINGER_MILLIS = 20;

  /** By then Tomcat's thread has left the call, on a busy machine too. */
  private static final long SOON_NANOS = 1_000_000_000;

  /** When Tomcat last called; 0 before. */
  private volatile long called;

  /** Read once the hub has had its turn. */
  private boolean wrote;

  TomcatTransport(HttpServletRequest request, HttpServletResponse response) {
    super(request, response);
  }

  @Override
  public void onWritePossible() {
    boolean first = called == 0;
    called = System.nanoTime() | 1;
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
  void failed() {
    if (System.nanoTime() - called < SOON_NANOS) {
      completeQuietly();
    }
  }
}
