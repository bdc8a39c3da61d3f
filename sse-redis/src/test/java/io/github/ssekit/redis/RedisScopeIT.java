package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.RecordingTransport;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** Scopes: other applications don't reach the channels and keys of a scope. */
class RedisScopeIT extends RedisTest {

  @BeforeEach
  void start() throws Exception {
    startRedis();
  }

  private Hub hub() {
    Hub hub = Hub.create();
    keep(hub);
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
    keep(bridge);
    return bridge;
  }

  private static void listen(Hub hub, RecordingTransport receiver, String... channels) {
    hub.connect(receiver, List.of(channels), null);
    soon().until(() -> receiver.lastEventId() != null);
  }

  @Test
  void twoScopesOfOneRedisKnowNothingOfEachOther() {
    Hub shop = hub();
    Hub news = hub();
    RedisBridge ofShop = bridge(shop, "shop");
    RedisBridge ofNews = bridge(news, "news-2.0_x");
    RecordingTransport reader = new RecordingTransport();
    listen(shop, receiver, "room:1");
    listen(news, reader, "room:1");
    ofShop.publish("room:1", SseEvent.of("of the shop"), "token");
    ofNews.publish("room:1", SseEvent.of("of the news"), "token");
    soon().until(() -> receiver.published().size() == 1 && reader.published().size() == 1);
    assertEquals(List.of("of the shop"), receiver.published());
    assertEquals(List.of("of the news"), reader.published());
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
    RecordingTransport reader = new RecordingTransport();
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
    soon()
        .until(
            () -> receiver.published().containsAll(own) && reader.published().containsAll(other));
    assertEquals(own, receiver.published());
    assertEquals(other, reader.published());
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
    RecordingTransport history = new RecordingTransport();
    listen(hub, history, "room:a");
    try (Jedis other = new Jedis("127.0.0.1", redis.port())) {
      other.publish(channel, "stolen");
    }
    bridge.publish("room:a", SseEvent.of("kept"));
    soon().until(() -> history.published().contains("kept"));
    assertEquals(List.of(), receiver.published());
    assertThrows(
        IllegalArgumentException.class, () -> bridge.publish(channel, SseEvent.of("forged")));
  }
}
