package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.hub.RecordingTransport;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.args.ClientType;

/**
 * The single subscription of a bridge: its channels, and how it survives cuts, silence and
 * restarts.
 */
class RedisSubscriptionIT extends PlainBridgeTest {
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
  void afterARestartOfRedisClientsAreResetAndMessagesFlowSoon() throws Exception {
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

    assertTrue(took.toMillis() < 10_000, "took " + took);
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
    // After the linger, the hub has closed both channels; the subscription is unchanged.
    awaitSubscribers("chat", 0);
    connection.subscribe("chat");
    awaitSubscribers("chat", 1);
    assertEquals(1, subscribers("{sse}:control"));
    assertEquals(before, subscriptionIds());
    assertEquals(List.of(), receiver.resets());
  }

  @Test
  void aSubscriptionThatRedisCutsIsRenewedAndClientsAreReset() {
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
    bridge.close();
    Hub quietHub = Hub.create();
    // The test waits for twice the allowed silence.
    try (quietHub;
        RedisBridge quiet =
            RedisBridge.builder(quietHub, redis.uri()).silence(Duration.ofSeconds(6)).connect()) {
      quietHub.connect(receiver, List.of("chat"), null);
      awaitSubscribers("chat", 1);
      String before = subscriptionIds();
      await()
          .pollDelay(Duration.ofSeconds(12))
          .atMost(Duration.ofSeconds(40))
          .until(() -> subscriptionIds().equals(before) && quiet.health().isSubscribed());
      assertEquals(List.of(), receiver.resets());
    }
  }

  private String subscriptionIds() {
    return admin.clientList(ClientType.PUBSUB).replaceAll("(?m)^(id=\\d+).*$", "$1");
  }
}
