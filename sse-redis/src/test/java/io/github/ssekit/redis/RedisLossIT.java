package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.RecordingTransport;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** The resets that clients get when Redis or pub/sub loses events, and only then. */
class RedisLossIT extends HistoryBridgeTest {
  @Test
  void clientsContinueWhenRedisComesBackWithAllItsData() throws Exception {
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

  /** A clock that a node hears while Redis takes no writes belongs to the earlier run. */
  @Test
  void clientsContinueWhenRedisComesBackWithAllItsDataAndFirstTakesNoWrites() throws Exception {
    listen("room:a");
    publish("room:a", 0, 10);
    soon().until(() -> receiver.published().size() == 10);
    redis.kill();
    redis.restart("--min-replicas-to-write", "1");
    soon().until(() -> bridge.health().refused() != null && bridge.health().isSubscribed());
    admin = keep(new Jedis("127.0.0.1", redis.port()));
    admin.configSet("min-replicas-to-write", "0");
    soon().until(() -> bridge.health().isHealthy());
    publish("room:a", 10, 20);
    soon().until(() -> receiver.published().contains("19"));
    assertEquals(numbers(0, 20), receiver.published());
    assertEquals(List.of(), receiver.resets());
  }

  @Test
  void clientsAreResetWhenRedisComesBackEmpty() throws Exception {
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
  void clientsOfEveryNodeAreResetWhenRedisComesBackEmptySoonAfterARestart() throws Exception {
    Hub second = hub();
    bridge(second);
    RecordingTransport there = new RecordingTransport();
    second.connect(there, List.of("room:a"), null);
    listen("room:a");
    soon().until(() -> there.lastEventId() != null);
    publish("room:a", 0, 5);
    redis.kill();
    redis.restart(); // With its data: new ids are ten seconds ahead of the time.
    soon().ignoreExceptions().until(() -> bridge.publish("room:a", SseEvent.of("5")) != null);
    publish("room:a", 6, 10);
    soon().until(() -> receiver.published().size() == 10 && there.published().size() == 10);
    redis.kill();
    redis.deleteFiles();
    redis.restart(); // Without its data: a new clock could fall below those ids.
    soon().until(() -> receiver.resets().size() == 1 && there.resets().size() == 1);
    soon().ignoreExceptions().until(() -> bridge.publish("room:a", SseEvent.of("10")) != null);
    soon().until(() -> receiver.published().contains("10") && there.published().contains("10"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoWasAwayWhileRedisWasEmptyAndTookNoWritesIsTold(boolean nodeIsNew) throws Exception {
    listen("room:a");
    publish("room:a", 0, 1);
    soon().until(() -> receiver.published().size() == 1);
    String last = receiver.events().get(0).id();
    publish("room:a", 1, 2);
    soon().until(() -> receiver.published().size() == 2);
    redis.kill();
    redis.deleteFiles();
    redis.restart("--min-replicas-to-write", "1");
    Hub at = nodeIsNew ? hub() : hub;
    if (nodeIsNew) {
      bridge(at);
    }
    RecordingTransport opens = new RecordingTransport();
    soon().until(() -> bridge.health().isSubscribed());
    at.connect(opens, List.of("room:a"), null);
    soon().until(() -> "0-0".equals(opens.lastEventId()));

    admin = keep(new Jedis("127.0.0.1", redis.port()));
    admin.configSet("min-replicas-to-write", "0");
    soon().ignoreExceptions().until(() -> bridge.publish("room:a", SseEvent.of("2")) != null);
    soon().until(() -> opens.published().contains("2"));
    for (String id : List.of(last, "0-0")) {
      RecordingTransport back = new RecordingTransport();
      at.connect(back, List.of("room:a"), id);
      soon().until(() -> back.resets().size() == 1);
    }
  }

  @Test
  void clientsThatComeBackAfterAFlushAreReset() {
    listen("room:a");
    publish("room:a", 0, 10);
    soon().until(() -> receiver.published().size() == 10);
    admin.flushAll();
    publish("room:a", 10, 20);
    soon().until(() -> receiver.published().size() == 20);
    // This node's log still has everything; another node has only the events in Redis.
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
  void aMessageThatPubSubDropsResetsTheClients() {
    listen("room:a");
    publish("room:a", 0, 3);
    soon().until(() -> receiver.published().size() == 3);
    // A message that pub/sub drops: the channel gets a new last id, and no message is sent.
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
  void aKeyThatIsNotAStreamResetsItsChannelAndTheOthersContinue() {
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
    // The node's own repair gets past the key, too.
    admin.clientKill(new ClientKillParams().type(ClientType.PUBSUB));
    publish("room:b", 3, 4);
    soon().until(() -> receiver.published().size() == 3);
  }
}
