package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.hub.RecordingTransport;
import io.github.ssekit.testing.Ports;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;

/** The bridge against a real Redis server, which is stopped, frozen and restarted for real. */
class RedisBridgeIT extends RedisTest {
  private final Hub hub =
      keep(Hub.builder().linger(Duration.ofMillis(100)).maxEventBytes(100_000).create());
  private RedisBridge bridge;

  @BeforeEach
  void start() throws Exception {
    startRedis();
    bridge =
        keep(
            RedisBridge.builder(hub, redis.uri())
                .eventTypes(channel -> channel.startsWith("price:") ? "price" : null)
                .silence(Duration.ofMillis(900))
                .connect());
  }

  @Test
  void whatAnyProgramPublishesIsTheDataVerbatim() {
    listen("chat");
    admin.publish("chat", "hello");
    admin.publish("chat", "{\"id\":\"7\",\"event\":\"x\"}");
    admin.publish("chat", "");
    admin.publish("chat", "event: forged\nid: 9\r\rdata: two");
    soon().until(() -> receiver.events().size() == 4);

    assertEquals(
        List.of("hello", "{\"id\":\"7\",\"event\":\"x\"}", "", "event: forged\nid: 9\n\ndata: two"),
        receiver.published());
    receiver.events().forEach(event -> assertNull(event.type()));
    receiver.events().forEach(event -> assertNull(event.id()));
  }

  @Test
  void whatTheBridgePublishesReachesThisNodeOnceAndAnyOtherProgram() {
    listen("price:42");
    bridge.publish("price:42", SseEvent.of("price", "1.5"));
    soon().until(() -> receiver.events().size() == 1);
    admin.publish("price:42", "2.5");
    soon().until(() -> receiver.events().size() == 2);
    assertEquals(List.of("1.5", "2.5"), receiver.published());
    receiver.events().forEach(event -> assertEquals("price", event.type()));
  }

  @Test
  void aPayloadThatIsNoTextOrTooLargeHarmsNothing() {
    listen("chat");
    byte[] chat = "chat".getBytes(UTF_8);
    admin.publish(chat, new byte[] {(byte) 0xff, 0, (byte) 0xc3, 'a', 0x1b});
    admin.publish(chat, new byte[5_000_000]);
    admin.publish("chat", "next");
    soon().until(() -> receiver.published().contains("next"));

    assertEquals(List.of("\uFFFD\0\uFFFDa\u001b", "next"), receiver.published());
    assertEquals(List.of("{\"channel\":\"chat\",\"reason\":\"oversized\"}"), receiver.resets());
  }

  @Test
  void whatIsToBeIgnoredIsNotDeliveredAndOneThatFailsHarmsNothing() throws Exception {
    Hub otherHub = Hub.create();
    RedisBridge otherBridge =
        RedisBridge.builder(otherHub, redis.uri())
            .ignore((channel, data) -> channel.equals("chat") && data.charAt(0) == '#')
            .connect();
    try (otherBridge;
        otherHub) {
      otherHub.connect(receiver, List.of("chat", "open"), null);
      awaitSubscribers("chat", 1);
      awaitSubscribers("open", 1);
      admin.publish("chat", "#1");
      admin.publish("open", "#2");
      admin.publish("chat", ""); // the function throws
      admin.publish("chat", "3");
      soon().until(() -> receiver.published().contains("3"));
      assertEquals(List.of("#2", "3"), receiver.published());
    }
  }

  @Test
  void anEventTypeThatCanNotBeSentIsCountedAndTheNextOneArrives() throws Exception {
    Hub otherHub = Hub.create();
    List<String> types = new ArrayList<>(List.of("error"));
    RedisBridge otherBridge =
        RedisBridge.builder(otherHub, redis.uri())
            .eventTypes(channel -> types.isEmpty() ? null : types.remove(0))
            .connect();
    try (otherBridge;
        otherHub) {
      otherHub.connect(receiver, List.of("chat"), null);
      awaitSubscribers("chat", 1);
      admin.publish("chat", "first");
      admin.publish("chat", "second");
      soon().until(() -> receiver.published().equals(List.of("second")));
    }
  }

  @Test
  void oneConnectionIsSubscribedWhateverTheNumberOfClientsAndChannels() {
    for (int i = 0; i < 1000; i++) {
      hub.connect(new RecordingTransport(), List.of("room:" + i % 200), null);
    }
    listen("last");
    String pubsub = admin.clientList(ClientType.PUBSUB);
    assertEquals(1, pubsub.lines().count(), pubsub);
    assertEquals(202, sub(pubsub), pubsub); // 200 rooms, "last", and the bridge's own
  }

  private static int sub(String clientList) {
    return Integer.parseInt(clientList.replaceAll("(?s).* sub=(\\d+).*", "$1"));
  }

  @Test
  void aChannelIsSubscribedFromTheFirstListenerToALittleAfterTheLast() {
    Connection first = listen("chat");
    Connection second = hub.connect(new RecordingTransport(), List.of("chat"), null);
    first.unsubscribe("chat");
    bridge.publish("chat", SseEvent.of("still"));
    assertEquals(1, subscribers("chat"));
    second.unsubscribe("chat");
    awaitSubscribers("chat", 0);
    first.subscribe("chat");
    awaitSubscribers("chat", 1);
    admin.publish("chat", "again");
    soon().until(() -> receiver.published().contains("again"));
    assertEquals(List.of(), receiver.resets());
  }

  @Test
  void redisKilledAndBackIsToldAndMessagesFlowWithinTwoSeconds() throws Exception {
    Connection connection = listen("chat");
    redis.kill();
    soon().until(() -> !bridge.health().isSubscribed());
    assertThrows(PublishException.class, () -> bridge.publish("chat", SseEvent.of("lost")));
    // One more channel while there is no Redis: it may miss events as well.
    connection.subscribe("late");
    redis.restart();
    long back = System.nanoTime();
    awaitSubscribers("late", 1);
    awaitSubscribers("chat", 1);
    bridge.publish("chat", SseEvent.of("first after"));
    soon().until(() -> receiver.published().contains("first after"));
    Duration took = Duration.ofNanos(System.nanoTime() - back);

    assertTrue(took.toMillis() < 2000, "took " + took);
    soon().until(() -> receiver.resets().size() == 2);
    assertTrue(receiver.resets().contains("{\"channel\":\"chat\",\"reason\":\"reconnected\"}"));
    assertTrue(receiver.resets().contains("{\"channel\":\"late\",\"reason\":\"reconnected\"}"));
    assertTrue(connection.isOpen());
    soon().until(() -> bridge.health().isSubscribed());
  }

  @Test
  void theChannelOfTheBridgeItselfCanNotBeTakenByAClient() {
    Connection connection = listen("chat");
    String before = subscriptionIds();
    hub.connect(new RecordingTransport(), List.of("{sse}:control"), null).close();
    connection.subscribe("{sse}:control");
    connection.unsubscribe("{sse}:control");
    connection.unsubscribe("chat");
    // After its linger the hub has closed both channels; the subscription stands all the same.
    awaitSubscribers("chat", 0);
    connection.subscribe("chat");
    awaitSubscribers("chat", 1);
    assertEquals(1, subscribers("{sse}:control"));
    assertEquals(before, subscriptionIds());
    assertEquals(List.of(), receiver.resets());
  }

  @Test
  void aSubscriptionThatRedisCutsIsMadeAgainAndTold() {
    listen("chat");
    admin.clientKill(new redis.clients.jedis.params.ClientKillParams().type(ClientType.PUBSUB));
    soon().until(() -> !receiver.resets().isEmpty());
    admin.publish("chat", "after");
    soon().until(() -> receiver.published().contains("after"));
    assertEquals(List.of("{\"channel\":\"chat\",\"reason\":\"reconnected\"}"), receiver.resets());
  }

  @Test
  void aRedisThatFreezesIsNoticedByItsSilence() throws Exception {
    listen("chat");
    redis.pause();
    soon().until(() -> !bridge.health().isSubscribed());
    redis.resume();
    soon().until(() -> bridge.health().isSubscribed());
    awaitSubscribers("chat", 1);
    admin.publish("chat", "thawed");
    soon().until(() -> receiver.published().contains("thawed"));
    assertEquals(
        List.of("{\"channel\":\"chat\",\"reason\":\"reconnected\"}"),
        receiver.resets().stream().distinct().toList());
  }

  @Test
  void aQuietSubscriptionIsKeptByItsProbes() {
    Hub quietHub = Hub.create();
    // For ten times the silence that is allowed.
    try (quietHub;
        RedisBridge quiet =
            RedisBridge.builder(quietHub, redis.uri()).silence(Duration.ofMillis(400)).connect()) {
      quietHub.connect(receiver, List.of("chat"), null);
      awaitSubscribers("chat", 1);
      String before = subscriptionIds();
      await()
          .pollDelay(Duration.ofSeconds(4))
          .atMost(Duration.ofSeconds(9))
          .until(() -> subscriptionIds().equals(before) && quiet.health().isSubscribed());
      assertEquals(List.of(), receiver.resets());
    }
  }

  private String subscriptionIds() {
    return admin.clientList(ClientType.PUBSUB).replaceAll("(?m)^(id=\\d+).*$", "$1");
  }

  @Test
  void publishRefusesWhatRedisCanNotCarry() {
    Map<SseEvent, String> refused =
        Map.of(
            SseEvent.idOnly("1"), "event without data: clients would not notice it",
            SseEvent.of("x").withId("1"),
                "event id \"1\": ids are given by Redis, to channels with history",
            SseEvent.of("other", "x"),
                "event type \"other\": channel \"chat\" has no history, so Redis carries the data alone, and its events are of the type that eventTypes says: message (the default). Publish that type, or have RedisBridgeBuilder.eventTypes say the other, on all nodes",
            SseEvent.of("x".repeat(100_000)),
                "event of 100008 bytes is over the limit of 100000 bytes; split it, or raise maxEventBytes");
    refused.forEach(
        (event, message) ->
            assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> bridge.publish("chat", event))
                    .getMessage()));
    assertThrows(IllegalArgumentException.class, () -> bridge.publish("a\nb", SseEvent.of("x")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{sse}:control",
        "{other}:channel:room:1",
        "__keyspace@0__:session",
        "__keyevent@15__:expired",
        "__sentinel__:hello",
        "__redis__:invalidate"
      })
  void namesOfOtherThingsInRedisAreNeitherPublishedToNorHeard(String name) {
    admin.configSet("notify-keyspace-events", "KEA");
    Connection connection = listen("chat");
    connection.subscribe(name);
    connection.subscribe("behind");
    awaitSubscribers("behind", 1);
    assertEquals(name.equals("{sse}:control") ? 1 : 0, subscribers(name));
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> bridge.publish(name, SseEvent.of("forged")))
            .getMessage();
    assertEquals(
        "channel \"%s\": such names are those of a scope, or of Redis itself; choose another"
            .formatted(name),
        message);
  }

  @Test
  void aResetIsNeverForged() {
    SseEvent forged = SseEvent.of("stream-reset", "{\"channel\":null,\"reason\":\"lost\"}");
    assertThrows(IllegalArgumentException.class, () -> bridge.publish("chat", forged));
    assertNull(Message.parse("1 1764000000000-0 0-0 1\nstream-reset\n{}".getBytes(UTF_8)).event());
  }

  @Test
  void whatIsNullIsNamed() {
    SseEvent event = SseEvent.of("x");
    Map<String, Executable> calls =
        Map.of(
            "hub", () -> RedisBridge.connect(null, redis.uri()),
            "uri", () -> RedisBridge.connect(hub, null),
            "channel", () -> bridge.publish(null, event),
            "event", () -> bridge.publishAsync("chat", null));
    calls.forEach(
        (name, call) ->
            assertEquals(name, assertThrows(NullPointerException.class, call).getMessage()));
  }

  @Test
  void aBridgeThatIsClosedSaysSo() {
    hub.close();
    bridge.close();
    SseEvent event = SseEvent.of("x");
    PublishException e = assertThrows(PublishException.class, () -> bridge.publish("chat", event));
    assertEquals("The bridge is closed", e.getMessage());
    assertFalse(e.mayBeStored());
    Throwable async =
        assertThrows(ExecutionException.class, () -> bridge.publishAsync("chat", event).get())
            .getCause();
    assertEquals("The bridge is closed", async.getMessage());
  }

  @Test
  void aHubThatIsClosedTakesNoBridge() {
    Hub closed = Hub.create();
    closed.close();
    String message =
        assertThrows(IllegalStateException.class, () -> RedisBridge.connect(closed, redis.uri()))
            .getMessage();
    assertEquals("The hub is closed", message);
  }

  @Test
  void aHubTakesOneBridge() {
    String message =
        assertThrows(IllegalStateException.class, () -> RedisBridge.connect(hub, redis.uri()))
            .getMessage();
    assertTrue(message.contains("has a bridge already"), message);
    soon().until(() -> admin.clientList(ClientType.PUBSUB).lines().count() == 1);
  }

  @Test
  void anUnreachableRedisIsSaidInOneSentenceWithoutThePassword() throws Exception {
    URI nobody = URI.create("redis://user:secret@127.0.0.1:" + Ports.free());
    long start = System.nanoTime();
    RedisUnavailableException e =
        assertThrows(
            RedisUnavailableException.class, () -> RedisBridge.connect(Hub.create(), nobody));
    assertTrue(System.nanoTime() - start < 4_500_000_000L);
    assertTrue(e.getMessage().startsWith("Redis at 127.0.0.1:" + nobody.getPort()), e.getMessage());
    assertFalse(e.getMessage().contains("secret"), e.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> RedisBridge.connect(Hub.create(), URI.create("http://localhost:6379")));
  }

  @Test
  void closingEndsThreadsAndConnections() {
    listen("chat");
    hub.close();
    bridge.close();
    soon().until(() -> admin.clientList(ClientType.PUBSUB).isBlank());
    soon()
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(t -> t.getName().startsWith("sse-redis")));
    assertFalse(bridge.health().isSubscribed());
  }

  private Connection listen(String channel) {
    Connection connection = hub.connect(receiver, List.of(channel), null);
    awaitSubscribers(channel, 1);
    return connection;
  }

  private void awaitSubscribers(String channel, long count) {
    soon().until(() -> subscribers(channel) == count);
  }

  private long subscribers(String channel) {
    try (Jedis jedis = new Jedis("127.0.0.1", redis.port())) {
      return jedis.pubsubNumSub(channel).get(channel);
    }
  }

  @Test
  void aBridgeStartsWithoutRedisAndBecomesLiveWhenItComes() throws Exception {
    redis.kill();
    try (Hub own = Hub.create();
        RedisBridge without =
            RedisBridge.builder(own, redis.uri())
                .history(channel -> channel.startsWith("room:"))
                .silence(Duration.ofMillis(900))
                .startWithoutRedis()
                .connect()) {
      assertFalse(without.health().isSubscribed());
      assertNull(without.health().sinceProbe());
      Connection waiting = own.connect(receiver, List.of("room:1", "chat"), null);
      RecordingTransport back = new RecordingTransport();
      Connection resuming = own.connect(back, List.of("room:1"), "1-0");
      for (String channel : List.of("room:1", "chat")) {
        PublishException e =
            assertThrows(
                PublishException.class, () -> without.publish(channel, SseEvent.of("early")));
        assertFalse(e.mayBeStored());
      }
      assertNull(receiver.lastEventId());
      assertTrue(waiting.isOpen() && resuming.isOpen());
      redis.restart();
      await().atMost(Duration.ofSeconds(30)).until(() -> receiver.lastEventId() != null);
      assertTrue(without.health().isSubscribed());
      String id = without.publish("room:1", SseEvent.of("kept")).toString();
      without.publish("chat", SseEvent.of("plain"));
      await().atMost(Duration.ofSeconds(30)).until(() -> receiver.published().size() == 2);
      await().atMost(Duration.ofSeconds(30)).until(() -> id.equals(back.lastEventId()));
      assertEquals(1, back.resets().size());
      assertTrue(waiting.isOpen() && resuming.isOpen());
    }
  }
}
