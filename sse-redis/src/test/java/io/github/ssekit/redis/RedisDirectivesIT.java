package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.hub.RecordingTransport;
import io.github.ssekit.redis.Directive.Verb;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.AbstractPipeline;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.params.ClientKillParams;

/** Directives to all nodes, with a real Redis and three nodes. */
@Tag("redis-times")
class RedisDirectivesIT extends RedisTest {
  private static final Duration SILENCE = Duration.ofSeconds(3);

  private final Hub hub = keep(Hub.create());
  private final Hub second = keep(Hub.create());
  private final Hub third = keep(Hub.create());
  private RedisBridge bridge;

  @BeforeEach
  void start() {
    startRedis();
    admin.aclSetUser("node", "on", ">pw", "allkeys", "allchannels", "+@all");
    bridge = connect(hub, redis.uri());
    connect(second, redis.uri());
    connect(third, URI.create("redis://node:pw@127.0.0.1:" + redis.port()));
  }

  private RedisBridge connect(Hub made, URI uri) {
    return keep(
        RedisBridge.builder(made, uri)
            .history(channel -> channel.startsWith("room:"))
            .silence(SILENCE)
            .replyTime(Duration.ofSeconds(5)) // for a busy machine
            .connect());
  }

  private static RecordingTransport client(Hub at, String owner, String... channels) {
    RecordingTransport client = new RecordingTransport();
    at.connect(client, ConnectionOptions.of(channels).withOwner(owner));
    return client;
  }

  /** Waits for these counts: on a busy machine, the reply of a node may come too late. */
  private void awaitCount(NodeReplies expected) {
    soon().untilAsserted(() -> assertEquals(expected, bridge.counts("room:1")));
  }

  private void cutOffTheThird() {
    admin.aclSetUser("node", "off");
    admin.clientKill(new ClientKillParams().user("node"));
  }

  private long reads() {
    return admin
        .info("commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_xrange:calls="))
        .mapToLong(line -> Long.parseLong(line.split("[=,]", 3)[1]))
        .sum();
  }

  @Test
  void allNodesCloseTheConnectionsOfAnOwnerAndReply() {
    List<RecordingTransport> ann =
        List.of(client(hub, "Ann", "room:1"), client(second, "Ann"), client(second, "Ann", "chat"));
    RecordingTransport bob = client(third, "Bob", "room:1");
    assertEquals(new NodeReplies(3, 3, 3), bridge.closeAll("Ann"));
    ann.forEach(client -> soon().until(client::closed));
    assertFalse(bob.closed());
    assertEquals(new NodeReplies(3, 3, 0), bridge.closeAll("Ann"));
  }

  @Test
  void allNodesUnsubscribeAnOwnerFromAChannel() {
    RecordingTransport ann = client(second, "Ann", "chat", "room:1");
    RecordingTransport bob = client(second, "Bob", "room:1");
    soon().until(() -> ann.lastEventId() != null && bob.lastEventId() != null);
    awaitCount(new NodeReplies(3, 3, 2));
    assertEquals(new NodeReplies(3, 3, 1), bridge.unsubscribe("Ann", "room:1"));
    awaitCount(new NodeReplies(3, 3, 1));
    bridge.publish("room:1", SseEvent.of("1"));
    bridge.publish("chat", SseEvent.of("2"));
    soon().until(() -> !bob.published().isEmpty() && !ann.published().isEmpty());
    assertEquals(List.of("2"), ann.published());
    assertEquals(List.of("1"), bob.published());
  }

  @Test
  void aMassLogOutIsCarriedOutOnce() {
    RecordingTransport last = client(hub, "user 10089", "room:1");
    // Redis trims whole blocks, so it keeps more than the limit of 10,000.
    try (AbstractPipeline all = admin.pipelined()) {
      for (int i = 0; i < 10_090; i++) {
        String close = Directive.of(Verb.CLOSE, "user " + i, "").toString();
        all.xadd("{sse}:directives", StreamEntryID.NEW_ENTRY, Map.of("d", close));
      }
    }
    soon().until(last::closed);
    RecordingTransport back = client(hub, "user 10089", "room:1");
    long before = reads();
    soon().until(() -> reads() > before + 150);
    assertFalse(back.closed());
  }

  @Test
  void aNodeThatWasAwayHearsItWhenItIsBack() {
    RecordingTransport away = client(third, "Ann", "room:1", "room:2");
    RecordingTransport bob = client(third, "Bob", "room:1", "room:2");
    soon().until(() -> away.lastEventId() != null && bob.lastEventId() != null);
    cutOffTheThird();
    soon().until(() -> bridge.counts("room:1").nodes() == 2);
    assertEquals(new NodeReplies(2, 2, 0), bridge.closeAll("Ann"));
    assertEquals(new NodeReplies(2, 2, 0), bridge.unsubscribe("Bob", "room:2"));
    bridge.publish("room:1", SseEvent.of("1"));
    assertFalse(away.closed());
    admin.aclSetUser("node", "on");
    soon().until(away::closed);
    soon().until(() -> third.connectionCount("room:2") == 0);
    soon().until(() -> bob.published().equals(List.of("1")));
    assertEquals(1, third.connectionCount("room:1"));
    RecordingTransport again = client(third, "Ann", "room:1");
    // Nodes read the stored directives again and again, but carry out each directive once.
    long reads = reads();
    soon().until(() -> reads() > reads + 9);
    assertFalse(again.closed());
  }

  @Test
  void aMessageThatANodeDidNotHearIsReadSoon() {
    RecordingTransport ann = client(second, "Ann", "room:1");
    Directive unheard = Directive.of(Verb.CLOSE, "Ann", "");
    admin.xadd("{sse}:directives", StreamEntryID.NEW_ENTRY, Map.of("d", unheard.toString()));
    soon().until(ann::closed);
  }

  @Test
  void aNodeThatStartsDoesNotDoWhatWasSaidBefore() {
    bridge.closeAll("Ann");
    Hub fourth = keep(Hub.create());
    connect(fourth, redis.uri());
    RecordingTransport ann = client(fourth, "Ann", "room:1");
    soon().until(() -> ann.lastEventId() != null);
    String first = ann.lastEventId();
    bridge.publish("room:1", SseEvent.of("1"));
    soon().until(() -> !first.equals(ann.lastEventId()));
    awaitCount(new NodeReplies(4, 4, 1));
    assertFalse(ann.closed());
  }

  @Test
  void aNodeThatStartsWithoutRedisDoesNotDoWhatWasSaidBefore() {
    bridge.closeAll("Ann");
    bridge.closeAll("Bob");
    // The node may compute a start that is too early, by the delay of its thread, and this test
    // knows the time to the second: the wait exceeds both.
    long said = Long.parseLong(admin.time().get(0));
    soon().until(() -> Long.parseLong(admin.time().get(0)) > said + 3);
    // A disabled user, so that the node starts without Redis.
    admin.aclSetUser("late", "off", ">pw", "allkeys", "allchannels", "+@all");
    Hub fourth = keep(Hub.create());
    RedisBridge late =
        keep(
            RedisBridge.builder(fourth, URI.create("redis://late:pw@127.0.0.1:" + redis.port()))
                .history(channel -> channel.startsWith("room:"))
                .silence(SILENCE)
                .startWithoutRedis()
                .connect());
    RecordingTransport ann = client(fourth, "Ann", "room:1");
    RecordingTransport bob = client(fourth, "Bob", "room:1");
    bridge.closeAll("Bob");
    assertFalse(late.health().isSubscribed());
    admin.aclSetUser("late", "on");
    soon().until(bob::closed);
    assertFalse(ann.closed());
    // The node reads the stored directives again and again, also directives from before its start.
    long reads = reads();
    soon().until(() -> reads() > reads + 9);
    assertFalse(ann.closed());
  }

  @Test
  void whoAsksForManyCountsRepeatsNothing() {
    bridge.closeAll("Ann");
    RecordingTransport ann = client(second, "Ann", "room:1");
    try (AbstractPipeline pipeline = admin.pipelined()) {
      for (int i = 0; i <= 10_000; i++) {
        pipeline.publish("{sse}:control", "directive " + Directive.of(Verb.COUNT, "", "room:1"));
      }
    }
    soon()
        .atMost(Duration.ofSeconds(60))
        .until(() -> bridge.counts("room:1").equals(new NodeReplies(3, 3, 1)));
    long reads = reads();
    soon().until(() -> reads() > reads + 9);
    assertFalse(ann.closed());
  }

  /** A node sends probes one after the other while clients resume. */
  @Test
  void probesThatAreHeardWhileAReadIsToBeginCauseNoOther() {
    Scope scope = new Scope("sse", 0, channel -> true, null, null);
    RedisConnector connector =
        new RedisConnector(
            RedisUri.parse(redis.uri()), Tls.DEFAULT, null, scope, Duration.ofSeconds(10), true);
    Directives directives =
        new Directives(
            hub, keep(new CommandPool(connector)), scope, /* keeps= */ true, Directives.REPLIES);
    directives.begin();
    RecordingTransport ann = client(hub, "Ann", "room:1");
    long before = reads();
    for (int i = 0; i < 50_000; i++) {
      directives.probeHeard();
    }
    // This directive waits behind all reads.
    Directive last = Directive.of(Verb.CLOSE, "Ann", "");
    directives.heard(new ControlMessage("directive", null, null, last.toString()));
    soon().atMost(Duration.ofSeconds(60)).until(ann::closed);
    long reads = reads() - before;
    assertTrue(reads < 5_000, reads + " reads");
  }

  @Test
  void whatIsKeptIsBounded() {
    bridge.closeAll("Ann");
    bridge.counts("room:1");
    assertEquals(1, admin.xlen("{sse}:directives"));
    long left = admin.pttl("{sse}:directives");
    assertTrue(left > Directives.KEPT.toMillis() - 60_000 && left <= Directives.KEPT.toMillis());
  }

  @Test
  void bridgesWithoutHistoryHearItAndStoreNothing() {
    startRedis();
    Hub one = keep(Hub.create());
    Hub two = keep(Hub.create());
    RedisBridge plain = keep(RedisBridge.connect(one, redis.uri()));
    keep(RedisBridge.connect(two, redis.uri()));
    RecordingTransport ann = client(two, "Ann", "chat");
    assertEquals(new NodeReplies(2, 2, 1), plain.counts("chat"));
    assertEquals(new NodeReplies(2, 2, 1), plain.closeAll("Ann"));
    soon().until(ann::closed);
    assertEquals(0, admin.dbSize());
  }

  @Test
  void aNodeThatDoesNotReplyIsMissing() {
    admin.aclSetUser("node", "-publish");
    awaitCount(new NodeReplies(3, 2, 0));
    assertFalse(bridge.counts("room:1").isComplete());
  }

  @Test
  void whatCantBeSaidIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> bridge.closeAll(""));
    assertThrows(IllegalArgumentException.class, () -> bridge.closeAll("x".repeat(201)));
    assertThrows(IllegalArgumentException.class, () -> bridge.unsubscribe("Ann", "a\nb"));
    assertThrows(IllegalArgumentException.class, () -> bridge.counts(""));
    redis.kill();
    assertThrows(PublishException.class, () -> bridge.closeAll("Ann"));
  }
}
