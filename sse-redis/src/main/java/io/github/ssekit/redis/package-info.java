/**
 * The bridge between Redis pub/sub and a hub: {@link io.github.ssekit.redis.RedisBridge}. No type
 * of the Redis client is part of the API.
 */
@NullMarked
package io.github.ssekit.redis;

import org.jspecify.annotations.NullMarked;
