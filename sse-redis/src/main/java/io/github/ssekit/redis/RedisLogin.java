package io.github.ssekit.redis;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The user and password with which a node logs in to Redis. See {@link RedisBridgeBuilder#login}.
 *
 * @param user null for the default user
 */
public record RedisLogin(@Nullable String user, String password) {
  /** Checks that there is a password. */
  public RedisLogin {
    Objects.requireNonNull(password, "password");
  }

  /** Without the password. */
  @Override
  public String toString() {
    return "RedisLogin[user=" + user + "]";
  }
}
