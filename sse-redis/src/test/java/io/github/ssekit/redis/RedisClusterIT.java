package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.Ports;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.RecordingTransport;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** A bridge to a real Redis Cluster, whose slots move and whose nodes die. */
@Tag("redis-times")
class RedisClusterIT extends RedisTest {
  private static final String CONTROL = "{sse}:control";

  private RedisClusterProcess cluster;

  private void start(int nodes) throws Exception {
    cluster = keep(RedisClusterProcess.start(folder, nodes));
  }

  private RedisBridge node(Hub hub, URI uri) {
    return keep(
        RedisBridge.builder(hub, uri)
            .history(channel -> channel.startsWith("room:"))
            .presence(channel -> channel.startsWith("here:"))
            // More events than the tests publish while a node is away: Redis trims nothing.
            .maxHistory(1_000_000, Duration.ofHours(1))
            .silence(Duration.ofSeconds(3))
            .connect());
  }

  private Hub hub() {
    return keep(
        Hub.builder().linger(Duration.ofMillis(100)).heartbeat(Duration.ofMillis(200)).create());
  }

  private Connection listen(Hub hub, RecordingTransport to, String... channels) {
    Connection connection = hub.connect(to, List.of(channels), null);
    soon().until(() -> to.lastEventId() != null);
    return connection;
  }

  @Test
  void roomsAreHeardAndResumedOnAnyNode() throws Exception {
    start(1);
    Hub here = hub();
    Hub there = hub();
    RedisBridge publisher = node(here, cluster.uri());
    RedisBridge elsewhere = node(there, cluster.uri());
    RecordingTransport onlooker = new RecordingTransport();
    Connection unused = here.connect(onlooker, List.of("here:a"), null);
    Runnable leave = elsewhere.presence().join("here:a", "Ann");
    Connection connection = listen(here, receiver, "room:a", "room:b", "room:c");
    String position = receiver.lastEventId();
    for (String n : numbers(0, 30)) {
      publisher.publish("room:" + "abc".charAt(Integer.parseInt(n) % 3), SseEvent.of(n));
    }
    soon().until(() -> receiver.published().size() == 30);
    assertEquals(numbers(0, 30), receiver.published());
    assertTrue(connection.isOpen());
    RecordingTransport back = new RecordingTransport();
    Connection other = there.connect(back, List.of("room:a", "room:b", "room:c"), position);
    soon().until(() -> back.published().size() == 30);
    assertEquals(numbers(0, 30), back.published());
    assertEquals(List.of(), back.resets());
    assertTrue(other.isOpen());
    assertEquals(10, publisher.recent("room:a", 50).events().size());
    String list = "{\"count\":1,\"here\":[\"Ann\"]}";
    soon().until(() -> onlooker.published().contains(list));
    assertEquals(List.of("Ann"), publisher.presence().here("here:a"));
    leave.run();
  }

  @Test
  void plainChannelsAreHeardFromAnyNodeOfTheCluster() throws Exception {
    start(2);
    Hub hub = hub();
    RedisBridge bridge = node(hub, cluster.uri());
    Connection connection = listen(hub, receiver, "room:a", "chat");
    try (Jedis first = new Jedis("127.0.0.1", cluster.node(0).port());
        Jedis second = new Jedis("127.0.0.1", cluster.node(1).port())) {
      soon().until(() -> first.pubsubChannels().contains("chat"));
      first.publish("chat", "0");
      soon().until(() -> receiver.published().size() == 1);
      second.publish("chat", "1");
      soon().until(() -> receiver.published().size() == 2);
    }
    bridge.publish("chat", SseEvent.of("2"));
    bridge.publish("room:a", SseEvent.of("3"));
    soon().until(() -> receiver.published().size() == 4);
    assertEquals(numbers(0, 4), receiver.published());
    assertTrue(connection.isOpen());
  }

  @Test
  void channelsThatCloseAreUnsubscribedAndTheConnectionStays() throws Exception {
    start(1);
    Hub hub = hub();
    RedisBridge bridge = node(hub, cluster.uri());
    Connection stays = listen(hub, receiver, "room:a");
    try (Jedis jedis = new Jedis("127.0.0.1", cluster.node(0).port())) {
      String clients = subscribers(jedis);
      for (int round = 0; round < 3; round++) {
        Connection leaves = listen(hub, new RecordingTransport(), "room:b", "chat");
        soon().until(() -> cluster.isHeard(0, "{sse}:channel:room:b"));
        soon().until(() -> jedis.pubsubChannels().contains("chat"));
        leaves.close();
        soon().until(() -> !cluster.isHeard(0, "{sse}:channel:room:b"));
        soon().until(() -> !jedis.pubsubChannels().contains("chat"));
      }
      assertEquals(clients, subscribers(jedis));
    }
    bridge.publish("room:a", SseEvent.of("0"));
    soon().until(() -> receiver.published().size() == 1);
    assertTrue(stays.isOpen());
  }

  /** The ids of the connections that are subscribed to the scope. */
  private static String subscribers(Jedis jedis) {
    return jedis
        .clientList()
        .lines()
        .filter(
            line ->
                line.contains("cmd=ssubscribe")
                    || line.contains("cmd=sunsubscribe")
                    || line.contains("cmd=subscribe")
                    || line.contains("cmd=unsubscribe"))
        .map(line -> line.substring(0, line.indexOf(' ')))
        .toList()
        .toString();
  }

  @Test
  void aSlotThatMovesIsFollowedAndNothingIsLost() throws Exception {
    start(2);
    Hub hub = hub();
    RedisBridge bridge = node(hub, cluster.uri());
    Connection connection = listen(hub, receiver, "room:a", "room:b");
    NumberedEvents numbers = keep(NumberedEvents.publish(bridge, "room:a", "room:b"));
    soon().until(() -> numbers.count() > 100);
    for (int to = 1; to >= 0; to--) {
      int target = to;
      cluster.moveScope(1 - to, to);
      int before = numbers.count();
      soon().until(() -> numbers.count() > before + 100);
      soon().until(() -> cluster.isHeard(target, CONTROL) && !cluster.isHeard(1 - target, CONTROL));
      cluster.awaitAgreement();
    }
    String last = numbers.end();
    soon().until(() -> receiver.published().contains(last));
    numbers.assertComplete(receiver);
    assertTrue(connection.isOpen());
  }

  @Test
  void whatIsPublishedInBackgroundWhileTheSlotMovesKeepsItsOrder() throws Exception {
    start(2);
    // The repair after a move appends faster than a loop on a busy machine reads.
    Hub hub = keep(Hub.builder().maxChannelLog(100_000, 32 << 20).create());
    RedisBridge bridge = node(hub, cluster.uri());
    Connection connection = listen(hub, receiver, "room:a");
    AsyncNumbers numbers = keep(AsyncNumbers.publish(bridge, "room:a"));
    soon().until(() -> numbers.count() > 300);
    for (int to = 1; to >= 0; to--) {
      cluster.moveScope(1 - to, to);
      int confirmed = numbers.confirmed().size();
      soon().until(() -> numbers.confirmed().size() > confirmed + 300);
      cluster.awaitAgreement();
    }
    numbers.end();
    // The position of this event is above all others, which the client gets once and in order.
    bridge.publish("room:a", SseEvent.of("1000000000"));
    soon().until(() -> receiver.published().contains("1000000000"));
    assertEquals(List.of(), receiver.resets());
    List<String> confirmed = numbers.confirmed();
    List<String> got = new ArrayList<>(receiver.published());
    got.remove("1000000000");
    got.retainAll(new HashSet<>(confirmed));
    assertEquals(confirmed, got);
    List<Integer> order = confirmed.stream().map(Integer::valueOf).toList();
    assertEquals(order.stream().sorted().toList(), order);
    List<String> refused = new ArrayList<>(numbers.refused());
    refused.retainAll(receiver.published());
    assertEquals(List.of(), refused);
    assertTrue(connection.isOpen());
  }

  @Test
  void anIdleNodeFollowsTheSlotToo() throws Exception {
    start(2);
    Hub hub = hub();
    RedisBridge bridge = node(hub, cluster.uri());
    Connection connection = listen(hub, receiver, "room:a");
    bridge.publish("room:a", SseEvent.of("0"));
    cluster.moveScope(0, 1);
    soon().until(() -> cluster.isHeard(1, CONTROL));
    try (Jedis jedis = new Jedis("127.0.0.1", cluster.node(1).port())) {
      soon().until(() -> jedis.pubsubShardChannels().contains("{sse}:channel:room:a"));
    }
    bridge.publish("room:a", SseEvent.of("1"));
    soon().until(() -> receiver.published().size() == 2);
    assertEquals(numbers(0, 2), receiver.published());
    assertEquals(List.of(), receiver.resets());
    assertTrue(connection.isOpen());
  }

  @Test
  void aNodeThatIsKilledAndRestartedIsGoneOnWith() throws Exception {
    start(2);
    Hub hub = hub();
    RedisBridge bridge = node(hub, cluster.uri());
    Connection connection = listen(hub, receiver, "room:a", "room:b");
    NumberedEvents numbers = keep(NumberedEvents.publish(bridge, "room:a", "room:b"));
    soon().until(() -> numbers.count() > 100);
    cluster.node(0).kill();
    int before = numbers.count();
    cluster.node(0).restart();
    soon().until(() -> numbers.count() > before + 100);
    String last = numbers.end();
    soon().until(() -> receiver.published().contains(last));
    numbers.assertComplete(receiver);
    assertTrue(connection.isOpen());
  }

  @Test
  void oneSeedThatAnswersIsEnoughWithTheLeastRights() throws Exception {
    start(2);
    String[] rights =
        Stream.of(LeastRights.ofNode(), LeastRights.ofCluster())
            .flatMap(Stream::of)
            .toArray(String[]::new);
    List<Jedis> servers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      servers.add(keep(new Jedis("127.0.0.1", cluster.node(i).port())));
      servers.get(i).aclSetUser("sse", rights);
      servers.get(i).configResetStat();
    }
    URI uri =
        URI.create(
            "redis-cluster://sse:password@127.0.0.1:%d,127.0.0.1:%d"
                .formatted(Ports.free(), cluster.node(1).port()));
    // A node uses PING only with a Redis that refuses scripts, and a cluster has one database.
    LeastRights.exercise(
        uri, () -> assertEquals(Set.of("ping", "select"), LeastRights.unused(rights, servers)));
    for (Jedis server : servers) {
      assertEquals(List.of(), server.aclLog());
    }
    soon().until(() -> !cluster.isHeard(0, CONTROL));
  }
}
