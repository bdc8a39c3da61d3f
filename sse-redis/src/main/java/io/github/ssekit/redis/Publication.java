package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A command that publishes. Immutable, so that it can be sent once more.
 *
 * @param <T> the result in its reply
 */
interface Publication<T extends @Nullable Object> {
  /** The memory that an object needs besides the bytes it holds, roughly. */
  int OVERHEAD = 400;

  /** How much memory it takes, roughly. */
  int bytes();

  /**
   * Sends it and waits for the reply.
   *
   * @return the reply
   */
  Object call(RedisConnection connection);

  /** Whether it can be appended: whether Redis has its script, as far as the connection knows. */
  default boolean isAppendable(RedisConnection connection) {
    return true;
  }

  /** Puts it behind the commands that the connection will send. */
  void append(RedisConnection connection);

  /**
   * Takes the reply.
   *
   * @param run the run of the server that gave it
   */
  T confirm(String run, Object reply);

  /** The event of a channel without history, which has no position. */
  final class Plain implements Publication<@Nullable Position> {
    private static final String COMMAND = "PUBLISH";

    private final byte[] channel;
    private final byte[] data;

    Plain(byte[] channel, byte[] data) {
      this.channel = channel;
      this.data = data;
    }

    @Override
    public int bytes() {
      return OVERHEAD + channel.length + data.length;
    }

    @Override
    public Object call(RedisConnection connection) {
      return connection.call(COMMAND, channel, data);
    }

    @Override
    public void append(RedisConnection connection) {
      connection.append(COMMAND, List.of(channel, data));
    }

    @Override
    @SuppressWarnings("NullAway") // T is nullable here: NullAway doesn't look into type arguments.
    public @Nullable Position confirm(String run, Object reply) {
      return null;
    }
  }
}
