package io.github.ssekit.servlet;

import io.github.ssekit.core.ConnectionOptions;
import io.github.ssekit.core.Hub;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A servlet that answers each GET with an event stream, or with a refusal. Register it with {@code
 * async-supported} set.
 */
public final class EventStreamServlet extends HttpServlet {
  private static final long serialVersionUID = 1;

  private final transient Hub hub;
  private final transient Function<? super HttpServletRequest, Admission> selector;
  private final transient Function<? super HttpServletRequest, @Nullable String> owner;
  private final transient OverCapacityAnswer overCapacity;
  private final transient @Nullable Origins origins;

  EventStreamServlet(EventStreamServletBuilder settings, @Nullable Origins origins) {
    this.hub = settings.hub;
    this.selector = settings.selector;
    this.owner = settings.owner;
    this.overCapacity = settings.overCapacity;
    this.origins = origins;
  }

  /**
   * A servlet whose streams carry the channels that a function finds for each request.
   *
   * @param channels called on the request's thread. A name that is not legal is answered with 400.
   */
  public static EventStreamServlet of(
      Hub hub, Function<? super HttpServletRequest, ? extends Collection<String>> channels) {
    return builder(hub, request -> Admission.to(channels.apply(request))).create();
  }

  /**
   * The settings of a servlet to be.
   *
   * @param selector says for each request what its stream carries, or that there is none; called on
   *     the request's thread, for HEAD too. {@link IllegalArgumentException} is answered with 400
   *     and its message.
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
    } catch (IllegalArgumentException e) {
      refuse(response, HttpServletResponse.SC_BAD_REQUEST);
      response.setContentType("text/plain;charset=utf-8");
      response
          .getOutputStream()
          .write(String.valueOf(e.getMessage()).getBytes(StandardCharsets.UTF_8));
    }
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response) {
    try {
      if (admitted(request, response) != null) {
        EventStreams.writeHead(response);
      }
    } catch (IllegalArgumentException e) {
      refuse(response, HttpServletResponse.SC_BAD_REQUEST);
    }
  }

  @Override
  protected void doOptions(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    if (origins == null || !Origins.isPreflight(request)) {
      super.doOptions(request, response);
    } else if (origins.allow(request, response)) {
      Origins.answerPreflight(response);
    } else {
      refuse(response, HttpServletResponse.SC_FORBIDDEN);
    }
  }

  /** What the stream is to carry, or null if the client has been refused. */
  private @Nullable ConnectionOptions admitted(
      HttpServletRequest request, HttpServletResponse response) {
    if (origins != null && !origins.allow(request, response)) {
      refuse(response, HttpServletResponse.SC_FORBIDDEN);
      return null;
    }
    Admission admission = selector.apply(request);
    ConnectionOptions options = admission.options;
    if (options == null) {
      refuse(response, admission.status);
      return null;
    }
    return options.owner() == null ? options.withOwner(owner.apply(request)) : options;
  }

  /** A status for this client, now. */
  static void refuse(HttpServletResponse response, int status) {
    response.setStatus(status);
    // A cache may keep a 204 or a 404 that doesn't say so.
    response.setHeader("Cache-Control", "no-store");
  }
}
