package io.github.ssekit.redis;

import static java.util.stream.Collectors.toList;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** Publishing to channels with history: ids, tokens, failures. */
class RedisPublishIT extends HistoryBridgeTest {
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
  void aTokenMakesASecondTrySafe() {
    listen("room:a");
    String id = bridge.publish("room:a", SseEvent.of("once"), "t1").toString();
    assertEquals(id, bridge.publish("room:a", SseEvent.of("once"), "t1").toString());
    publish("room:a", 0, 1);
    soon().until(() -> receiver.published().size() == 2);
    assertEquals(List.of("once", "0"), receiver.published());
    assertThrows(
        IllegalArgumentException.class, () -> bridge.publish("plain", SseEvent.of("x"), "t"));
    // Encoded as UTF-8, this token would be the same as another token.
    assertThrows(
        IllegalArgumentException.class, () -> bridge.publish("room:a", SseEvent.of("x"), "\ud800"));
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
    bridge.close();
    // The silence is so long that no probe of the bridge takes the pooled connection.
    bridge =
        keep(
            RedisBridge.builder(hub(), redis.uri())
                .history(channel -> true)
                .silence(Duration.ofMinutes(10))
                .connect());
    // A bridge has a position once it has heard its first probe.
    soon().until(() -> bridge.position() != null);
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
