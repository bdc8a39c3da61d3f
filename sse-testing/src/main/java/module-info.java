/** Helpers for tests of applications: a recording publisher, a client, a Redis. */
module io.github.ssekit.testing {
  requires static org.jspecify;
  requires static transitive org.junit.jupiter.api;
  requires static embedded.redis;
  requires transitive io.github.ssekit.client;
  requires transitive io.github.ssekit.core;

  exports io.github.ssekit.testing;
}
