package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.core.Hub;
import io.github.ssekit.core.SseEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** What belongs to a scope, and who can't get at it. */
class RedisScopeIT {
  @TempDir Path folder;

  private RedisProcess redis;
  private final List<AutoCloseable> nodes = new ArrayList<>();
  private final Receiver receiver = new Receiver();

  @BeforeEach
  void start() throws Exception {
    redis = RedisProcess.start(folder);
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable node : nodes) {
      node.close();
    }
    redis.close();
  }

  private Hub hub() {
    Hub hub = Hub.create();
    nodes.add(hub);
    return hub;
  }

  private RedisBridge bridge(Hub hub, String scope) {
    RedisBridge bridge =
        RedisBridge.builder(hub, redis.uri())
            .scope(scope)
            .history(channel -> channel.startsWith("room:"))
            .connect();
    nodes.add(bridge);
    return bridge;
  }

  private static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(10)).pollInterval(Duration.ofMillis(5));
  }

  private static void listen(Hub hub, Receiver receiver, String... channels) {
    hub.connect(receiver, List.of(channels), null);
    soon().until(() -> receiver.lastEventId() != null);
  }

  @Test
  void twoScopesOfOneRedisKnowNothingOfEachOther() {
    Hub shop = hub();
    Hub news = hub();
    RedisBridge ofShop = bridge(shop, "shop");
    RedisBridge ofNews = bridge(news, "news-2.0_x");
    Receiver reader = new Receiver();
    listen(shop, receiver, "room:1");
    listen(news, reader, "room:1");
    ofShop.publish("room:1", SseEvent.of("of the shop"), "token");
    ofNews.publish("room:1", SseEvent.of("of the news"), "token");
    soon().until(() -> receiver.data().size() == 1 && reader.data().size() == 1);
    assertEquals(List.of("of the shop"), receiver.data());
    assertEquals(List.of("of the news"), reader.data());
    assertEquals(1, ofShop.recent("room:1", 5).events().size());
    try (Jedis other = redis.client()) {
      assertTrue(
          other.keys("*").stream()
              .allMatch(key -> key.startsWith("{shop}:") || key.startsWith("{news-2.0_x}:")));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "{a}", "a:b", "\u00e9", "a\r\n"})
  void aScopeIsAPlainName(String name) {
    Hub hub = hub();
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> bridge(hub, name));
    assertTrue(e.getMessage().contains("1 to 64"), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"{sse}:channel:room:a", "{sse}:control", "{shop}:channel:room:a"})
  void aPlainChannelCanNotReadWhatBelongsToAScope(String channel) {
    Hub hub = hub();
    RedisBridge bridge = bridge(hub, "sse");
    hub.connect(receiver, List.of(channel), null);
    Receiver history = new Receiver();
    listen(hub, history, "room:a");
    try (Jedis other = redis.client()) {
      other.publish(channel, "stolen");
    }
    bridge.publish("room:a", SseEvent.of("kept"));
    soon().until(() -> history.data().contains("kept"));
    assertEquals(List.of(), receiver.data());
    assertThrows(
        IllegalArgumentException.class, () -> bridge.publish(channel, SseEvent.of("forged")));
  }
}
