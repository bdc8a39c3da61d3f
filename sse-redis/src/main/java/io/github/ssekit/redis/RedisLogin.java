package io.github.ssekit.redis;

import org.jspecify.annotations.Nullable;

/**
 * Who a node is to Redis.
 *
 * @param user null for the default user
 */
public record RedisLogin(@Nullable String user, String password) {
  /** Without the password. */
  @Override
  public String toString() {
    return "RedisLogin[user=" + user + "]";
  }
}
