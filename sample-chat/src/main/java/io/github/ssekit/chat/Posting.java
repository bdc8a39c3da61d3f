package io.github.ssekit.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.redis.RedisBridge;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URLDecoder;
import java.net.UnknownHostException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Handles a POST to a room: checks it, limits its rate, publishes it. */
final class Posting {
  private static final int MAX_BODY_BYTES = 16 << 10;
  private static final Duration BODY_TIME = Duration.ofSeconds(10);

  /** The number of names at one address, a household or a proxy, that may post at the full rate. */
  private static final int NAMES_PER_ADDRESS = 10;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final RedisBridge redis;
  private final int perMinute = Integer.getInteger("chat.rate", 60);
  private final boolean proxied = Boolean.getBoolean("chat.proxied");
  private final RateLimit limit = new RateLimit(System::nanoTime);

  Posting(RedisBridge redis) {
    this.redis = redis;
  }

  /**
   * Handles one request.
   *
   * @param typing true if the request only reports that the person is typing
   */
  void post(Room room, boolean typing, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    byte[] body = body(request.getInputStream(), BODY_TIME);
    if (body == null) {
      ChatServlet.answer(response, 408, "the body took over " + BODY_TIME.toSeconds() + " s");
      return;
    }
    if (body.length > MAX_BODY_BYTES) {
      ChatServlet.answer(response, 413, "the body is over " + MAX_BODY_BYTES + " bytes");
      return;
    }
    JsonNode fields = fields(request.getContentType(), new String(body, UTF_8));
    if (fields == null) {
      String types = "application/json or application/x-www-form-urlencoded";
      ChatServlet.answer(response, 415, "send " + types);
      return;
    }
    String user = Message.user(fields.path("user").textValue());
    if (typing) {
      if (mayPost("types", user, request, response)) {
        SseEvent event =
            SseEvent.of("typing", JSON.createObjectNode().put("user", user).toString());
        // The result doesn't matter.
        Future<?> unused = redis.publishAsync(room.typing(), event);
        response.setStatus(HttpServletResponse.SC_NO_CONTENT);
      }
      return;
    }
    String text = fields.path("message").textValue();
    Message message = Message.of(user, text, fields.path("token").textValue());
    if (mayPost("says", user, request, response)) {
      publish(room, message, response);
    }
  }

  /**
   * Reads at most one byte more than a body may have. Null if the body takes too long, since it
   * holds a thread.
   */
  static byte @Nullable [] body(InputStream in, Duration most) throws IOException {
    byte[] bytes = new byte[MAX_BODY_BYTES + 1];
    long begun = System.nanoTime();
    int length = 0;
    for (int count = 0; count >= 0 && length < bytes.length; length += Math.max(0, count)) {
      if (System.nanoTime() - begun > most.toNanos()) {
        return null;
      }
      count = in.read(bytes, length, bytes.length - length);
    }
    return Arrays.copyOf(bytes, length);
  }

  private boolean mayPost(
      String action, String user, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String key = action + " " + network(address(request));
    long nanos =
        limit.take(
            new RateLimit.Share(key + " " + user, perMinute),
            new RateLimit.Share(key, perMinute * NAMES_PER_ADDRESS));
    if (nanos > 0) {
      long seconds = nanos / 1_000_000_000 + 1;
      response.setHeader("Retry-After", "" + seconds);
      String words = "not sent: %d messages a minute are allowed; try again in %d s";
      ChatServlet.answer(response, 429, words.formatted(perMinute, seconds));
    }
    return nanos <= 0;
  }

  /**
   * The client's address. A proxy of ours appends the address to this header, or adds another
   * header after the others.
   */
  private String address(HttpServletRequest request) {
    String last = request.getRemoteAddr();
    if (proxied) {
      for (String each : Collections.list(request.getHeaders("X-Forwarded-For"))) {
        last = each.substring(each.lastIndexOf(',') + 1).strip();
      }
    }
    return last;
  }

  /** The network of an IPv6 address, its first half: a client has all addresses of a network. */
  static String network(String address) {
    if (address.indexOf(':') >= 0 && address.matches("\\[?[0-9a-fA-F:][0-9a-fA-F:.]*]?")) {
      try {
        byte[] bytes = InetAddress.getByName(address).getAddress();
        return bytes.length == 16 ? HexFormat.of().formatHex(bytes, 0, 8) : address;
      } catch (UnknownHostException e) {
        // Not an address: the proxy's whole text counts.
      }
    }
    return address;
  }

  private void publish(Room room, Message message, HttpServletResponse response)
      throws IOException {
    SseEvent event = SseEvent.of(JSON.writeValueAsString(message));
    try {
      Position position =
          message.token() == null
              ? redis.publish(room.channel(), event)
              : redis.publish(room.channel(), event, once(room, event));
      if (room.equals(Room.LOBBY)) {
        Outside.publish(redis, message, Objects.requireNonNull(position));
      }
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    } catch (PublishException e) {
      ChatServlet.answer(response, 503, unpublished(e, message.token() != null));
    }
  }

  /** A token for the whole message: all its readers know the message's own token. */
  private static String once(Room room, SseEvent event) {
    String whole = room.channel() + " " + event.data();
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(whole.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has SHA-256
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

  /** The fields of a JSON or form body, or null if the type is neither. */
  private static @Nullable JsonNode fields(@Nullable String contentType, String body) {
    String type = String.valueOf(contentType).split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (type.equals("application/json")) {
      try {
        return JSON.readTree(body);
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException("the body is not JSON: {\"user\":…,\"message\":…}", e);
      }
    }
    if (!type.equals("application/x-www-form-urlencoded")) {
      return null;
    }
    // Not getParameter: the container's parser has its own limits and errors.
    ObjectNode fields = JSON.createObjectNode();
    for (String pair : body.split("&", -1)) {
      String[] parts = pair.split("=", 2);
      if (parts.length == 2) {
        fields.put(URLDecoder.decode(parts[0], UTF_8), URLDecoder.decode(parts[1], UTF_8));
      }
    }
    return fields;
  }
}
