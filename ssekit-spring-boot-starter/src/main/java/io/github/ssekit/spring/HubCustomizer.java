package io.github.ssekit.spring;

import io.github.ssekit.hub.HubBuilder;

/**
 * Changes the settings of the auto-configured hub. All beans of this type are called, in order.
 *
 * <pre>{@code
 * @Bean
 * HubCustomizer policies() {
 *   return hub -> hub.overrunPolicies(channel -> OverrunPolicy.close());
 * }
 * }</pre>
 */
@FunctionalInterface
public interface HubCustomizer {
  /** Changes the settings, which have the values of the properties. */
  void customize(HubBuilder builder);
}
