package io.github.ssekit.redis;

import static java.util.stream.Collectors.toList;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.RecordingTransport;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.args.ClientType;

/**
 * The events that clients of channels with history get: live, after a reconnect, on another node.
 */
class RedisHistoryIT extends HistoryBridgeTest {
  @Test
  void aClientThatComesBackGetsWhatItMissedFromTheLogOfItsNode() {
    Connection stays = listen("room:a");
    RecordingTransport leaves = new RecordingTransport();
    Connection leaving = hub.connect(leaves, List.of("room:a"), null);
    soon().until(() -> leaves.lastEventId() != null);
    publish("room:a", 0, 5);
    soon().until(() -> leaves.published().size() == 5);
    leaving.close();
    soon().until(leaves::closed);
    publish("room:a", 5, 9);
    soon().until(() -> receiver.published().size() == 9);
    // Without the history, a node that reads from Redis would reset the client.
    admin.del("{sse}:stream:room:a");
    RecordingTransport back = new RecordingTransport();
    hub.connect(back, List.of("room:a"), leaves.lastEventId());
    soon().until(() -> back.published().size() == 4);
    assertEquals(numbers(5, 9), back.published());
    assertEquals(List.of(), back.resets());
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
    // Redis keeps a little over a thousand events of a channel: a reset covers trimmed events.
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
  void aLastEventIdThatIsNoPositionIsAnsweredInBand() {
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
      Position next = bridge.publish("room:a", SseEvent.of("after"));
      // A position may have followed the event.
      soon().until(() -> Position.parse(back.lastEventId()).compareTo(next) >= 0);
      assertEquals(
          List.of("after"),
          back.published().subList(back.published().size() - 1, back.published().size()));
    }
  }

  /** The script that other languages call accepts event types that no node delivers. */
  @Test
  void whoComesBackIsToldOfAnEventThatNoNodeDelivers() {
    listen("room:a");
    publish("room:a", 0, 1);
    soon().until(() -> receiver.published().size() == 1);
    String last = receiver.lastEventId();
    Object unused =
        admin.eval(
            text("scope.lua") + text("publish.lua"),
            List.of("{sse}:scope", "{sse}:stream:room:a", "{sse}:channel:room:a"),
            List.of("room:a", "open", "x", "1000", "86400000", "", "PUBLISH", "60000"));
    publish("room:a", 1, 2);
    soon().until(() -> receiver.published().size() == 2);
    assertEquals(1, receiver.resets().size());
    RecordingTransport back = new RecordingTransport();
    hub.connect(back, List.of("room:a"), last);
    soon().until(() -> back.published().equals(List.of("1")));
    assertEquals(receiver.resets(), back.resets());
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
}
