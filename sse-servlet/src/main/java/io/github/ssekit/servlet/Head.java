package io.github.ssekit.servlet;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** The head of a response: status and headers. Also the output that its body is written to. */
final class Head {
  private Head() {}

  /** Sets status and headers of an event stream. */
  static void eventStream(HttpServletResponse response) {
    response.setStatus(HttpServletResponse.SC_OK);
    // The standard has no other charset; many clients read text without a charset as Latin-1.
    response.setContentType("text/event-stream;charset=utf-8");
    response.setHeader("Cache-Control", "no-cache, no-transform");
    // Otherwise nginx holds a response back until its buffer is full.
    response.setHeader("X-Accel-Buffering", "no");
  }

  /**
   * Asks the client for a new connection for its next request, which a load balancer may hand to
   * another node. HTTP/2 and 3 have no such header (RFC 9113, 8.2.2).
   */
  static void closeConnection(HttpServletRequest request, HttpServletResponse response) {
    if (request.getProtocol().startsWith("HTTP/1.")) {
      response.setHeader("Connection", "close");
    }
  }

  /** Sets status and headers of a refusal, which holds for this request only. */
  static void refusal(HttpServletResponse response, int status) {
    response.setStatus(status);
    // Caches may keep a 204 or a 404 that doesn't forbid it.
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
