package io.github.ssekit.chat;

import static java.lang.System.Logger.Level.WARNING;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.redis.RedisBridge;
import java.util.regex.Pattern;

/**
 * The Redis channel between the lobby and other programs, in any language:
 *
 * <pre>
 * redis-cli SUBSCRIBE chat    the lobby's messages: {"user":"ann","message":"hello","id":"1764000000000-7"}
 * redis-cli PUBLISH chat '{"user":"ops","message":"hello"}'    shown in the lobby, but not kept
 * </pre>
 *
 * Pages get the lobby's messages from its own channel, which has history. So the bridge ignores
 * messages here that end with an id, as ours do.
 */
final class Outside {
  static final String CHANNEL = "chat";

  private static final System.Logger LOG = System.getLogger(Outside.class.getName());
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int ID_MAX_LENGTH = 40;
  private static final Pattern ID = Pattern.compile(",\"id\":\"\\d{1,15}-\\d{1,7}\"}$");

  private Outside() {}

  /** Publishes a message of the lobby to other programs. A failure is only logged. */
  static void publish(RedisBridge redis, Message message, Position id) {
    String json =
        JSON.createObjectNode()
            .put("user", message.user())
            .put("message", message.message())
            .put("id", id.toString())
            .toString();
    try {
      redis.publish(CHANNEL, SseEvent.of(json));
    } catch (PublishException e) {
      LOG.log(WARNING, "Message {0} may not reach other programs: {1}", id, e.getMessage());
    }
  }

  /** Whether {@link #publish} has published the message. */
  static boolean isOurs(String channel, String data) {
    return channel.equals(CHANNEL)
        && ID.matcher(data.substring(Math.max(0, data.length() - ID_MAX_LENGTH))).find();
  }
}
