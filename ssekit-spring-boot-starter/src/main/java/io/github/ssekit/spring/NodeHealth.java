package io.github.ssekit.spring;

import io.github.ssekit.hub.Hub;
import io.github.ssekit.redis.RedisBridge;
import io.github.ssekit.redis.RedisHealth;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The health of this node, for Spring Boot 3 and 4: {@code OUT_OF_SERVICE} while the hub is
 * drained, {@code DOWN} if the hub does not work or no events arrive from Redis, otherwise {@code
 * UP}. A Redis that refuses writes only adds a detail: it refuses them to all nodes.
 */
final class NodeHealth {
  private final Hub hub;
  private final @Nullable RedisBridge bridge;

  NodeHealth(Hub hub, @Nullable RedisBridge bridge) {
    this.hub = hub;
    this.bridge = bridge;
  }

  /** A status, by its name, and its details. */
  record State(String status, Map<String, Object> details) {}

  State now() {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("connections", hub.connectionCount());
    boolean up = hub.isHealthy();
    if (bridge != null) {
      RedisHealth redis = bridge.health();
      details.put("subscribed", redis.isSubscribed());
      if (redis.deaf() != null) {
        details.put("deaf", redis.deaf().reason());
      }
      if (redis.refused() != null) {
        details.put("refused", redis.refused().reason());
      }
      up &= redis.deaf() == null && redis.isSubscribed();
    }
    String status = up ? "UP" : "DOWN";
    return new State(hub.isDraining() ? "OUT_OF_SERVICE" : status, details);
  }
}
