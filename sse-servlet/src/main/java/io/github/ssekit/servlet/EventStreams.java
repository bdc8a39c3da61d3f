package io.github.ssekit.servlet;

import io.github.ssekit.core.Connection;
import io.github.ssekit.core.ConnectionOptions;
import io.github.ssekit.core.Hub;
import io.github.ssekit.core.OverCapacityException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Answers requests with event streams. */
public final class EventStreams {
  private static final System.Logger LOG = System.getLogger(EventStreams.class.getName());

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
   * <p>If the hub has no room, the client is told when to come back, as {@link
   * OverCapacityAnswer#DEFAULT} says, and the connection that is returned is closed already, with
   * {@link io.github.ssekit.core.CloseReason#OVER_CAPACITY}: whatever is done with it does nothing.
   *
   * <p>The last event ID is the request's: that of its header {@code Last-Event-ID}, else of its
   * query's {@code lastEventId} or {@code last_event_id}.
   *
   * @param channels those that the client listens to from the start; check before that it may
   * @throws IllegalArgumentException if a channel's name is not legal, see {@link
   *     io.github.ssekit.core.EventPublisher}, if they are more than one connection may have, or if
   *     the policy of one with history is to {@linkplain
   *     io.github.ssekit.core.OverrunPolicy#conflate conflate}; nothing is written then
   * @throws IllegalStateException if the request does not support async, if the response is
   *     committed, if a filter compresses it or can't pass on what is written without blocking, or
   *     if the hub is closed; nothing is written then
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
    return open(hub, request, response, ConnectionOptions.of(channels));
  }

  /**
   * As {@link #open(Hub, HttpServletRequest, HttpServletResponse, String...)}.
   *
   * @param options without a last event ID, the request's is taken, as there
   */
  public static Connection open(
      Hub hub,
      HttpServletRequest request,
      HttpServletResponse response,
      ConnectionOptions options) {
    return open(hub, request, response, options, OverCapacityAnswer.DEFAULT);
  }

  /**
   * As {@link #open(Hub, HttpServletRequest, HttpServletResponse, String...)}.
   *
   * @param options without a last event ID, the request's is taken, as there
   * @param overCapacity how the client is answered if the hub has no room
   */
  public static Connection open(
      Hub hub,
      HttpServletRequest request,
      HttpServletResponse response,
      ConnectionOptions options,
      OverCapacityAnswer overCapacity) {
    if (!request.isAsyncSupported()) {
      throw new IllegalStateException(
          "An event stream needs async support: set async-supported to true on the servlet "
              + request.getHttpServletMapping().getServletName()
              + " and on every filter before it, which are: "
              + CurrentFilters.names());
    }
    if (response.isCommitted()) {
      throw new IllegalStateException("The response is committed: open the event stream earlier");
    }
    TomcatTlsBug.warnOnce(request);
    ConnectionOptions all =
        options.lastEventId() == null ? options.withLastEventId(lastEventId(request)) : options;
    try {
      return hub.connect(ServletTransport.of(request, response), all);
    } catch (OverCapacityException e) {
      LOG.log(System.Logger.Level.DEBUG, "A client is sent away: {0}", e.getMessage());
      try {
        overCapacity.write(request, response);
      } catch (IOException gone) {
        LOG.log(System.Logger.Level.DEBUG, "The client is gone: {0}", gone.toString());
      }
      return hub.refused(all);
    }
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
