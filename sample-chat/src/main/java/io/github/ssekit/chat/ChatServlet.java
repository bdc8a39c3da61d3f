package io.github.ssekit.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.ssekit.core.PublishException;
import io.github.ssekit.core.SseEvent;
import io.github.ssekit.redis.RedisBridge;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The chat's page with its files, and the POST by which a message is published. */
final class ChatServlet extends HttpServlet {
  private static final long serialVersionUID = 1;
  private static final int MAX_BODY_BYTES = 16 << 10;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, String> FILE_TYPES =
      Map.of(
          "chat.html", "text/html;charset=utf-8",
          "chat.css", "text/css;charset=utf-8",
          "chat.js", "text/javascript;charset=utf-8",
          "event-source-keeper.js", "text/javascript;charset=utf-8");
  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
          + "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

  private final transient RedisBridge redis;

  ChatServlet(RedisBridge redis) {
    this.redis = redis;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String path = request.getPathInfo();
    String file = path == null ? "chat.html" : path.substring(1);
    String type = FILE_TYPES.get(file);
    if (type == null) {
      answer(response, 404, "There is no such page; the chat is at /chats");
      return;
    }
    response.setContentType(type);
    response.setHeader("Cache-Control", "no-cache");
    response.setHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY);
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Referrer-Policy", "no-referrer");
    try (InputStream in = ChatServlet.class.getResourceAsStream("page/" + file)) {
      if (in == null) {
        throw new IOException("page/" + file + " is missing from the class path");
      }
      in.transferTo(response.getOutputStream());
    }
  }

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (request.getPathInfo() != null) {
      answer(response, 404, "Messages are posted to /chats");
      return;
    }
    byte[] body = request.getInputStream().readNBytes(MAX_BODY_BYTES + 1);
    if (body.length > MAX_BODY_BYTES) {
      answer(response, 413, "the body is over " + MAX_BODY_BYTES + " bytes");
      return;
    }
    Message message = null;
    try {
      message = parse(mediaType(request), new String(body, UTF_8));
      if (message == null) {
        answer(response, 415, "send application/json or application/x-www-form-urlencoded");
        return;
      }
      publish(message);
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    } catch (IllegalArgumentException e) {
      answer(response, 400, String.valueOf(e.getMessage()));
    } catch (PublishException e) {
      answer(response, 503, unpublished(e, message != null && message.token() != null));
    }
  }

  private void publish(Message message) throws JsonProcessingException {
    SseEvent event = SseEvent.of(JSON.writeValueAsString(message));
    if (message.token() == null) {
      redis.publish(ChatServer.LOBBY, event);
    } else {
      redis.publish(ChatServer.LOBBY, event, message.token());
    }
  }

  private static String unpublished(PublishException e, boolean hasToken) {
    if (!e.mayBeStored()) {
      return "the message could not be sent on; try again";
    }
    return hasToken
        ? "it is not known whether the message was sent; send it again, it can't appear twice"
        : "it is not known whether the message was sent; sent again, it may appear twice";
  }

  private static String mediaType(HttpServletRequest request) {
    String type = request.getContentType();
    return type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  /** Null if the type is not one of the two. */
  private static @Nullable Message parse(String mediaType, String body) {
    return switch (mediaType) {
      case "application/json" -> parseJson(body);
      case "application/x-www-form-urlencoded" ->
          Message.of(formField(body, "user"), formField(body, "message"), formField(body, "token"));
      default -> null;
    };
  }

  private static Message parseJson(String body) {
    try {
      JsonNode json = JSON.readTree(body);
      return Message.of(
          json.path("user").textValue(),
          json.path("message").textValue(),
          json.path("token").textValue());
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("the body is not JSON: {\"user\":…,\"message\":…}", e);
    }
  }

  /** The container's own parsing has limits of its own, and errors of its own. */
  private static @Nullable String formField(String body, String name) {
    for (String pair : body.split("&", -1)) {
      String[] parts = pair.split("=", 2);
      if (parts.length == 2 && URLDecoder.decode(parts[0], UTF_8).equals(name)) {
        return URLDecoder.decode(parts[1], UTF_8);
      }
    }
    return null;
  }

  static void answer(HttpServletResponse response, int status, String text) throws IOException {
    response.setStatus(status);
    response.setContentType("text/plain;charset=utf-8");
    response.getOutputStream().write(text.getBytes(UTF_8));
  }
}
