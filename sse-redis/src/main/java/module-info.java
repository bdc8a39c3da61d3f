/** Bridges Redis pub/sub to the hub of SSE Kit. */
module io.github.ssekit.redis {
  requires static org.jspecify;
  requires transitive io.github.ssekit.core;
  requires redis.clients.jedis;
  requires org.apache.commons.pool2;

  exports io.github.ssekit.redis;
}
