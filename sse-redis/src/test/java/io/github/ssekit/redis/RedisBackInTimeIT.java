package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.RedisProcess;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.RecordingTransport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.AbstractTransaction;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;
import redis.clients.jedis.params.RestoreParams;

/**
 * A Redis server that suddenly has older data, without a restart: its run stays the same. Connected
 * clients are reset once, and so are clients that come back with a lost position.
 */
class RedisBackInTimeIT extends RedisTest {
  /**
   * A silence so long that no probe notices the loss first. The tests of probes use a shorter
   * silence.
   */
  private static final Duration LONG = Duration.ofMinutes(10);

  private final Map<String, byte[]> backup = new HashMap<>();

  @BeforeEach
  void start() throws Exception {
    startRedis();
  }

  /** A node with one client of some channels. */
  private final class Node {
    // Room for all events of a test, however far a node falls behind on a busy machine.
    private final Hub hub = keep(Hub.builder().maxChannelLog(10_000, 64 << 20).create());
    private final RedisBridge bridge;
    private final RecordingTransport client = new RecordingTransport();

    Node(Duration silence, String... channels) {
      bridge =
          RedisBridge.builder(hub, redis.uri())
              .history(channel -> true)
              .maxHistory(10_000, Duration.ofDays(1))
              .silence(silence)
              .connect();
      keep(hub);
      keep(bridge);
      hub.connect(client, List.of(channels), null);
      soon().until(() -> client.lastEventId() != null);
    }

    void publish(String channel, int from, int to) {
      IntStream.range(from, to).forEach(n -> bridge.publish(channel, SseEvent.of("" + n)));
    }

    void hears(String data) {
      soon().until(() -> client.published().contains(data));
    }

    /**
     * Waits for the reset of the node's client, and asserts that the client gets no second reset.
     */
    void isToldOnce() {
      soon().until(() -> !client.resets().isEmpty());
      // An event that is published now arrives after any further reset.
      String last = "last " + System.identityHashCode(this);
      bridge.publish("a", SseEvent.of(last));
      hears(last);
      assertEquals(1, client.resets().size(), client.resets().toString());
      String reset = client.resets().get(0);
      assertTrue(reset.matches("\\{\"channel\":null,\"reason\":\"(rewound|lost)\".*"), reset);
    }
  }

  private void backUp() {
    for (String key : admin.keys("*")) {
      backup.put(key, admin.dump(key));
    }
  }

  private void restore() {
    backup.forEach(
        (key, dump) -> admin.restore(key, 0, dump, RestoreParams.restoreParams().replace()));
  }

  /**
   * Restores the backup without a channel's stream, and moves the clock above an id: then only the
   * channels' last ids prove the loss.
   */
  private void restoreWithClockAbove(String id, String without) {
    Position heard = Position.parse(id);
    try (AbstractTransaction all = admin.multi()) {
      all.del("{sse}:stream:" + without);
      backup.forEach(
          (key, dump) -> all.restore(key, 0, dump, RestoreParams.restoreParams().replace()));
      all.hset("{sse}:scope", "clock", heard.milliseconds() + 1_000 + "-0");
      assertEquals(backup.size() + 2, all.exec().size());
    }
  }

  /** Publishes like a program that has not seen any event. */
  private void publishElsewhere(String channel, String data) {
    admin.eval(
        text("scope.lua") + text("publish.lua"),
        List.of("{sse}:scope", "{sse}:stream:" + channel, "{sse}:channel:" + channel),
        List.of(channel, "", data, "10000", "86400000", "", "PUBLISH", "60000"));
  }

  /** Connects a client from before the loss to a node that has not seen the lost events. */
  private RecordingTransport comesBack(String channel, String lastEventId) {
    Node fresh = new Node(LONG, "z");
    RecordingTransport back = new RecordingTransport();
    fresh.hub.connect(back, List.of(channel), lastEventId);
    return back;
  }

  private void loses(Consumer<Node> goesBack, Duration silence) {
    Node one = new Node(silence, "a", "z");
    Node two = new Node(silence, "a");
    one.publish("a", 0, 10);
    backUp();
    one.publish("a", 10, 20);
    one.hears("19");
    two.hears("19");
    String last = one.client.lastEventId();
    goesBack.accept(one);
    one.isToldOnce();
    two.isToldOnce();
    RecordingTransport back = comesBack("a", last);
    soon().until(() -> back.resets().size() == 1);
    one.bridge.publish("a", SseEvent.of("end"));
    soon().until(() -> back.published().contains("end"));
  }

  @Test
  void thePublishThatFollowsAtOnceProvesIt() {
    loses(
        one -> {
          restore();
          one.publish("a", 20, 23);
        },
        LONG);
  }

  @Test
  void aPublishToAnotherChannelProvesItToo() {
    loses(
        one -> {
          restore();
          one.publish("other", 20, 23);
        },
        LONG);
  }

  /**
   * The publisher of an event with a token knows the event's id, even if its node has not heard the
   * event.
   */
  @Test
  void anEventWithATokenThatNobodyHasHeardProvesIt() {
    Node one = new Node(LONG, "a");
    Node two = new Node(LONG, "a");
    one.publish("a", 0, 1);
    one.hears("0");
    two.hears("0");
    String last = one.client.lastEventId();
    backUp();
    Position lost = one.bridge.publish("unheard", SseEvent.of("lost"), "token");
    one.bridge.publish("unheard", SseEvent.of("lost, too"), "another");
    restore();
    one.publish("unheard", 1, 2);
    one.isToldOnce();
    two.isToldOnce();
    // The loss begins after the events left in Redis, not at the latest event that the node has
    // seen.
    assertTrue(lost.isAfter(begin(one)), lost + " " + one.client.resets());
    assertTrue(lost.isAfter(begin(two)), lost + " " + two.client.resets());
    RecordingTransport back = comesBack("unheard", last);
    soon().until(() -> back.resets().size() == 1);
  }

  private static Position begin(Node node) {
    String reset = node.client.resets().get(0);
    return Position.parse(reset.replaceFirst(".*\"from\":\"([^\"]*)\".*", "$1"));
  }

  /**
   * The reply to a repeated token is as good a proof as the first reply, which may have been lost.
   */
  @Test
  void anEventThatATokenAnswersForProvesIt() {
    Node one = new Node(LONG, "a");
    Node two = new Node(LONG, "a");
    backUp();
    two.bridge.publish("unheard", SseEvent.of("lost"), "token");
    one.bridge.publish("unheard", SseEvent.of("lost"), "token");
    restore();
    one.publish("unheard", 1, 2);
    one.isToldOnce();
    two.isToldOnce();
  }

  @Test
  void aMessageThatFollowsOneBelowTheOneThatWasHeardProvesIt() {
    loses(
        one -> {
          restore();
          publishElsewhere("a", "20");
        },
        LONG);
  }

  @Test
  void aProbeThatFindsLessThanWasHeardProvesIt() {
    loses(one -> restoreWithClockAbove(one.client.lastEventId(), "none"), Duration.ofMillis(900));
  }

  @Test
  void aProbeThatFindsNothingOfAChannelThatWasHeardProvesIt() {
    Node one = new Node(Duration.ofMillis(900), "a", "z");
    Node two = new Node(Duration.ofMillis(900), "a");
    one.publish("z", 0, 1);
    one.hears("0");
    backUp();
    one.publish("a", 1, 3);
    one.hears("2");
    two.hears("2");
    restoreWithClockAbove(one.client.lastEventId(), "a");
    one.isToldOnce();
    two.isToldOnce();
  }

  @Test
  void aRepairThatFindsLessThanWasHeardProvesIt() {
    loses(
        one -> {
          restore();
          publishElsewhere("a", "20");
          admin.clientKill(new ClientKillParams().type(ClientType.PUBSUB));
        },
        LONG);
  }

  @Test
  void aBackupFromAnEarlierRunProvesIt() {
    loses(
        one -> {
          restore();
          admin.hset("{sse}:scope", "run", "0123456789");
          publishElsewhere("other", "20");
        },
        Duration.ofMillis(900));
  }

  @Test
  void aStaleReplicaThatIsMadeThePrimaryAgainIsTold() throws Exception {
    Path there = Files.createDirectory(folder.resolve("replica"));
    admin.configSet("repl-diskless-sync-delay", "0");
    try (RedisProcess stale = RedisProcess.start(there, "--repl-diskless-sync-delay", "0");
        Jedis replica = new Jedis("127.0.0.1", stale.port())) {
      loses(
          one -> {
            replica.replicaof("127.0.0.1", redis.port());
            awaitSync(replica);
            replica.replicaofNoOne();
            one.publish("a", 100, 110);
            one.hears("109");
            admin.replicaof("127.0.0.1", stale.port());
            awaitSync(admin);
            admin.replicaofNoOne();
            one.publish("a", 110, 112);
          },
          Duration.ofSeconds(30));
    }
  }

  private static void awaitSync(Jedis replica) {
    soon().until(() -> replica.info("replication").contains("master_link_status:up"));
  }

  @Test
  void writersThatRaceAndSubscriptionsThatBreakRaiseNoAlarm() throws Exception {
    Node one = new Node(Duration.ofMillis(900), "a", "b");
    Node two = new Node(Duration.ofMillis(900), "a", "b");
    String floor = admin.hget("{sse}:scope", "floor");
    List<CompletableFuture<Void>> writers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Node node = i % 2 == 0 ? one : two;
      int writer = i;
      writers.add(
          CompletableFuture.runAsync(
              () -> {
                for (int n = 0; n < 500; n++) {
                  SseEvent event = SseEvent.of(writer + ":" + n);
                  node.bridge.publish(n % 3 == 0 ? "b" : "a", event, writer + "-" + n);
                  if (n % 50 == 0) {
                    node.bridge.publish(n % 3 == 0 ? "b" : "a", event, writer + "-" + n);
                  }
                }
              }));
    }
    CompletableFuture<Void> all =
        CompletableFuture.allOf(writers.toArray(CompletableFuture[]::new));
    while (!all.isDone()) {
      admin.clientKill(new ClientKillParams().type(ClientType.PUBSUB));
      publishElsewhere("b", "elsewhere");
      await().pollDelay(Duration.ofMillis(50)).until(() -> true);
    }
    all.get();
    soon().until(() -> numbered(one), count -> count == 2_000);
    soon().until(() -> numbered(two), count -> count == 2_000);
    assertEquals(List.of(), one.client.resets());
    assertEquals(List.of(), two.client.resets());
    assertEquals(floor, admin.hget("{sse}:scope", "floor"));
    assertNull(admin.hget("{sse}:scope", "ends"));
  }

  private static long numbered(Node node) {
    return node.client.published().stream().filter(d -> d.contains(":")).count();
  }
}
