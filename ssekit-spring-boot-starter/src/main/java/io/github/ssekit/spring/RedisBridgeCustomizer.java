package io.github.ssekit.spring;

import io.github.ssekit.redis.RedisBridgeBuilder;

/**
 * Changes the settings of the auto-configured bridge. All beans of this type are called, in order.
 *
 * <pre>{@code
 * @Bean
 * RedisBridgeCustomizer newcomers() {
 *   return bridge ->
 *       bridge.newcomers(channel -> channel.startsWith("feed:") ? Start.last(20) : Start.NOW);
 * }
 * }</pre>
 */
@FunctionalInterface
public interface RedisBridgeCustomizer {
  /** Changes the settings, which have the values of the properties. */
  void customize(RedisBridgeBuilder builder);
}
