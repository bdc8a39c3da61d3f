package io.github.ssekit.servlet;

import static java.lang.System.Logger.Level.ERROR;

import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.IllegalChannelException;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A servlet that answers each GET, and each POST if it is told to, with an event stream or a
 * refusal. Register it with {@code async-supported} set to true.
 *
 * <pre>{@code
 * ServletHolder events = new ServletHolder(EventStreamServlet.of(hub, request -> List.of("news")));
 * events.setAsyncSupported(true);
 * context.addServlet(events, "/events");
 * }</pre>
 */
public final class EventStreamServlet extends HttpServlet {
  private static final long serialVersionUID = 1;

  /** The packages in which containers read requests. */
  private static final List<String> CONTAINERS =
      List.of("org.eclipse.jetty.http.", "org.apache.tomcat.util.http.", "io.undertow.util.");

  private static final System.Logger LOG = System.getLogger(EventStreamServlet.class.getName());

  private final transient Hub hub;
  private final transient Function<? super HttpServletRequest, Admission> selector;
  private final transient Function<? super HttpServletRequest, @Nullable String> owner;
  private final transient OverCapacityAnswer overCapacity;
  private final transient @Nullable Origins origins;
  private final boolean acceptsPost;

  EventStreamServlet(EventStreamServletBuilder settings, @Nullable Origins origins) {
    this.hub = settings.hub;
    this.selector = settings.selector;
    this.owner = settings.owner;
    this.overCapacity = settings.overCapacity;
    this.origins = origins;
    this.acceptsPost = settings.acceptsPost;
  }

  /**
   * A servlet that lets every client in.
   *
   * @param channels returns the names of the channels for each request; called like the selector of
   *     {@link #builder}. Must not return null.
   */
  public static EventStreamServlet of(
      Hub hub, Function<? super HttpServletRequest, ? extends Collection<String>> channels) {
    Objects.requireNonNull(channels, "channels");
    return builder(
            hub,
            request ->
                Admission.to(
                    Objects.requireNonNull(
                        channels.apply(request),
                        () ->
                            channels.getClass().getName()
                                + " returned null: return the channels' names, or use"
                                + " EventStreamServlet.builder to refuse the client")))
        .create();
  }

  /**
   * A builder of a servlet.
   *
   * @param selector admits or refuses each request; called on the request's thread, for HEAD too,
   *     by many threads at a time. Must not return null. If it names an illegal channel, or too
   *     many, the client gets status 400 and the message of {@link IllegalChannelException}. Any
   *     other exception or error, including an exception of a function that the hub was given, is
   *     logged at ERROR, and the client gets status 500 without the message. If the container can't
   *     read the request's parameters, the container answers instead.
   */
  public static EventStreamServletBuilder builder(
      Hub hub, Function<? super HttpServletRequest, Admission> selector) {
    return new EventStreamServletBuilder(hub, selector);
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    try {
      ConnectionOptions options = admitted(request, response);
      if (options != null) {
        EventStreams.open(hub, request, response, options, overCapacity);
      }
    } catch (IllegalChannelException e) {
      Head.refusal(response, HttpServletResponse.SC_BAD_REQUEST);
      response.setContentType("text/plain;charset=utf-8");
      response
          .getOutputStream()
          .write(String.valueOf(e.getMessage()).getBytes(StandardCharsets.UTF_8));
    } catch (Throwable e) {
      // Throwable: Kotlin throws checked exceptions undeclared. Once the response has begun, the
      // container has to end it.
      if (isOfContainer(e) || response.isCommitted() || request.isAsyncStarted()) {
        throw e;
      }
      // Caught here, since a container's error page may show the message to the client.
      LOG.log(ERROR, "An event stream could not be opened", e);
      Head.refusal(response, HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
    }
  }

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    if (acceptsPost) {
      doGet(request, response);
    } else {
      super.doPost(request, response);
    }
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    // Containers drop the body.
    doGet(request, response);
  }

  @Override
  protected void doOptions(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    if (origins == null || !Origins.isPreflight(request)) {
      // HttpServlet would list every method that is overridden, POST included.
      response.setHeader("Allow", acceptsPost ? "GET, HEAD, POST, OPTIONS" : "GET, HEAD, OPTIONS");
    } else if (origins.allow(request, response)) {
      origins.answerPreflight(response);
    } else {
      Head.refusal(response, HttpServletResponse.SC_FORBIDDEN);
    }
  }

  /** The options of the client's connection, or null if the client has been refused. */
  private @Nullable ConnectionOptions admitted(
      HttpServletRequest request, HttpServletResponse response) {
    if (origins != null && !origins.allow(request, response)) {
      Head.refusal(response, HttpServletResponse.SC_FORBIDDEN);
      return null;
    }
    Admission admission =
        Objects.requireNonNull(selector.apply(request), this::selectorReturnedNull);
    ConnectionOptions options = admission.options;
    if (options == null) {
      Head.refusal(response, admission.status);
      return null;
    }
    return options.owner() == null ? options.withOwner(owner.apply(request)) : options;
  }

  /** Whether the container can't read the request's parameters: the container then answers. */
  private static boolean isOfContainer(Throwable e) {
    String thrown = e.getClass().getName();
    return CONTAINERS.stream().anyMatch(thrown::startsWith);
  }

  private String selectorReturnedNull() {
    return "selector "
        + selector.getClass().getName()
        + " returned null: return Admission.to(channels) or Admission.refuse(status)";
  }
}
