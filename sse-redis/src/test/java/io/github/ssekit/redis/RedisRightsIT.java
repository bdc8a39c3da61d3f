package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.hub.RecordingTransport;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** Rights that a node lacks: connecting names them, and no operation is left half done. */
@Tag("redis-times")
class RedisRightsIT extends RedisTest {
  private static final String LEAST =
      "on >pw resetkeys resetchannels ~{sse}:* &{sse}:* &chat -@all +ping +info|server"
          + " +client|setname +select +subscribe +unsubscribe +publish +evalsha +eval"
          + " +time +get +set +hget +hgetall +hset +hdel +hmget +hrandfield +xadd +xtrim +xrange"
          + " +xrevrange +pexpire";

  private final Hub hub = keep(Hub.create());

  @BeforeEach
  void start() throws Exception {
    startRedis();
    admin.aclSetUser("sse", LEAST.split(" "));
  }

  private RedisBridgeBuilder builder() {
    return builder(hub);
  }

  private RedisBridgeBuilder builder(Hub hub) {
    return RedisBridge.builder(hub, URI.create("redis://sse:pw@127.0.0.1:" + redis.port()))
        .silence(Duration.ofMillis(900));
  }

  private RedisBridge withHistory() {
    return withHistory(hub);
  }

  private RedisBridge withHistory(Hub hub) {
    return builder(hub).history(channel -> channel.startsWith("room:")).connect();
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

  private RedisBridge withStates() {
    return builder().states(channel -> channel.equals("prices")).connect();
  }

  @Test
  void whatStateChannelsNeedIsListedWhereThereAreSome() {
    String message = assertThrows(RedisUnavailableException.class, this::withStates).getMessage();
    assertTrue(message.contains("add +hlen +xlen +xdel for"), message);
  }

  @Test
  void presenceNeedsNoFurtherRights() {
    try (RedisBridge bridge = builder().presence(channel -> channel.equals("here")).connect()) {
      RecordingTransport receiver = new RecordingTransport();
      bridge.presence().join("here", "Ann", hub.connect(receiver, List.of("here"), null));
      Runnable leave = bridge.presence().join("here", "Bob");
      await().until(() -> bridge.presence().here("here").equals(List.of("Ann", "Bob")));
      leave.run();
      await().until(() -> bridge.presence().here("here").equals(List.of("Ann")));
      await().until(() -> receiver.published().contains("{\"count\":1,\"here\":[\"Ann\"]}"));
    }
  }

  /** The additional rights of state channels, each revoked while a bridge is connected. */
  @ParameterizedTest
  @ValueSource(strings = {"hlen", "xlen", "xdel"})
  void aRightThatIsMissingLeavesAStateAsItIs(String right) {
    admin.aclSetUser("sse", "+hlen", "+xlen", "+xdel");
    try (RedisBridge bridge = withStates()) {
      StateChannels states = bridge.states();
      Object a = states.publish("prices", "a", SseEvent.of("1"));
      Object b = states.publish("prices", "b", SseEvent.of("2"));
      admin.aclSetUser("sse", "-" + right);
      PublishException e =
          assertThrows(
              PublishException.class, () -> states.publish("prices", "a", SseEvent.of("3")));
      assertFalse(e.mayBeStored(), "" + e.getCause());
      assertEquals(
          List.of("" + a, "" + b),
          admin.xrange("{sse}:stream:prices", "-", "+").stream()
              .map(each -> "" + each.getID())
              .toList());
      admin.aclSetUser("sse", "+" + right);
      Object unused = states.publish("prices", "a", SseEvent.of("3"));
      assertEquals(2, admin.xlen("{sse}:stream:prices"));
    }
  }

  /** The rights of the publish script, each revoked while a bridge is connected. */
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
      RecordingTransport receiver = new RecordingTransport();
      hub.connect(receiver, List.of("room:1"), null);
      await().until(() -> receiver.lastEventId() != null);
      List<String> stored = new ArrayList<>();
      stored.add(bridge.publish("room:1", SseEvent.of("before")).toString());
      admin.aclSetUser("sse", "-" + right);
      // The second channel is new.
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
      RecordingTransport back = new RecordingTransport();
      hub.connect(back, List.of("room:1", "room:2"), stored.get(0));
      await().until(() -> back.published().size() == 3);
      await().until(() -> receiver.published().size() == 3);
      assertEquals(List.of("before", "during", "after"), receiver.published());
      assertEquals(List.of(), receiver.resets());
      assertEquals(List.of(), back.resets());
    }
  }

  /** The rights for reading, each revoked while a client resumes, and then while the nodes do. */
  @ParameterizedTest
  @ValueSource(strings = {"xrange", "hmget", "time", "evalsha"})
  void whatMayNotBeReadIsNotToldAsLost(String right) throws Exception {
    try (Hub fresh = Hub.create();
        RedisBridge node = withHistory();
        RedisBridge other = withHistory(fresh)) {
      RecordingTransport here = new RecordingTransport();
      hub.connect(here, List.of("room:1"), null);
      await().until(() -> here.lastEventId() != null);
      String first = node.publish("room:1", SseEvent.of("0")).toString();
      publishAsAdmin("1");
      publishAsAdmin("2");
      await().until(() -> here.published().size() == 3);
      await().until(() -> other.health().isSubscribed());

      admin.aclSetUser("sse", "-" + right);
      RecordingTransport back = new RecordingTransport();
      fresh.connect(back, List.of("room:1"), first);
      awaitDenial();
      admin.clientKill(new ClientKillParams().type(ClientType.PUBSUB));
      publishAsAdmin("3");
      awaitDenial();
      admin.aclSetUser("sse", "+" + right);

      publishAsAdmin("4");
      await().until(() -> here.published().contains("4") && back.published().contains("4"));
      assertEquals(List.of("0", "1", "2", "3", "4"), here.published());
      assertEquals(List.of("1", "2", "3", "4"), back.published());
      assertEquals(List.of(), here.resets());
      assertEquals(List.of(), back.resets());
    }
  }

  @Test
  void recentEventsThatMayNotBeReadAreNotTakenForNone() {
    try (RedisBridge bridge = withHistory()) {
      bridge.publish("room:1", SseEvent.of("0"));
      admin.aclSetUser("sse", "-xrevrange");
      assertThrows(RedisUnavailableException.class, () -> bridge.recent("room:1", 10));
    }
  }

  @Test
  void aTokenThatMayNotBeReadIsNotTakenForNew() {
    try (RedisBridge bridge = withHistory()) {
      bridge.publish("room:1", SseEvent.of("0"), "token");
      admin.aclSetUser("sse", "-get");
      PublishException e =
          assertThrows(
              PublishException.class, () -> bridge.publish("room:1", SseEvent.of("0"), "token"));
      assertFalse(e.mayBeStored(), "" + e.getCause());
      assertEquals(1, admin.xlen("{sse}:stream:room:1"));
    }
  }

  @Test
  void aStreamWhoseLastIdMayNotBeReadIsKept() {
    try (RedisBridge bridge = withHistory()) {
      bridge.publish("room:1", SseEvent.of("0"));
      // An id above the clock: the script must look for the last entry.
      admin.xadd("{sse}:stream:room:1", new StreamEntryID("1999999999999-5"), Map.of("d", "y"));
      admin.aclSetUser("sse", "-xrevrange");
      PublishException e =
          assertThrows(PublishException.class, () -> bridge.publish("room:1", SseEvent.of("1")));
      assertFalse(e.mayBeStored(), "" + e.getCause());
      assertEquals(2, admin.xlen("{sse}:stream:room:1"));
    }
  }

  /** Waits until Redis denies the user another command. */
  private void awaitDenial() {
    admin.aclLogReset();
    await().until(() -> !admin.aclLog().isEmpty());
  }

  private void publishAsAdmin(String data) throws IOException {
    admin.eval(
        text("scope.lua") + text("publish.lua"),
        List.of("{sse}:scope", "{sse}:stream:room:1", "{sse}:channel:room:1"),
        List.of("room:1", "", data, "1000", "86400000", "", "PUBLISH", "60000"));
  }

  @Test
  void aChannelWhoseEndRedisRefusesOpensAgain() {
    Hub hub = keep(Hub.builder().linger(Duration.ofMillis(50)).create());
    RedisBridge bridge =
        keep(RedisBridge.builder(hub, redis.uri()).history(c -> c.startsWith("room:")).connect());
    admin.aclSetUser("default", "-unsubscribe");
    RecordingTransport first = new RecordingTransport();
    Connection opening = hub.connect(first, List.of("room:x"), null);
    soon().until(() -> first.lastEventId() != null);
    opening.close();
    soon().until(() -> admin.info("errorstats").contains("errorstat_NOPERM:count="));
    RecordingTransport second = new RecordingTransport();
    hub.connect(second, List.of("room:x"), null);
    soon().until(() -> second.lastEventId() != null);
    bridge.publish("room:x", SseEvent.of("1"));
    soon().until(() -> second.published().equals(List.of("1")));
  }
}
