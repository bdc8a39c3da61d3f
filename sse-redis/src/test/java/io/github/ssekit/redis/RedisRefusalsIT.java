package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.LogCapture;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.hub.RecordingTransport;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.logging.Level;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** A Redis that replies, and refuses writes. */
@Tag("redis-times")
class RedisRefusalsIT extends RedisTest {
  private static final Duration SILENCE = Duration.ofSeconds(6);

  private final LogCapture log = keep(LogCapture.of("io.github.ssekit.redis", Level.INFO));
  private final Hub hub = keep(Hub.create());
  private RedisBridge bridge;

  /** The reason why Redis refuses writes, and its error. */
  enum Refusal {
    MEMORY("OOM "),
    REPLICAS("NOREPLICAS "),
    RIGHT("ERR The user executing the script can't run this command"),
    REPLICA("READONLY "),
    DISK("MISCONF ");

    private final String words;

    Refusal(String words) {
      this.words = words;
    }

    void begin(Jedis admin, Path folder) throws IOException {
      switch (this) {
        case MEMORY -> {
          admin.configSet("maxmemory-policy", "noeviction");
          admin.configSet("maxmemory", "1");
        }
        case REPLICAS -> admin.configSet("min-replicas-to-write", "1");
        case RIGHT -> admin.aclSetUser("node", "-hset");
        case REPLICA -> admin.replicaof("127.0.0.1", 1);
        case DISK -> {
          Path gone = Files.createDirectory(folder.resolve("gone"));
          admin.configSet("dir", gone.toString());
          Files.delete(gone);
          admin.configSet("save", "3600 1");
          admin.bgsave();
          await()
              .atMost(Duration.ofSeconds(30))
              .until(() -> admin.info("persistence").contains("rdb_last_bgsave_status:err"));
        }
      }
    }

    void end(Jedis admin, Path folder) {
      switch (this) {
        case MEMORY -> admin.configSet("maxmemory", "0");
        case REPLICAS -> admin.configSet("min-replicas-to-write", "0");
        case RIGHT -> admin.aclSetUser("node", "+hset");
        case REPLICA -> admin.replicaofNoOne();
        case DISK -> {
          admin.configSet("save", "");
          admin.configSet("dir", folder.toString());
        }
      }
    }
  }

  @BeforeEach
  void start() throws Exception {
    keep(() -> assertEquals(List.of(), log.lines("s3cret")));
    startRedis("--enable-protected-configs", "yes");
    admin.aclSetUser("node", "on", ">s3cret", "~*", "&*", "+@all");
    bridge = keep(connect(hub));
  }

  private RedisBridge connect(Hub of) {
    return RedisBridge.builder(of, URI.create("redis://node:s3cret@127.0.0.1:" + redis.port()))
        .history(channel -> channel.startsWith("room:"))
        .silence(SILENCE)
        .connect();
  }

  @ParameterizedTest
  @EnumSource
  void theSubscriptionIsKeptAndHistoryIsReadAndTheCauseIsSaid(Refusal refusal) throws Exception {
    RecordingTransport plain = new RecordingTransport();
    RecordingTransport live = new RecordingTransport();
    hub.connect(plain, List.of("chat"), null);
    hub.connect(live, List.of("room:1"), null);
    soon().until(() -> live.lastEventId() != null && admin.pubsubNumSub("chat").get("chat") == 1);
    String first = bridge.publish("room:1", SseEvent.of("m0")).toString();
    bridge.publish("room:1", SseEvent.of("m1"));
    Position last = bridge.publish("room:1", SseEvent.of("m2"));
    soon().until(() -> live.published().size() == 3);
    String subscription = subscriptions();

    refusal.begin(admin, folder);
    soon().until(() -> bridge.health().refused() != null);
    String reason = bridge.health().refused().reason();
    assertTrue(reason.startsWith("publishing refused: " + refusal.words), reason);
    assertNull(bridge.health().deaf());
    PublishException e =
        assertThrows(
            PublishException.class, () -> bridge.publish("room:1", SseEvent.of("refused"), "t"));
    assertFalse(e.mayBeStored(), "" + e.getCause());

    Hub other = Hub.create();
    RecordingTransport back = new RecordingTransport();
    RecordingTransport newcomer = new RecordingTransport();
    try (other;
        RedisBridge fresh = refusal == Refusal.RIGHT ? null : connect(other)) {
      Hub at = fresh == null ? hub : other;
      at.connect(back, List.of("room:1"), first);
      soon().until(() -> back.published().size() == 2);
      assertEquals(List.of("m1", "m2"), back.published());
      at.connect(newcomer, List.of("room:2"), null);
      soon().until(() -> newcomer.lastEventId() != null);
      assertEquals(
          List.of("m0", "m1", "m2"),
          bridge.recent("room:1", 9).events().stream().map(SseEvent::data).toList());
      // No client is reset for longer than the silence.
      await()
          .pollDelay(SILENCE.plusSeconds(1))
          .atMost(Duration.ofSeconds(30))
          .until(() -> subscriptions().startsWith(subscription) && bridge.health().isSubscribed());
      admin.publish("chat", "live");
      soon().until(() -> plain.published().contains("live"));
      List<RecordingTransport> all = List.of(plain, live, back, newcomer);
      all.forEach(client -> assertEquals(List.of(), client.resets()));
      // Each bridge logs one line.
      int bridges = fresh == null ? 1 : 2;
      assertEquals(bridges, log.lines(refusal.words).size(), "" + log.lines(""));

      refusal.end(admin, folder);
      soon().until(() -> bridge.health().isHealthy());
      Position next = bridge.publish("room:1", SseEvent.of("m3"), "t");
      soon().until(() -> live.published().size() == 4 && back.published().size() == 3);
      assertTrue(next.isAfter(last), next.toString());
      all.forEach(client -> assertEquals(List.of(), client.resets()));
      soon().until(() -> log.lines("publishing goes on after").size() == bridges);
    }
  }

  @Test
  void aChannelThatMayNotBeSubscribedToHarmsNoOther() throws Exception {
    RecordingTransport allowed = new RecordingTransport();
    RecordingTransport forbidden = new RecordingTransport();
    admin.aclSetUser("node", "resetchannels", "&{sse}:*", "&chat");
    // Redis closes the user's connections after this change.
    soon().until(() -> bridge.health().isSubscribed());
    hub.connect(forbidden, List.of("secret"), null);
    hub.connect(allowed, List.of("chat"), null);
    soon().until(() -> !log.lines("\"secret\"").isEmpty());
    soon().until(() -> admin.pubsubNumSub("chat").get("chat") == 1);
    String subscription = subscriptions();
    admin.publish("chat", "hello");
    soon().until(() -> allowed.published().contains("hello"));
    await()
        .pollDelay(SILENCE.plusSeconds(1))
        .atMost(Duration.ofSeconds(30))
        .until(() -> subscriptions().equals(subscription));
    assertEquals(1, log.lines("\"secret\"").size(), "" + log.lines(""));
    admin.aclSetUser("node", "&secret");
    soon().until(() -> admin.pubsubNumSub("secret").get("secret") == 1);
    // The client may have missed earlier messages.
    soon().until(() -> !forbidden.resets().isEmpty());
  }

  @Test
  void aSubscriptionOutlivesThePasswordOfItsConnections() throws Exception {
    RecordingTransport plain = new RecordingTransport();
    hub.connect(plain, List.of("chat"), null);
    soon().until(() -> admin.pubsubNumSub("chat").get("chat") == 1);
    String subscription = subscriptions();
    admin.aclSetUser("node", "resetpass", ">0ther");
    admin.clientKill(new ClientKillParams().type(ClientType.NORMAL).user("node"));
    soon().until(() -> bridge.health().refused() != null);
    String reason = bridge.health().refused().reason();
    assertTrue(reason.contains("WRONGPASS"), reason);
    await()
        .pollDelay(SILENCE.plusSeconds(1))
        .atMost(Duration.ofSeconds(30))
        .until(() -> subscriptions().equals(subscription) && bridge.health().isSubscribed());
    admin.publish("chat", "live");
    soon().until(() -> plain.published().contains("live"));
    assertEquals(List.of(), plain.resets());
    admin.aclSetUser("node", "resetpass", ">s3cret");
    soon().until(() -> bridge.health().isHealthy());
    assertNotNull(bridge.health().sinceProbe());
  }

  private String subscriptions() {
    return admin.clientList(ClientType.PUBSUB).replaceAll("(?m)^(id=\\d+).*$", "$1").strip();
  }
}
