package io.github.ssekit.servlet;

import static java.lang.System.Logger.Level.DEBUG;

import io.github.ssekit.hub.CloseReason;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.OverCapacityException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collection;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Answers requests with event streams. */
public final class EventStreams {
  private static final System.Logger LOG = System.getLogger(EventStreams.class.getName());

  /** The request's attribute that says that it was answered here. */
  private static final String OPENED = EventStreams.class.getName();

  private EventStreams() {}

  /**
   * Answers a request with the event stream of some channels, and returns at once: the response
   * stays open, without a thread, until the connection closes. The caller must not touch request
   * and response afterwards.
   *
   * <p>The response is 200, {@code text/event-stream;charset=utf-8}, not to be cached, transformed
   * or buffered on its way. Head and the hub's reconnection time are sent before this returns: what
   * is done to the response afterwards, by a framework or a filter, finds it committed. The servlet
   * and all filters before it must be declared {@code async-supported}.
   *
   * <p>A HEAD is answered with the head of an event stream alone, and the connection that is
   * returned is closed already, with {@link io.github.ssekit.hub.CloseReason#HEAD}: whatever is
   * done with it does nothing. So is that of a client that has left before the head was sent.
   *
   * <p>If the hub has no room, the client is told when to come back, as {@link
   * OverCapacityAnswer#DEFAULT} says, and the connection that is returned is closed already, with
   * {@link io.github.ssekit.hub.CloseReason#OVER_CAPACITY}: whatever is done with it does nothing.
   *
   * <p>The last event ID is the request's: that of its header {@code Last-Event-ID}, else of its
   * query's {@code lastEventId} or {@code last_event_id}.
   *
   * @param channel one that the client listens to from the start; check before that it may
   * @param more further ones
   * @throws IllegalArgumentException if a channel's name is not legal, see {@link
   *     io.github.ssekit.hub.EventPublisher}, if they are more than one connection may have, or if
   *     the policy of one with history is to {@linkplain
   *     io.github.ssekit.hub.OverrunPolicy#conflate conflate}; nothing is written then
   * @throws IllegalStateException if the request does not support async or is in async mode already
   *     (this was called for it before, say), if the response is committed or its writer in use, if
   *     a filter compresses it or keeps what is written, or if the hub is closed: nothing is sent
   *     then; or if a filter's output has no write listener
   */
  public static Connection open(
      Hub hub,
      HttpServletRequest request,
      HttpServletResponse response,
      String channel,
      String... more) {
    return open(hub, request, response, Admission.list(channel, more));
  }

  /** As {@link #open(Hub, HttpServletRequest, HttpServletResponse, String, String...)}. */
  public static Connection open(
      Hub hub,
      HttpServletRequest request,
      HttpServletResponse response,
      Collection<String> channels) {
    return open(hub, request, response, ConnectionOptions.of(channels));
  }

  /**
   * As {@link #open(Hub, HttpServletRequest, HttpServletResponse, String, String...)}.
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
   * As {@link #open(Hub, HttpServletRequest, HttpServletResponse, String, String...)}.
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
    Objects.requireNonNull(hub, "hub");
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(response, "response");
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(overCapacity, "overCapacity");
    ConnectionOptions all =
        options.lastEventId() == null ? options.withLastEventId(lastEventId(request)) : options;
    check(request, response);
    TomcatTlsBug.warnOnce(request);
    request.setAttribute(OPENED, true);
    try {
      if ("HEAD".equals(request.getMethod())) {
        Head.eventStream(response);
        flush(response);
        return Connection.unopened(hub, all, CloseReason.HEAD);
      }
      return connect(hub, request, response, all, overCapacity);
    } catch (RuntimeException e) {
      request.removeAttribute(OPENED);
      throw e;
    }
  }

  private static Connection connect(
      Hub hub,
      HttpServletRequest request,
      HttpServletResponse response,
      ConnectionOptions options,
      OverCapacityAnswer overCapacity) {
    try {
      return hub.connect(ServletTransport.of(request, response), options);
    } catch (OverCapacityException e) {
      LOG.log(DEBUG, "A client is sent away: {0}", e.getMessage());
      try {
        overCapacity.write(request, response, e);
      } catch (IOException gone) {
        LOG.log(DEBUG, "The client is gone: {0}", gone.toString());
      }
      flush(response);
      return Connection.unopened(hub, options, CloseReason.OVER_CAPACITY);
    }
  }

  /** Sends the head, so that nobody changes it any more. */
  private static void flush(HttpServletResponse response) {
    try {
      response.flushBuffer();
    } catch (IOException gone) {
      LOG.log(DEBUG, "The client is gone: {0}", gone.toString());
    }
  }

  private static void check(HttpServletRequest request, HttpServletResponse response) {
    if (!request.isAsyncSupported()) {
      throw new IllegalStateException(
          "An event stream needs async support: set async-supported to true on the servlet "
              + request.getHttpServletMapping().getServletName()
              + " and on every filter before it, which are: "
              + CurrentFilters.names());
    }
    if (request.getAttribute(OPENED) != null) {
      throw new IllegalStateException(
          "The request has its event stream already: call EventStreams.open once for each request");
    }
    if (request.isAsyncStarted()) {
      throw new IllegalStateException(
          "The request is in async mode already: call EventStreams.open in place of startAsync()");
    }
    if (response.isCommitted()) {
      throw new IllegalStateException("The response is committed: open the event stream earlier");
    }
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
