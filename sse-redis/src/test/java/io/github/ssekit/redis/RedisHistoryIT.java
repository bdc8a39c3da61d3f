package io.github.ssekit.redis;

import static java.util.stream.Collectors.toList;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.hub.RecordingTransport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** Channels with history against a real Redis server, on two nodes. */
class RedisHistoryIT extends RedisTest {
  private static final Duration SILENCE = Duration.ofMillis(900);

  private Hub hub;
  private RedisBridge bridge;

  @BeforeEach
  void start() throws Exception {
    startRedis("--appendonly", "yes", "--appendfsync", "always");
    hub = hub();
    bridge = bridge(hub);
  }

  private Hub hub() {
    Hub made =
        Hub.builder().linger(Duration.ofMillis(100)).heartbeat(Duration.ofMillis(200)).create();
    keep(made);
    return made;
  }

  private RedisBridge bridge(Hub made) {
    RedisBridge connected =
        RedisBridge.builder(made, redis.uri())
            .history(channel -> channel.startsWith("room:"))
            .maxHistory(1000, Duration.ofHours(1))
            .silence(SILENCE)
            .connect();
    keep(connected);
    return connected;
  }

  /** Connects a newcomer and waits until it knows its position. */
  private Connection listen(String... channels) {
    Connection connection = hub.connect(receiver, List.of(channels), null);
    soon().until(() -> receiver.lastEventId() != null);
    return connection;
  }

  private void publish(String channel, int from, int to) {
    numbers(from, to).forEach(n -> bridge.publish(channel, SseEvent.of(n)));
  }

  @Test
  void eachEventHasAnIdThatRisesOverAllChannels() {
    listen("room:a", "room:b");
    List<Position> ids = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      ids.add(bridge.publish(i % 2 == 0 ? "room:a" : "room:b", SseEvent.of("" + i)));
    }
    soon().until(() -> receiver.published().size() == 50);
    assertEquals(numbers(0, 50), receiver.published());
    assertEquals(ids, ids.stream().sorted().distinct().collect(toList()));
    assertEquals(
        ids, receiver.events().stream().map(e -> Position.parse(e.id())).collect(toList()));
    soon().until(() -> bridge.position().compareTo(ids.get(49)) >= 0);
  }

  @Test
  void aClientThatComesBackGetsWhatItMissedFromTheLogOfItsNode() {
    Connection stays = listen("room:a");
    RecordingTransport leaves = new RecordingTransport();
    Connection leaving = hub.connect(leaves, List.of("room:a"), null);
    soon().until(() -> leaves.lastEventId() != null);
    publish("room:a", 0, 5);
    soon().until(() -> leaves.published().size() == 5);
    leaving.close();
    publish("room:a", 5, 9);
    soon().until(() -> receiver.published().size() == 9);
    admin.configResetStat();
    RecordingTransport back = new RecordingTransport();
    hub.connect(back, List.of("room:a"), leaves.lastEventId());
    soon().until(() -> back.published().size() == 4);
    assertEquals(numbers(5, 9), back.published());
    assertFalse(admin.info("commandstats").contains("cmdstat_xrange"), "no read of Redis");
    assertTrue(stays.isOpen());
  }

  @Test
  void aClientThatComesBackToAnotherNodeGetsWhatItMissedFromRedisOverAllChannels() {
    listen("room:a", "room:b");
    publish("room:a", 0, 5);
    soon().until(() -> receiver.published().size() == 5);
    String last = receiver.lastEventId();
    for (int i = 5; i < 3005; i++) {
      bridge.publish("room:" + "ab".charAt(i % 2), SseEvent.of("" + i));
    }
    Hub second = hub();
    bridge(second);
    RecordingTransport back = new RecordingTransport();
    second.connect(back, List.of("room:a", "room:b"), last);
    soon().until(() -> back.published().size() >= 2000);
    // A thousand and a bit a channel are kept: the trimmed ones are told of.
    assertEquals(2, back.resets().size());
    assertTrue(back.resets().get(0).contains("\"reason\":\"trimmed\""), back.resets().get(0));
    publish("room:b", 3005, 3010);
    soon().until(() -> back.published().contains("3009"));
    for (int odd = 0; odd < 2; odd++) {
      int parity = odd;
      List<Integer> got =
          back.published().stream()
              .map(Integer::valueOf)
              .filter(i -> i < 3005 && i % 2 == parity)
              .collect(toList());
      assertEquals(
          IntStream.range(got.get(0), 3005).filter(i -> i % 2 == parity).boxed().collect(toList()),
          got);
      assertTrue(got.size() >= 1000, () -> "kept " + got.size());
    }
    assertEquals(
        back.published().stream()
            .map(Integer::valueOf)
            .sorted()
            .map(String::valueOf)
            .collect(toList()),
        back.published());
  }

  @Test
  void aNewcomerToAnIdleChannelKnowsItsPositionAndMissesNothing() {
    Connection first = listen("room:idle");
    String position = receiver.lastEventId();
    first.close();
    soon().until(() -> hub.connectionCount() == 0);
    publish("room:idle", 0, 3);
    RecordingTransport back = new RecordingTransport();
    hub.connect(back, List.of("room:idle"), position);
    soon().until(() -> back.published().size() == 3);
    assertEquals(List.of(), back.resets());
  }

  @Test
  void theNodeReadsWhatItMissedWhenItsSubscriptionBreaks() {
    Connection connection = listen("room:a", "room:b");
    publish("room:a", 0, 10);
    for (int round = 1; round < 10; round++) {
      admin.clientKill(new redis.clients.jedis.params.ClientKillParams().type(ClientType.PUBSUB));
      publish(round % 2 == 0 ? "room:a" : "room:b", round * 10, round * 10 + 10);
    }
    soon().until(() -> receiver.published().size() >= 100);
    assertEquals(numbers(0, 100), receiver.published());
    assertEquals(List.of(), receiver.resets());
    assertTrue(connection.isOpen());
  }

  @Test
  void aRedisThatComesBackWithEverythingIsGoneOnFrom() throws Exception {
    Connection connection = listen("room:a");
    publish("room:a", 0, 10);
    redis.kill();
    redis.restart();
    soon().ignoreExceptions().until(() -> bridge.publish("room:a", SseEvent.of("10")) != null);
    publish("room:a", 11, 20);
    soon().until(() -> receiver.published().contains("19"));
    assertEquals(numbers(0, 20), receiver.published());
    assertEquals(List.of(), receiver.resets());
    assertTrue(connection.isOpen());
  }

  @Test
  void aRedisThatComesBackEmptyIsTold() throws Exception {
    listen("room:a", "room:b");
    publish("room:a", 0, 10);
    soon().until(() -> receiver.published().size() == 10);
    String before = receiver.lastEventId();
    redis.kill();
    redis.deleteFiles();
    redis.restart();
    soon().until(() -> !receiver.resets().isEmpty());
    assertEquals(1, receiver.resets().size());
    assertTrue(receiver.resets().get(0).startsWith("{\"channel\":null,\"reason\":"));
    soon().ignoreExceptions().until(() -> bridge.publish("room:b", SseEvent.of("10")) != null);
    soon().until(() -> receiver.published().contains("10"));
    RecordingTransport back = new RecordingTransport();
    hub.connect(back, List.of("room:a", "room:b"), before);
    soon().until(() -> back.resets().size() == 1);
    publish("room:a", 11, 12);
    soon().until(() -> back.published().contains("11"));
  }

  @Test
  void aRedisThatComesBackEmptySoonAfterARestartIsToldOnEveryNode() throws Exception {
    Hub second = hub();
    bridge(second);
    RecordingTransport there = new RecordingTransport();
    second.connect(there, List.of("room:a"), null);
    listen("room:a");
    soon().until(() -> there.lastEventId() != null);
    publish("room:a", 0, 5);
    redis.kill();
    redis.restart(); // With its data: ids go on ten seconds ahead of the time.
    soon().ignoreExceptions().until(() -> bridge.publish("room:a", SseEvent.of("5")) != null);
    publish("room:a", 6, 10);
    soon().until(() -> receiver.published().size() == 10 && there.published().size() == 10);
    redis.kill();
    redis.deleteFiles();
    redis.restart(); // Without: a clock that starts again could fall below these.
    soon().until(() -> receiver.resets().size() == 1 && there.resets().size() == 1);
    soon().ignoreExceptions().until(() -> bridge.publish("room:a", SseEvent.of("10")) != null);
    soon().until(() -> receiver.published().contains("10") && there.published().contains("10"));
  }

  @Test
  void flushedHistoryIsToldToThoseWhoComeBack() {
    listen("room:a");
    publish("room:a", 0, 10);
    soon().until(() -> receiver.published().size() == 10);
    admin.flushAll();
    publish("room:a", 10, 20);
    soon().until(() -> receiver.published().size() == 20);
    // This node's log still has everything; another one has only what Redis has.
    Hub second = hub();
    bridge(second);
    RecordingTransport back = new RecordingTransport();
    second.connect(back, List.of("room:a"), receiver.events().get(5).id());
    soon().until(() -> back.resets().size() == 1);
    assertTrue(back.resets().get(0).contains("\"reason\":\"lost\""), back.resets().get(0));
    publish("room:a", 20, 21);
    soon().until(() -> back.published().contains("20"));
    RecordingTransport here = new RecordingTransport();
    hub.connect(here, List.of("room:a"), receiver.events().get(5).id());
    soon().until(() -> here.published().contains("20"));
    assertEquals(numbers(6, 21), here.published());
  }

  @Test
  void aMessageThatPubSubDropsIsTold() {
    listen("room:a");
    publish("room:a", 0, 3);
    soon().until(() -> receiver.published().size() == 3);
    // As if the message had been lost on its way: stored, and not sent.
    admin.eval(
        """
        local clock = redis.call('HGET', '{sse}:scope', 'clock')
        local ms, seq = string.match(clock, '(%d+)-(%d+)')
        local id = ms .. '-' .. (seq + 1)
        redis.call('HSET', '{sse}:scope', 'clock', id, 'last:room:a', id)
        """);
    soon().until(() -> receiver.resets().size() == 1);
    assertTrue(receiver.resets().get(0).contains("\"reason\":\"lost\""), receiver.resets().get(0));
    publish("room:a", 3, 5);
    soon().until(() -> receiver.published().size() == 5);
    assertEquals(1, receiver.resets().size());
  }

  @Test
  void idsThatAreNoneAreAnsweredInBand() {
    publish("room:a", 0, 3);
    for (String id :
        List.of(
            "$",
            "-",
            "+",
            "0",
            "1-",
            "12345678901234567890",
            "1-1-1",
            "\u0661-1",
            "x".repeat(65536),
            "999999999999999-0",
            "1-0")) {
      RecordingTransport back = new RecordingTransport();
      hub.connect(back, List.of("room:a"), id);
      soon().until(() -> back.resets().size() == 1 && back.lastEventId() != null);
      String next = bridge.publish("room:a", SseEvent.of("after")).toString();
      soon().until(() -> next.equals(back.lastEventId()));
      assertEquals(
          List.of("after"),
          back.published().subList(back.published().size() - 1, back.published().size()));
    }
  }

  @Test
  void aForeignMessageInAChannelWithHistoryIsLiveOnlyAndHasNoId() {
    listen("room:a");
    admin.publish("{sse}:channel:room:a", "hello");
    admin.publish("{sse}:channel:room:a", "1 5-0 4-0 7\nx\nforged head");
    soon().until(() -> receiver.published().size() == 2);
    assertEquals("hello", receiver.published().get(0));
    assertEquals(List.of("1 5-0 4-0 7\nx\nforged head"), receiver.published().subList(1, 2));
  }

  @Test
  void aTokenMakesASecondTrySafe() {
    listen("room:a");
    String id = bridge.publish("room:a", SseEvent.of("once"), "t1").toString();
    assertEquals(id, bridge.publish("room:a", SseEvent.of("once"), "t1").toString());
    publish("room:a", 0, 1);
    soon().until(() -> receiver.published().size() == 2);
    assertEquals(List.of("once", "0"), receiver.published());
    assertThrows(
        IllegalArgumentException.class, () -> bridge.publish("plain", SseEvent.of("x"), "t"));
  }

  @Test
  void aPublishThatWasNotBegunSaysSo() throws Exception {
    bridge.publish("room:a", SseEvent.of("0"));
    redis.kill();
    soon()
        .until(
            () -> {
              PublishException e =
                  assertThrows(
                      PublishException.class, () -> bridge.publish("room:a", SseEvent.of("1")));
              return !e.mayBeStored();
            });
  }

  @Test
  void aPublishWithoutAnAnswerMayBeStored() throws Exception {
    bridge.publish("room:a", SseEvent.of("0"));
    redis.pause();
    try {
      PublishException e =
          assertThrows(PublishException.class, () -> bridge.publish("room:a", SseEvent.of("1")));
      assertTrue(e.mayBeStored());
    } finally {
      redis.resume();
    }
  }

  @Test
  void theScriptIsLoadedAgainWhenRedisForgotIt() {
    assertNotNull(bridge.publish("room:a", SseEvent.of("0")));
    admin.scriptFlush();
    assertNotNull(bridge.publish("room:a", SseEvent.of("1")));
  }

  @Test
  void recentEventsAndThePositionBehindThemLeaveNoGap() {
    publish("room:a", 0, 100);
    Recent recent = bridge.recent("room:a", 50);
    assertEquals(numbers(50, 100), recent.events().stream().map(SseEvent::data).collect(toList()));
    publish("room:a", 100, 103);
    hub.connect(receiver, List.of("room:a"), recent.position().toString());
    soon().until(() -> receiver.published().size() == 3);
    assertEquals(numbers(100, 103), receiver.published());
    assertEquals(List.of(), receiver.resets());
    assertEquals(List.of(), bridge.recent("room:none", 5).events());
    assertThrows(IllegalArgumentException.class, () -> bridge.recent("plain", 5));
    for (int max : new int[] {0, -1, 1_000_001}) {
      Exception e =
          assertThrows(IllegalArgumentException.class, () -> bridge.recent("room:a", max));
      assertTrue(e.getMessage().contains("max " + max), e.getMessage());
    }
  }

  @Test
  void aKeyThatIsNoStreamIsToldAndTheOtherChannelsGoOn() {
    String before = bridge.publish("room:b", SseEvent.of("0")).toString();
    publish("room:a", 0, 2);
    publish("room:b", 1, 3);
    admin.del("{sse}:stream:room:a");
    admin.set("{sse}:stream:room:a", "somebody's mistake");
    hub.connect(receiver, List.of("room:a", "room:b"), before);
    soon().until(() -> receiver.published().size() == 2);
    assertEquals(numbers(1, 3), receiver.published());
    soon().until(() -> receiver.resets().size() == 1);
    assertTrue(receiver.resets().get(0).contains("room:a"), receiver.resets().toString());
    // The node comes back, too.
    admin.clientKill(new ClientKillParams().type(ClientType.PUBSUB));
    publish("room:b", 3, 4);
    soon().until(() -> receiver.published().size() == 3);
  }

  @Test
  void publishingWithoutWaitingGivesTheIdLater() throws Exception {
    assertNotNull(bridge.publishAsync("room:a", SseEvent.of("0")).get());
    assertNull(bridge.publishAsync("plain", SseEvent.of("0")).get());
    Position once = bridge.publishAsync("room:a", SseEvent.of("1"), "token").get();
    assertEquals(once, bridge.publishAsync("room:a", SseEvent.of("1"), "token").get());
    bridge.close();
    Throwable closed =
        assertThrows(
                ExecutionException.class,
                () -> bridge.publishAsync("plain", SseEvent.of("0")).get())
            .getCause();
    assertEquals("The bridge is closed", closed.getMessage());
    assertFalse(((PublishException) closed).mayBeStored());
  }
}
