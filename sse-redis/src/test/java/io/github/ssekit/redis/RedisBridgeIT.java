package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.Ports;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.hub.RecordingTransport;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import redis.clients.jedis.args.ClientType;

/** The life of a bridge: its start, with and without Redis, and its end. */
class RedisBridgeIT extends PlainBridgeTest {
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
  void anUnreachableRedisIsReportedInOneSentenceWithoutThePassword() throws Exception {
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

  @Test
  void aBridgeStartsWithoutRedisAndBecomesLiveWhenItComes() throws Exception {
    redis.kill();
    try (Hub own = Hub.create();
        RedisBridge without =
            RedisBridge.builder(own, redis.uri())
                .history(channel -> channel.startsWith("room:"))
                .silence(Duration.ofSeconds(3))
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
      without.publish("room:1", SseEvent.of("kept"));
      without.publish("chat", SseEvent.of("plain"));
      await().atMost(Duration.ofSeconds(30)).until(() -> receiver.published().size() == 2);
      // The client gets the event live or in its page, and a position may have followed.
      await().atMost(Duration.ofSeconds(30)).until(() -> back.published().size() == 1);
      assertEquals(1, back.resets().size());
      assertTrue(waiting.isOpen() && resuming.isOpen());
    }
  }
}
