package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.Ports;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.RecordingTransport;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** A bridge that finds the primary through Sentinels, in a group that fails over for real. */
@Tag("redis-times")
class RedisSentinelIT extends RedisTest {
  private static final Duration AFTER_SENTINEL = Duration.ofSeconds(15);

  private static final String HERE = "here:1";

  private final List<RecordingTransport> receivers = new ArrayList<>();
  private final List<Connection> connections = new ArrayList<>();
  private RedisSentinels group;

  private void start(int sentinels) throws Exception {
    group = keep(RedisSentinels.start(folder, sentinels));
  }

  /** A node with history in rooms, and presence. */
  private RedisBridge node(Hub hub, URI uri) {
    return keep(
        RedisBridge.builder(hub, uri)
            .history(channel -> channel.startsWith("room:"))
            .presence(channel -> channel.equals(HERE))
            .presenceTimes(Duration.ofMillis(300), Presence.LIFETIME)
            .silence(Duration.ofMillis(900))
            .connect());
  }

  private Hub hub() {
    return keep(Hub.builder().heartbeat(Duration.ofMillis(200)).create());
  }

  private RecordingTransport listen(Hub hub, String... channels) {
    RecordingTransport receiver = new RecordingTransport();
    receivers.add(receiver);
    connections.add(hub.connect(receiver, List.of(channels), null));
    return receiver;
  }

  private void awaitPositions() {
    soon().until(() -> receivers.stream().allMatch(each -> each.lastEventId() != null));
  }

  private void assertAllConnected() {
    assertTrue(connections.stream().allMatch(Connection::isOpen));
    assertTrue(receivers.stream().noneMatch(RecordingTransport::closed));
  }

  @Test
  void aKilledPrimaryIsSucceededAndNobodyIsDisconnected() throws Exception {
    start(3);
    Hub here = hub();
    Hub there = hub();
    RedisBridge publisher = node(here, group.uri());
    RedisBridge other = node(there, group.uri());
    RecordingTransport ann = page(here, publisher, "Ann");
    RecordingTransport bob = page(there, other, "Bob");
    awaitLast(ann, "{\"count\":2,\"here\":[\"Ann\",\"Bob\"]}");
    for (int i = 0; i < 20; i++) {
      RecordingTransport unusedHere = listen(here, "room:a", "room:b");
      RecordingTransport unusedThere = listen(there, "room:a", "room:b");
    }
    awaitPositions();
    NumberedEvents numbers = keep(NumberedEvents.publish(publisher, "room:a", "room:b"));
    soon().until(() -> numbers.count() > 200);
    long killed = System.nanoTime();
    group.primary().kill();
    bob.signals().failed(new IllegalStateException("gone"));
    RecordingTransport cid = page(there, other, "Cid");

    soon().until(() -> group.isNamed(group.replica()));
    long named = System.nanoTime();
    int before = numbers.count();
    await()
        .atMost(AFTER_SENTINEL)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> numbers.lastNanos() > killed && numbers.count() > before);
    String next = numbers.acknowledged().get(before);
    await()
        .atMost(AFTER_SENTINEL.minusNanos(System.nanoTime() - named))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> receivers.stream().allMatch(each -> each.published().contains(next)));
    System.out.printf(
        "failover: Sentinel took %d ms, events flow again %d ms later%n",
        (named - killed) / 1_000_000, (System.nanoTime() - named) / 1_000_000);

    soon().until(() -> numbers.count() > before + 200);
    String last = numbers.end();
    soon().until(() -> receivers.stream().allMatch(each -> each.published().contains(last)));
    receivers.forEach(numbers::assertCompleteOrTold);
    assertAllConnected();
    for (RecordingTransport page : List.of(ann, cid)) {
      awaitLast(page, "{\"count\":2,\"here\":[\"Ann\",\"Cid\"]}");
    }
    assertEquals(List.of("Ann", "Cid"), publisher.presence().here(HERE));
    assertEquals(List.of("Ann", "Cid"), other.presence().here(HERE));
  }

  /** Opens a page that joins under a name and receives the list. */
  private static RecordingTransport page(Hub hub, RedisBridge redis, String name) {
    RecordingTransport page = new RecordingTransport();
    redis.presence().join(HERE, name, hub.connect(page, List.of(HERE), null));
    return page;
  }

  private static void awaitLast(RecordingTransport page, String list) {
    soon()
        .until(
            () -> {
              List<String> told = page.published();
              return !told.isEmpty() && told.get(told.size() - 1).equals(list);
            });
  }

  @Test
  void whatAPrimaryTookWhileItHandedOverIsThereOrTold() throws Exception {
    start(3);
    Hub hub = hub();
    RedisBridge bridge = node(hub, group.uri());
    RecordingTransport receiver = listen(hub, "room:a");
    awaitPositions();
    NumberedEvents numbers = keep(NumberedEvents.publish(bridge, "room:a"));
    soon().until(() -> numbers.count() > 100);
    try (Jedis sentinel = new Jedis("127.0.0.1", group.ports().get(0))) {
      sentinel.sentinelFailover(RedisSentinels.MASTER);
    }
    // The former primary acts as a primary and accepts our connections until Sentinel tells it, for
    // ten seconds.
    awaitOnSuccessor(numbers, receiver);
  }

  private boolean isHeardBySuccessor() {
    // Sentinel closes all connections of a server whose role it changes.
    try (Jedis successor = new Jedis("127.0.0.1", group.replica().port())) {
      return successor.pubsubChannels().contains("{sse}:channel:room:a");
    } catch (JedisConnectionException e) {
      return false;
    }
  }

  /** Waits until the node subscribes to the former replica, and asserts that it continues there. */
  private void awaitOnSuccessor(NumberedEvents numbers, RecordingTransport receiver)
      throws Exception {
    await().atMost(Duration.ofSeconds(40)).until(this::isHeardBySuccessor);
    int before = numbers.count();
    soon().until(() -> numbers.count() > before + 100);
    String last = numbers.end();
    soon().until(() -> receiver.published().contains(last));
    numbers.assertCompleteOrTold(receiver);
    assertAllConnected();
  }

  @Test
  void aPrimaryThatBecameAReplicaUnderALivingSubscriptionIsLeft() throws Exception {
    start(1);
    Hub hub = hub();
    RedisBridge bridge = node(hub, group.uri());
    RecordingTransport receiver = listen(hub, "room:a");
    awaitPositions();
    NumberedEvents numbers = keep(NumberedEvents.publish(bridge, "room:a"));
    soon().until(() -> numbers.count() > 100);
    group.swapByHand();
    awaitOnSuccessor(numbers, receiver);
  }

  @Test
  void anIdleNodeLeavesItTooEvenWithoutHistory() throws Exception {
    start(1);
    Hub hub = hub();
    RedisBridge bridge =
        keep(RedisBridge.builder(hub, group.uri()).silence(Duration.ofMillis(900)).connect());
    RecordingTransport receiver = listen(hub, "chat");
    try (Jedis predecessor = new Jedis("127.0.0.1", group.primary().port());
        Jedis successor = new Jedis("127.0.0.1", group.replica().port())) {
      soon().until(() -> predecessor.pubsubChannels().contains("chat"));
      group.swapByHand();
      soon().until(() -> successor.pubsubChannels().contains("chat"));
      soon().until(() -> !receiver.resets().isEmpty());
      bridge.publish("chat", SseEvent.of("ours"));
      successor.publish("chat", "theirs");
    }
    soon().until(() -> receiver.published().size() == 2);
    assertEquals(List.of("ours", "theirs"), receiver.published());
    assertAllConnected();
  }

  @Test
  void aSentinelThatNamesAReplicaOrDoesNotAnswerIsPassedOver() throws Exception {
    start(1);
    int good = group.ports().get(0);
    int stale = group.startSentinel(group.replica().port(), 5);
    soon()
        .ignoreExceptions()
        .until(
            () -> {
              try (Jedis sentinel = new Jedis("127.0.0.1", stale)) {
                return sentinel.sentinelGetMasterAddrByName(RedisSentinels.MASTER) != null;
              }
            });
    RedisBridge bridge = node(hub(), RedisSentinels.uri(List.of(Ports.free(), stale, good)));
    bridge.publish("room:a", SseEvent.of("hello"));
    try (Jedis primary = new Jedis("127.0.0.1", group.primary().port())) {
      assertEquals(1, primary.xlen("{sse}:stream:room:a"));
    }
  }

  @Test
  void aMasterThatNobodyKnowsIsSaid() throws Exception {
    start(1);
    URI uri = URI.create("redis-sentinel://127.0.0.1:" + group.ports().get(0) + "/elsewhere");
    RedisUnavailableException e =
        assertThrows(RedisUnavailableException.class, () -> RedisBridge.connect(hub(), uri));
    assertTrue(e.getMessage().contains("knows no master \"elsewhere\""), e.getMessage());
  }

  @Test
  void redisAndSentinelsMayHavePasswordsOfTheirOwn() throws Exception {
    start(1);
    try (Jedis primary = new Jedis("127.0.0.1", group.primary().port())) {
      primary.aclSetUser(
          "sse",
          ("on >pw resetkeys resetchannels &{sse}:db2:control &chat -@all +role +ping"
                  + " +client|setname +select +subscribe +unsubscribe +publish")
              .split(" "));
    }
    int locked =
        group.startSentinel(
            group.primary().port(),
            5,
            "requirepass \"wa:tch\"",
            "user least on >least " + LeastRights.ofSentinelLogin());
    String rest = "@127.0.0.1:" + locked + "/chat?db=2&sentinelPassword=";
    RedisBridge bridge = soonBridge(URI.create("redis-sentinel://sse:pw" + rest + "wa%3Atch"));
    bridge.publish("chat", SseEvent.of("hello"));
    soonBridge(URI.create("redis-sentinel://sse:pw" + rest + "least&sentinelUser=least"));
    RedisUnavailableException e =
        assertThrows(
            RedisUnavailableException.class,
            () ->
                RedisBridge.connect(hub(), URI.create("redis-sentinel://sse:pw" + rest + "wr0ng")));
    assertTrue(e.getMessage().contains("WRONGPASS"), e.getMessage());
  }

  /** Tries to connect again and again, since the Sentinel may still be starting. */
  private RedisBridge soonBridge(URI uri) {
    return keep(soon().ignoreExceptions().until(() -> RedisBridge.connect(hub(), uri), b -> true));
  }
}
