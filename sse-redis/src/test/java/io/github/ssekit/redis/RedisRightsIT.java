package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.testing.RedisProcess;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** Rights that a node lacks: said when it connects, and never the cause of a half. */
class RedisRightsIT {
  private static final String LEAST =
      "on >pw resetkeys resetchannels ~{sse}:* &{sse}:* &chat -@all +ping +info|server"
          + " +client|setname +select +subscribe +unsubscribe +publish +evalsha +eval"
          + " +time +get +set +hget +hgetall +hset +hdel +hmget +hrandfield +xadd +xtrim +xrange"
          + " +xrevrange +pexpire";

  @TempDir Path folder;

  private final Hub hub = Hub.create();
  private RedisProcess redis;
  private Jedis admin;

  @BeforeEach
  void start() throws Exception {
    redis = RedisProcess.start(folder);
    admin = new Jedis("127.0.0.1", redis.port());
    admin.aclSetUser("sse", LEAST.split(" "));
  }

  @AfterEach
  void stop() {
    hub.close();
    admin.close();
    redis.close();
  }

  private RedisBridgeBuilder builder() {
    return RedisBridge.builder(hub, URI.create("redis://sse:pw@127.0.0.1:" + redis.port()))
        .silence(Duration.ofMillis(900));
  }

  private RedisBridge withHistory() {
    return builder().history(channel -> channel.startsWith("room:")).connect();
  }

  @Test
  void whatIsMissingIsListedWhenABridgeConnects() {
    admin.aclSetUser("sse", "-hset", "-xtrim", "-hrandfield");
    RedisUnavailableException e = assertThrows(RedisUnavailableException.class, this::withHistory);
    assertEquals(
        "Redis at 127.0.0.1:%d is not available: NOPERM this user has not all rights that a bridge needs; add +hrandfield +hset +xtrim for the keys and the Redis channels that begin with {sse}:"
            .formatted(redis.port()),
        e.getMessage());
    assertFalse(admin.exists("{sse}:scope"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"~{sse}:*", "&{sse}:*"})
  void soAreKeysAndRedisChannels(String pattern) {
    admin.aclSetUser("sse", "resetkeys", "resetchannels");
    admin.aclSetUser("sse", pattern);
    String message = assertThrows(RedisUnavailableException.class, this::withHistory).getMessage();
    assertTrue(message.contains(pattern.startsWith("~") ? "+publish" : "+hset"), message);
    assertTrue(message.endsWith("{sse}:"), message);
  }

  @Test
  void aBridgeWithoutHistoryNeedsToPublish() {
    admin.aclSetUser("sse", "-publish");
    String message =
        assertThrows(RedisUnavailableException.class, () -> builder().connect()).getMessage();
    assertTrue(message.contains("add +publish"), message);
  }

  /** The rights of the publish script, each of them taken away while a bridge stands. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "hset",
        "hmget",
        "hget",
        "hrandfield",
        "xadd",
        "xtrim",
        "pexpire",
        "set",
        "get",
        "publish",
        "time",
        "evalsha",
        "hgetall",
        "hdel",
        "xrevrange"
      })
  void aPublishIsAllOrNothing(String right) {
    try (RedisBridge bridge = withHistory()) {
      Receiver receiver = new Receiver();
      hub.connect(receiver, List.of("room:1"), null);
      await().until(() -> receiver.lastEventId() != null);
      List<String> stored = new ArrayList<>();
      stored.add(bridge.publish("room:1", SseEvent.of("before")).toString());
      admin.aclSetUser("sse", "-" + right);
      // The second is one of a channel that is new.
      for (String channel : List.of("room:1", "room:2")) {
        try {
          bridge.publish(channel, SseEvent.of("during"), "token " + channel);
        } catch (PublishException e) {
          assertFalse(e.mayBeStored(), "" + e.getCause());
          assertEquals(channel.equals("room:1") ? 1 : 0, admin.xlen("{sse}:stream:" + channel));
        }
      }
      admin.aclSetUser("sse", "+" + right);
      stored.add(bridge.publish("room:1", SseEvent.of("during"), "token room:1").toString());
      stored.add(bridge.publish("room:2", SseEvent.of("during"), "token room:2").toString());
      stored.add(bridge.publish("room:1", SseEvent.of("after")).toString());
      assertEquals(4, stored.stream().distinct().count(), "" + stored);
      assertEquals(3, admin.xlen("{sse}:stream:room:1"));
      assertEquals(1, admin.xlen("{sse}:stream:room:2"));
      Receiver back = new Receiver();
      hub.connect(back, List.of("room:1", "room:2"), stored.get(0));
      await().until(() -> back.data().size() == 3);
      await().until(() -> receiver.data().size() == 3);
      assertEquals(List.of("before", "during", "after"), receiver.data());
      assertEquals(List.of(), receiver.resets());
      assertEquals(List.of(), back.resets());
    }
  }
}
