package io.github.ssekit.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/**
 * Resources for a native image: the bridge's scripts, and the properties that have Jedis' version.
 */
final class SsekitRuntimeHints implements RuntimeHintsRegistrar {
  @Override
  public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
    hints.resources().registerPattern("io/github/ssekit/redis/*.lua");
    hints.resources().registerPattern("redis/clients/jedis/pom.properties");
  }
}
