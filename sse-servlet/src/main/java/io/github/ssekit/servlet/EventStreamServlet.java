package io.github.ssekit.servlet;

import io.github.ssekit.core.Hub;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.function.Function;

/**
 * A servlet that answers each GET with an event stream. Register it with {@code async-supported}
 * set.
 */
public final class EventStreamServlet extends HttpServlet {
  private static final long serialVersionUID = 1;

  private final transient Hub hub;
  private final transient Function<? super HttpServletRequest, ? extends Collection<String>>
      channels;

  private EventStreamServlet(
      Hub hub, Function<? super HttpServletRequest, ? extends Collection<String>> channels) {
    this.hub = hub;
    this.channels = channels;
  }

  /**
   * A servlet whose streams carry the channels that a function finds for each request.
   *
   * @param channels called on the request's thread. A name that is not legal is answered with 400.
   */
  public static EventStreamServlet of(
      Hub hub, Function<? super HttpServletRequest, ? extends Collection<String>> channels) {
    return new EventStreamServlet(hub, channels);
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Collection<String> names = channels.apply(request);
    try {
      EventStreams.open(hub, request, response, names);
    } catch (IllegalArgumentException e) {
      response.setStatus(HttpServletResponse.SC_BAD_REQUEST);
      response.setContentType("text/plain;charset=utf-8");
      response
          .getOutputStream()
          .write(String.valueOf(e.getMessage()).getBytes(StandardCharsets.UTF_8));
    }
  }

  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response) {
    EventStreams.writeHead(response);
  }
}
