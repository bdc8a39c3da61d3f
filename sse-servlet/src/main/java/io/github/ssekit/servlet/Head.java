package io.github.ssekit.servlet;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** What each answer begins with: status and headers, and the output that the body goes to. */
final class Head {
  private Head() {}

  /** Status and headers of an event stream. */
  static void eventStream(HttpServletResponse response) {
    response.setStatus(HttpServletResponse.SC_OK);
    // The standard knows no other charset; many clients take text without one for Latin-1.
    response.setContentType("text/event-stream;charset=utf-8");
    response.setHeader("Cache-Control", "no-cache, no-transform");
    // nginx holds a response back until it has a buffer full, unless told.
    response.setHeader("X-Accel-Buffering", "no");
  }

  /** A status for this client, now. */
  static void refusal(HttpServletResponse response, int status) {
    response.setStatus(status);
    // A cache may keep a 204 or a 404 that doesn't say so.
    response.setHeader("Cache-Control", "no-store");
  }

  /**
   * The response's output.
   *
   * @throws IllegalStateException if the response's writer is in use
   */
  static ServletOutputStream output(HttpServletResponse response) throws IOException {
    try {
      return response.getOutputStream();
    } catch (IllegalStateException e) {
      throw new IllegalStateException(
          "The response's writer is in use, and an event stream needs its output stream: don't call"
              + " getWriter() before EventStreams.open",
          e);
    }
  }
}
