package io.github.ssekit.servlet;

import io.github.ssekit.core.Connection;
import io.github.ssekit.core.Hub;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Arrays;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Answers requests with event streams. */
public final class EventStreams {
  private EventStreams() {}

  /**
   * Answers a request with the event stream of some channels, and returns at once: the response
   * stays open, without a thread, until the connection closes. The caller must not touch request
   * and response afterwards.
   *
   * <p>The response is 200, {@code text/event-stream}, not to be cached, transformed or buffered on
   * its way; it begins with the hub's reconnection time. The servlet and all filters before it must
   * be declared {@code async-supported}.
   *
   * @param channels those that the client listens to from the start; check before that it may
   * @throws IllegalArgumentException if a channel's name is not legal, see {@link
   *     io.github.ssekit.core.EventPublisher}; nothing is written then
   * @throws IllegalStateException if the request does not support async, if the response is
   *     committed, or if the hub is closed; nothing is written then
   */
  public static Connection open(
      Hub hub, HttpServletRequest request, HttpServletResponse response, String... channels) {
    return open(hub, request, response, Arrays.asList(channels));
  }

  /** As {@link #open(Hub, HttpServletRequest, HttpServletResponse, String...)}. */
  public static Connection open(
      Hub hub,
      HttpServletRequest request,
      HttpServletResponse response,
      Collection<String> channels) {
    if (!request.isAsyncSupported()) {
      throw new IllegalStateException(
          "An event stream needs async support: set async-supported to true on the servlet "
              + "and on every filter before it");
    }
    if (response.isCommitted()) {
      throw new IllegalStateException("The response is committed: open the event stream earlier");
    }
    return hub.connect(ServletTransport.of(request, response), channels, lastEventId(request));
  }

  /** Status and headers of an event stream. */
  static void writeHead(HttpServletResponse response) {
    response.setStatus(HttpServletResponse.SC_OK);
    response.setContentType("text/event-stream");
    response.setHeader("Cache-Control", "no-cache, no-transform");
    // nginx holds a response back until it has a buffer full, unless told.
    response.setHeader("X-Accel-Buffering", "no");
  }

  /** The header, else the query of polyfills and of pages that embed their position. */
  private static @Nullable String lastEventId(HttpServletRequest request) {
    String id = request.getHeader("Last-Event-ID");
    String query = request.getQueryString();
    // Containers make maps of the parameters that are asked for, and keep them.
    if (id == null && query != null && query.contains("last")) {
      id = request.getParameter("lastEventId");
      return id == null ? request.getParameter("last_event_id") : id;
    }
    return id;
  }
}
