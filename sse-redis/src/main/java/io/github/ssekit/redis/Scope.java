package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The names in Redis of what belongs together: all channels with history of an application, their
 * keys, and one order of ids. All names have one hash tag, so that a script may touch them in a
 * cluster.
 *
 * <pre>
 * {sse}:scope            hash: the clock, and what is known of each channel
 * {sse}:stream:room:42   stream: the history of the channel room:42
 * {sse}:channel:room:42  Redis channel: the events of room:42 as they come
 * {sse}:control          Redis channel: probes and notices, for all nodes
 * {sse}:token:…          string: the id of an event that was published with a token
 * </pre>
 *
 * A channel without history has its own name as its Redis channel.
 */
final class Scope {
  private static final String PREFIX = "{sse}:";
  private static final String CHANNEL = PREFIX + "channel:";

  static final String CONTROL = PREFIX + "control";

  private final Predicate<? super String> withHistory;

  Scope(Predicate<? super String> withHistory) {
    this.withHistory = withHistory;
  }

  boolean hasHistory(String channel) {
    return withHistory.test(channel);
  }

  /** Whether a channel without history would be another thing's in Redis. */
  static boolean isReserved(String channel) {
    return channel.startsWith(PREFIX);
  }

  byte[] redisChannel(String channel) {
    return (hasHistory(channel) ? CHANNEL + channel : channel).getBytes(UTF_8);
  }

  /** The channel with history that a Redis channel carries, or null. */
  static @Nullable String withHistory(String redisChannel) {
    return redisChannel.startsWith(CHANNEL) ? redisChannel.substring(CHANNEL.length()) : null;
  }

  static byte[] control() {
    return CONTROL.getBytes(UTF_8);
  }

  static byte[] hash() {
    return (PREFIX + "scope").getBytes(UTF_8);
  }

  static byte[] stream(String channel) {
    return (PREFIX + "stream:" + channel).getBytes(UTF_8);
  }

  static byte[] token(String token) {
    return (PREFIX + "token:" + token).getBytes(UTF_8);
  }
}
