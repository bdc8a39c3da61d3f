package io.github.ssekit.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.redis.Recent;
import io.github.ssekit.redis.RedisBridge;
import io.github.ssekit.redis.RedisUnavailableException;
import io.github.ssekit.servlet.EventStreams;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Serves the rooms over HTTP.
 *
 * <pre>
 * GET  /chats/{room}         the page; its files are /chats/chat.js and so on
 * GET  /chats/{room}/recent  the last {@value #NEW_PAGE} messages: {"position":"1764000000000-7","messages":[{"id":"…-3","data":"…"}]}
 *                            and, if known, "presence"; with ?since=ID the messages from this one on, at most {@value #RELOADED_PAGE}
 * GET  /chats/{room}/events  the event stream; with ?name=NAME that person is in the room while it is open
 * POST /chats/{room}         user, message and, for a message that may be sent again, token
 * POST /chats/{room}/typing  user
 * </pre>
 *
 * /chats, /chats/recent and /chats/new are the page, the recent messages and the event stream of
 * the lobby; / redirects there. X-Chat-Node names the node that answers.
 */
final class ChatServlet extends HttpServlet {
  private static final long serialVersionUID = 1;
  private static final int NEW_PAGE = 50;
  private static final int RELOADED_PAGE = 500; // as many as a page keeps
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, String> FILE_TYPES =
      Map.of(
          "chat.html", "text/html;charset=utf-8",
          "chat.css", "text/css;charset=utf-8",
          "chat.js", "text/javascript;charset=utf-8",
          "conversation.js", "text/javascript;charset=utf-8",
          "event-source-keeper.js", "text/javascript;charset=utf-8");
  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
          + "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

  private final String node;
  private final transient Hub hub;
  private final transient RedisBridge redis;
  private final transient Posting posting;

  ChatServlet(String node, Hub hub, RedisBridge redis) {
    this.node = node;
    this.hub = hub;
    this.redis = redis;
    this.posting = new Posting(redis);
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    response.setHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY);
    response.setHeader("X-Content-Type-Options", "nosniff");
    // With no-referrer, a form would be posted with the origin "null".
    response.setHeader("Referrer-Policy", "same-origin");
    response.setHeader("X-Chat-Node", node);
    try {
      super.service(request, response);
    } catch (IllegalArgumentException e) {
      answer(response, 400, String.valueOf(e.getMessage()));
    } catch (RedisUnavailableException e) {
      answer(response, 503, "the messages can't be read now; try again");
    }
  }

  /** A request's room and the rest of its path, which is empty for the room itself. */
  private record Target(Room room, String action) {
    static Target of(HttpServletRequest request) {
      String path = request.getPathInfo();
      if (path == null) {
        return new Target(Room.LOBBY, "");
      }
      String[] parts = path.substring(1).split("/", 2);
      String action = parts.length == 2 ? parts[1] : "";
      return switch (path) {
        case "/" -> new Target(Room.LOBBY, "/");
        case "/new" -> new Target(Room.LOBBY, "events");
        case "/recent" -> new Target(Room.LOBBY, "recent");
        default -> new Target(new Room(parts[0]), action);
      };
    }
  }

  /** The name of a file of the page, or null if the request asks for something else. */
  private static @Nullable String fileName(HttpServletRequest request) {
    String path = Objects.requireNonNullElse(request.getPathInfo(), "/");
    return FILE_TYPES.containsKey(path.substring(1)) ? path.substring(1) : null;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String file = fileName(request);
    if (file != null) {
      sendFile(file, response);
      return;
    }
    Target target = Target.of(request);
    switch (target.action()) {
      case "" -> sendFile("chat.html", response);
      case "/" -> response.sendRedirect("/chats");
      case "recent" -> sendRecent(target.room(), request.getParameter("since"), response);
      case "events" -> openEventStream(target.room(), request, response);
      default -> answer(response, 404, "There is no such page; the chat is at /chats");
    }
  }

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Target target = Target.of(request);
    switch (target.action()) {
      case "" -> posting.post(target.room(), false, request, response);
      case "typing" -> posting.post(target.room(), true, request, response);
      default -> answer(response, 404, "Messages are posted to /chats/{room}");
    }
  }

  /** For an event stream, HttpServlet would call doGet, whose response never ends. */
  @Override
  protected void doHead(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    if (fileName(request) == null && Target.of(request).action().equals("events")) {
      response.setContentType("text/event-stream;charset=utf-8");
    } else {
      super.doHead(request, response);
    }
  }

  private void openEventStream(
      Room room, HttpServletRequest request, HttpServletResponse response) {
    String name = request.getParameter("name");
    String user = name == null ? null : Message.user(name);
    List<String> channels =
        new ArrayList<>(
            List.of(room.channel(), room.presence(), room.typing(), ChatServer.DRAINING));
    if (room.equals(Room.LOBBY)) {
      channels.add(Outside.CHANNEL);
    }
    Connection connection = EventStreams.open(hub, request, response, channels);
    if (user != null) {
      redis.presence().join(room.presence(), user, connection);
    }
  }

  private void sendRecent(Room room, @Nullable String given, HttpServletResponse response)
      throws IOException {
    Position since = given == null ? null : Position.parse(given);
    Recent recent = redis.recent(room.channel(), since == null ? NEW_PAGE : RELOADED_PAGE);
    ObjectNode json = JSON.createObjectNode().put("position", recent.position().toString());
    ArrayNode messages = json.putArray("messages");
    for (SseEvent event : recent.events()) {
      String id = Objects.requireNonNull(event.id());
      if (since == null || !since.isAfter(Objects.requireNonNull(Position.parse(id)))) {
        messages.addObject().put("id", id).put("data", event.data());
      }
    }
    // Read after the position: the stream has the changes since the position. For a tab that shares
    // another tab's stream.
    for (SseEvent list : redis.recent(room.presence(), 1).events()) {
      json.putRawValue("presence", new RawValue(list.data()));
    }
    response.setContentType("application/json");
    response.setHeader("Cache-Control", "no-store");
    response.getOutputStream().write(JSON.writeValueAsBytes(json));
  }

  private static void sendFile(String name, HttpServletResponse response) throws IOException {
    response.setContentType(FILE_TYPES.get(name));
    response.setHeader("Cache-Control", "no-cache");
    try (InputStream in = ChatServlet.class.getResourceAsStream("page/" + name)) {
      if (in == null) {
        throw new IOException("page/" + name + " is missing from the class path");
      }
      in.transferTo(response.getOutputStream());
    }
  }

  static void answer(HttpServletResponse response, int status, String text) throws IOException {
    response.setStatus(status);
    response.setContentType("text/plain;charset=utf-8");
    response.getOutputStream().write(text.getBytes(UTF_8));
  }
}
