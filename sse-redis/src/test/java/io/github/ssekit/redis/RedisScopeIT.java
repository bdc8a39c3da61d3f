package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.testing.RedisProcess;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
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
    return bridge(hub, redis.uri(), scope);
  }

  private RedisBridge bridge(Hub hub, URI uri, String scope) {
    RedisBridge bridge =
        RedisBridge.builder(hub, uri)
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
    try (Jedis other = new Jedis("127.0.0.1", redis.port())) {
      assertTrue(
          other.keys("*").stream()
              .allMatch(key -> key.startsWith("{shop}:") || key.startsWith("{news-2.0_x}:")));
    }
  }

  @Test
  void twoDatabasesOfOneRedisKnowNothingOfEachOther() {
    Hub staging = hub();
    Hub production = hub();
    RedisBridge ofStaging = bridge(staging, URI.create(redis.uri() + "/0"), "sse");
    RedisBridge ofProduction = bridge(production, URI.create(redis.uri() + "/1"), "sse");
    Receiver reader = new Receiver();
    listen(staging, receiver, "room:1");
    listen(production, reader, "room:1");
    List<String> own = new ArrayList<>();
    List<String> other = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      own.add("of staging " + i);
      other.add("of production " + i);
      ofStaging.publish("room:1", SseEvent.of(own.get(i)));
      ofProduction.publish("room:1", SseEvent.of(other.get(i)));
    }
    soon().until(() -> receiver.data().containsAll(own) && reader.data().containsAll(other));
    assertEquals(own, receiver.data());
    assertEquals(other, reader.data());
    assertEquals(List.of(), receiver.resets());
    assertEquals(List.of(), reader.resets());
    try (Jedis jedis = new Jedis("127.0.0.1", redis.port())) {
      assertEquals(
          Set.of(
              "{sse}:control", "{sse}:channel:room:1",
              "{sse}:db1:control", "{sse}:db1:channel:room:1"),
          Set.copyOf(jedis.pubsubChannels()));
    }
  }

  @Test
  void howManyNodesHearTheScopeIsLogged() {
    List<String> lines = Collections.synchronizedList(new ArrayList<>());
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord each) {
            lines.add(new SimpleFormatter().formatMessage(each));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger(RedisBridgeBuilder.class.getName());
    logger.addHandler(handler);
    try {
      for (String database : List.of("/0", "/0", "/7")) {
        RedisBridge unused = bridge(hub(), URI.create(redis.uri() + database), "sse");
      }
    } finally {
      logger.removeHandler(handler);
    }
    String start = "Subscribed to Redis at 127.0.0.1:" + redis.port() + ", scope ";
    String end = "; nodes that hear it, with this one: ";
    assertEquals(
        List.of(
            start + "\"sse\" of database 0" + end + 1,
            start + "\"sse\" of database 0" + end + 2,
            start + "\"sse\" of database 7" + end + 1),
        lines);
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
  @ValueSource(
      strings = {
        "{sse}:channel:room:a",
        "{sse}:control",
        "{sse}:db1:control",
        "{shop}:channel:room:a"
      })
  void aPlainChannelCanNotReadWhatBelongsToAScope(String channel) {
    Hub hub = hub();
    RedisBridge bridge = bridge(hub, "sse");
    hub.connect(receiver, List.of(channel), null);
    Receiver history = new Receiver();
    listen(hub, history, "room:a");
    try (Jedis other = new Jedis("127.0.0.1", redis.port())) {
      other.publish(channel, "stolen");
    }
    bridge.publish("room:a", SseEvent.of("kept"));
    soon().until(() -> history.data().contains("kept"));
    assertEquals(List.of(), receiver.data());
    assertThrows(
        IllegalArgumentException.class, () -> bridge.publish(channel, SseEvent.of("forged")));
  }
}
