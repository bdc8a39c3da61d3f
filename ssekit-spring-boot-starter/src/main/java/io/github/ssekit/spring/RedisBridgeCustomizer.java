package io.github.ssekit.spring;

import io.github.ssekit.redis.RedisBridgeBuilder;

/**
 * Changes the settings of the auto-configured bridge. All beans of this type are called, in order.
 */
@FunctionalInterface
public interface RedisBridgeCustomizer {
  /** Changes the settings, which have the values of the properties. */
  void customize(RedisBridgeBuilder builder);
}
