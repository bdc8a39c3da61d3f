package io.github.ssekit.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.redis.StateChannels;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * The servlet of a node for the lab of state channels.
 *
 * <pre>
 * POST /state?channel=state:1&amp;key=k   publishes the body; an empty one removes the key
 * </pre>
 *
 * The response has the event's id, or {@code none} if there was no such key to remove; the status
 * is 503 if Redis did not confirm.
 */
final class StateServlet extends HttpServlet {
  static final String NONE = "none";

  private static final long serialVersionUID = 1;
  private static final String PREFIX = "state:";

  private final transient StateChannels states;

  StateServlet(StateChannels states) {
    this.states = states;
  }

  static String channel(String name) {
    return PREFIX + name;
  }

  static boolean isState(String channel) {
    return channel.startsWith(PREFIX);
  }

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String channel = request.getParameter("channel");
    String key = request.getParameter("key");
    String data = new String(request.getInputStream().readAllBytes(), UTF_8);
    try {
      Position id =
          data.isEmpty()
              ? states.remove(channel, key)
              : states.publish(channel, key, SseEvent.of(data));
      response.getOutputStream().write((id == null ? NONE : id.toString()).getBytes(UTF_8));
    } catch (PublishException e) {
      response.setStatus(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
    }
  }
}
