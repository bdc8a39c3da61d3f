package io.github.ssekit.redis;

import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import redis.clients.jedis.Jedis;

/** The base of tests of plain channels: a real Redis, and a bridge with a short silence. */
abstract class PlainBridgeTest extends RedisTest {
  final Hub hub =
      keep(Hub.builder().linger(Duration.ofMillis(100)).maxEventBytes(100_000).create());

  RedisBridge bridge;

  @BeforeEach
  final void start() throws Exception {
    startRedis();
    bridge =
        keep(
            RedisBridge.builder(hub, redis.uri())
                .eventTypes(channel -> channel.startsWith("price:") ? "price" : null)
                .silence(Duration.ofSeconds(3))
                .connect());
  }

  /** Connects the receiver, and waits until Redis knows that the channel has a subscriber. */
  final Connection listen(String channel) {
    Connection connection = hub.connect(receiver, List.of(channel), null);
    awaitSubscribers(channel, 1);
    return connection;
  }

  final void awaitSubscribers(String channel, long count) {
    soon().until(() -> subscribers(channel) == count);
  }

  final long subscribers(String channel) {
    try (Jedis jedis = new Jedis("127.0.0.1", redis.port())) {
      return jedis.pubsubNumSub(channel).get(channel);
    }
  }
}
