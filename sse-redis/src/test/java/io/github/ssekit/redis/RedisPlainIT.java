package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plain channels: the events that they carry between Redis and clients, and refused events. */
class RedisPlainIT extends PlainBridgeTest {
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
  void aPayloadThatIsNotTextOrTooLargeHarmsNothing() {
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
  void ignoredMessagesAreNotDeliveredAndAFilterThatThrowsHarmsNothing() throws Exception {
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
  void publishRefusesWhatRedisCanNotCarry() {
    Map<SseEvent, String> refused =
        Map.of(
            SseEvent.idOnly("1"),
            "event without data: clients would not notice it",
            SseEvent.of("x").withId("1"),
            "event id \"1\": ids are given by Redis, to channels with history",
            SseEvent.of("other", "x"),
            "event type \"other\": channel \"chat\" has no history, so Redis carries the data"
                + " alone, and its events are of the type that eventTypes says: message (the"
                + " default). Publish that type, or have RedisBridgeBuilder.eventTypes say the"
                + " other, on all nodes",
            SseEvent.of("x".repeat(100_000)),
            "event of 100008 bytes is over the limit of 100000 bytes; split it, or raise"
                + " maxEventBytes");
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
}
