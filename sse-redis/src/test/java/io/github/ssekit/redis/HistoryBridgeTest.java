package io.github.ssekit.redis;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;

/**
 * The base of tests of channels with history: nodes, and a Redis that keeps all confirmed events.
 */
abstract class HistoryBridgeTest extends RedisTest {
  static final Duration SILENCE = Duration.ofMillis(2_400);

  Hub hub;

  RedisBridge bridge;

  @BeforeEach
  final void start() throws Exception {
    startRedis("--appendonly", "yes", "--appendfsync", "always");
    hub = hub();
    bridge = bridge(hub);
  }

  final Hub hub() {
    Hub made =
        Hub.builder().linger(Duration.ofMillis(100)).heartbeat(Duration.ofMillis(200)).create();
    keep(made);
    return made;
  }

  final RedisBridge bridge(Hub made) {
    RedisBridge connected =
        RedisBridge.builder(made, redis.uri())
            .history(channel -> channel.startsWith("room:"))
            .maxHistory(1000, Duration.ofHours(1))
            .silence(SILENCE)
            .connect();
    keep(connected);
    return connected;
  }

  /** Connects a newcomer and waits until it knows its position. */
  final Connection listen(String... channels) {
    Connection connection = hub.connect(receiver, List.of(channels), null);
    soon().until(() -> receiver.lastEventId() != null);
    return connection;
  }

  final void publish(String channel, int from, int to) {
    numbers(from, to).forEach(n -> bridge.publish(channel, SseEvent.of(n)));
  }
}
