package io.github.ssekit.chat;

import static java.lang.System.Logger.Level.WARNING;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.redis.RedisBridge;
import java.util.regex.Pattern;

/**
 * The Redis channel by which the lobby and other programs talk, whatever these are written in:
 *
 * <pre>
 * redis-cli SUBSCRIBE chat    what people say: {"user":"ann","message":"hello","id":"1764000000000-7"}
 * redis-cli PUBLISH chat '{"user":"ops","message":"hello"}'    shown in the lobby, and not kept
 * </pre>
 *
 * The pages have what people say from the lobby's own channel, which keeps it. So what ends with an
 * id, as ours does, is not delivered to them again.
 */
final class Outside {
  static final String CHANNEL = "chat";

  private static final System.Logger LOG = System.getLogger(Outside.class.getName());
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LONGEST_END = 40;
  private static final Pattern END = Pattern.compile(",\"id\":\"\\d{1,15}-\\d{1,7}\"}$");

  private Outside() {}

  /** Tells the other programs what was said. That it is kept does not depend on it. */
  static void tell(RedisBridge redis, Message message, Position id) {
    String json =
        JSON.createObjectNode()
            .put("user", message.user())
            .put("message", message.message())
            .put("id", id.toString())
            .toString();
    try {
      redis.publish(CHANNEL, SseEvent.of(json));
    } catch (PublishException e) {
      LOG.log(WARNING, "Other programs may not hear message {0}: {1}", id, e.getMessage());
    }
  }

  /** Whether a message of any channel is one that {@link #tell} has sent. */
  static boolean isOurs(String channel, String data) {
    return channel.equals(CHANNEL)
        && END.matcher(data.substring(Math.max(0, data.length() - LONGEST_END))).find();
  }
}
