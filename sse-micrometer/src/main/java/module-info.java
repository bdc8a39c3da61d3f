/** Meters of SSE Kit's hub and bridge for Micrometer. */
module io.github.ssekit.micrometer {
  requires static org.jspecify;
  requires static transitive io.github.ssekit.redis;
  requires transitive io.github.ssekit.core;
  requires transitive micrometer.core;

  exports io.github.ssekit.micrometer;
}
