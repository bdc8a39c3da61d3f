package io.github.ssekit.servlet;

import static java.lang.System.Logger.Level.DEBUG;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.hub.CloseReason;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.OverCapacityException;
import io.github.ssekit.hub.UnopenedConnection;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URLDecoder;
import java.util.Collection;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Answers servlet requests with event streams. Thread-safe, for different requests.
 *
 * <pre>{@code
 * Connection connection = EventStreams.open(hub, request, response, "room:42");
 * connection.onClose(reason -> System.out.println("left: " + reason));
 * }</pre>
 */
public final class EventStreams {
  private static final System.Logger LOG = System.getLogger(EventStreams.class.getName());

  /** The attribute of a request that this class has answered. */
  private static final String OPENED = EventStreams.class.getName();

  /** The attribute that tells Spring's filter not to hold back the response. */
  private static final String NO_ETAG =
      "org.springframework.web.filter.ShallowEtagHeaderFilter.STREAMING";

  private EventStreams() {}

  /**
   * Answers a request with the event stream of some channels. Call this on the request's thread. It
   * writes the head, which may block on the client as any write of a servlet does, and then
   * returns: the response stays open, without a thread, until the connection closes. The caller
   * must not use request and response afterwards.
   *
   * <p>The response has status 200 and type {@code text/event-stream;charset=utf-8}, and forbids
   * caches to answer with it, proxies to transform it and nginx to buffer it. The head and the
   * hub's reconnection time are sent before this returns, so that a framework or a filter finds the
   * response committed afterwards. The servlet and all filters before it must be declared {@code
   * async-supported}.
   *
   * <p>The returned connection is closed already, and its methods do nothing, in three cases:
   *
   * <ul>
   *   <li>The request is a HEAD: the response is the head of an event stream. The close reason is
   *       {@link io.github.ssekit.hub.CloseReason#HEAD}.
   *   <li>The hub has no room: the response tells the client when to come back, as {@link
   *       OverCapacityAnswer#DEFAULT} says. The close reason is {@link
   *       io.github.ssekit.hub.CloseReason#OVER_CAPACITY}.
   *   <li>The client left before the head was sent.
   * </ul>
   *
   * <p>The last event ID is taken from the request's header {@code Last-Event-ID}, or else from its
   * query parameter {@code lastEventId} or {@code last_event_id}.
   *
   * @param channel a channel that the client listens to from the start. The caller checks first
   *     whether the client may.
   * @param more further channels
   * @throws IllegalArgumentException if a channel's name is not legal, see {@link
   *     io.github.ssekit.hub.EventPublisher}; if there are more channels than one connection may
   *     have; or if a channel with history has the policy to {@linkplain
   *     io.github.ssekit.hub.OverrunPolicy#conflate conflate}. Nothing is sent then.
   * @throws IllegalStateException if the request does not support async or is in async mode
   *     already, for example by an earlier call of this method; if the response is committed or its
   *     writer is in use; if a filter compresses or holds back the output; or if the hub is closed.
   *     Nothing is sent then. Also thrown, after the head was sent, if a filter's output has no
   *     write listener.
   */
  public static Connection open(
      Hub hub,
      HttpServletRequest request,
      HttpServletResponse response,
      String channel,
      String... more) {
    return open(hub, request, response, Admission.list(channel, more));
  }

  /**
   * Answers a request as {@link #open(Hub, HttpServletRequest, HttpServletResponse, String,
   * String...)} does.
   *
   * @param channels the names of the channels; may be empty, for a connection that subscribes later
   */
  public static Connection open(
      Hub hub,
      HttpServletRequest request,
      HttpServletResponse response,
      Collection<String> channels) {
    return open(hub, request, response, ConnectionOptions.of(channels));
  }

  /**
   * Answers a request as {@link #open(Hub, HttpServletRequest, HttpServletResponse, String,
   * String...)} does.
   *
   * @param options the settings of the connection. If they have no last event ID, {@link
   *     #lastEventId} of the request is used.
   */
  public static Connection open(
      Hub hub,
      HttpServletRequest request,
      HttpServletResponse response,
      ConnectionOptions options) {
    return open(hub, request, response, options, OverCapacityAnswer.DEFAULT);
  }

  /**
   * Answers a request as {@link #open(Hub, HttpServletRequest, HttpServletResponse, String,
   * String...)} does.
   *
   * @param options the settings of the connection. If they have no last event ID, {@link
   *     #lastEventId} of the request is used.
   * @param overCapacity the answer to the client if the hub has no room
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
    ConnectionOptions complete =
        options.lastEventId() == null ? options.withLastEventId(lastEventId(request)) : options;
    requireOpenable(request, response);
    TomcatTlsBug.warnOnce(request);
    request.setAttribute(OPENED, true);
    request.setAttribute(NO_ETAG, true);
    try {
      if ("HEAD".equals(request.getMethod())) {
        Head.eventStream(response);
        flush(response);
        return UnopenedConnection.of(hub, complete, CloseReason.HEAD);
      }
      return connect(hub, request, response, complete, overCapacity);
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
      return hub.connect(TransportFactory.create(request, response), options);
    } catch (OverCapacityException e) {
      LOG.log(DEBUG, "The hub has no room for a client: {0}", e.getMessage());
      try {
        overCapacity.write(request, response, e);
      } catch (IOException gone) {
        LOG.log(DEBUG, "The client has left: {0}", gone.toString());
      }
      flush(response);
      return UnopenedConnection.of(hub, options, CloseReason.OVER_CAPACITY);
    }
  }

  /** Sends the head, so that no filter changes it afterwards. */
  private static void flush(HttpServletResponse response) {
    try {
      response.flushBuffer();
    } catch (IOException gone) {
      LOG.log(DEBUG, "The client has left: {0}", gone.toString());
    }
  }

  private static void requireOpenable(HttpServletRequest request, HttpServletResponse response) {
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

  /**
   * The last event ID of a request, from its header {@code Last-Event-ID}, or else from its query
   * parameter {@code lastEventId} or {@code last_event_id}, which polyfills send, and pages that
   * embed their position. Null if the request has no last event ID.
   */
  public static @Nullable String lastEventId(HttpServletRequest request) {
    String id = request.getHeader("Last-Event-ID");
    String query = request.getQueryString();
    if (id == null && query != null && query.contains("last")) {
      id = parameter(query, "lastEventId");
      return id == null ? parameter(query, "last_event_id") : id;
    }
    return id;
  }

  /**
   * The value of a query parameter. The container's {@code getParameter} would build and keep a
   * map, and read the body of a form.
   */
  private static @Nullable String parameter(String query, String name) {
    for (String each : query.split("&", -1)) {
      if (each.startsWith(name + "=")) {
        String value = each.substring(name.length() + 1);
        try {
          return URLDecoder.decode(value, UTF_8);
        } catch (IllegalArgumentException e) {
          return value; // not a position, either way
        }
      }
    }
    return null;
  }
}
