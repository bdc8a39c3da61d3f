package io.github.ssekit.chat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.ssekit.core.Position;
import io.github.ssekit.core.SseEvent;
import io.github.ssekit.redis.Recent;
import io.github.ssekit.redis.RedisBridge;
import io.github.ssekit.redis.RedisUnavailableException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a page begins with: the newest messages, and the position from which on its stream brings
 * the others.
 *
 * <pre>
 * GET /chats/recent           the last {@value #NEWCOMER} messages
 * GET /chats/recent?since=ID  a page that was here before: from this message on, {@value #RETURNING} at most
 *
 * {"position":"1764000000000-7","messages":[{"id":"1764000000000-3","data":"…"}]}
 * </pre>
 */
final class RecentServlet extends HttpServlet {
  private static final long serialVersionUID = 1;
  private static final int NEWCOMER = 50;
  private static final int RETURNING = 500; // as many as a page keeps
  private static final ObjectMapper JSON = new ObjectMapper();

  private final transient RedisBridge redis;

  RecentServlet(RedisBridge redis) {
    this.redis = redis;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String given = request.getParameter("since");
    Position since = given == null ? null : Position.parse(given);
    try {
      Recent recent = redis.recent(ChatServer.LOBBY, since == null ? NEWCOMER : RETURNING);
      response.setContentType("application/json");
      response.setHeader("Cache-Control", "no-store");
      response.setHeader("X-Content-Type-Options", "nosniff");
      response.getOutputStream().write(JSON.writeValueAsBytes(json(recent, since)));
    } catch (RedisUnavailableException e) {
      ChatServlet.answer(response, 503, "the messages can't be read now; try again");
    }
  }

  private static ObjectNode json(Recent recent, @Nullable Position since) {
    ObjectNode json = JSON.createObjectNode().put("position", recent.position().toString());
    ArrayNode messages = json.putArray("messages");
    for (SseEvent event : recent.events()) {
      String id = Objects.requireNonNull(event.id());
      if (since == null || !since.isAfter(Objects.requireNonNull(Position.parse(id)))) {
        messages.addObject().put("id", id).put("data", event.data());
      }
    }
    return json;
  }
}
