package io.github.ssekit.hub;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The order of events, subscriptions, and events that a hub refuses. */
class HubTest {
  private ManualHub hub = new ManualHub();

  @Test
  void aClientSeesItsChannelsInTheOrderOfDelivery() {
    RecordingTransport client = new RecordingTransport();
    hub.connect(client, "a", "b");
    hub.publish("b", "1");
    hub.publish("a", "2");
    hub.publish("c", "none listens");
    hub.publish("b", "3");
    hub.settle();
    assertEquals(List.of("1", "2", "3"), client.data());
  }

  @Test
  void eventsThatArriveDuringATurnDoNotOvertakeEarlierOnes() {
    RecordingTransport client = new RecordingTransport();
    Connection connection = hub.connect(client, "a", "b");
    // The tasks of the turn: the event of a, then this one, which publishes as another thread
    // would.
    hub.publish("a", "1");
    hub.duringNextTurn(
        () -> {
          hub.publish("b", "2");
          hub.publish("a", "3");
        });
    hub.settle();
    assertEquals(List.of("1", "2", "3"), client.data());
    assertTrue(connection.isOpen());
  }

  @Test
  void aTurnEndsHoweverManyTasksComeInMeanwhile() {
    RecordingTransport client = new RecordingTransport();
    hub.connect(client, "a");
    int[] published = {0};
    Runnable[] flood = new Runnable[1];
    flood[0] =
        () -> {
          if (published[0]++ < 10_000) {
            hub.publish("a", "x");
            hub.duringNextTurn(flood[0]);
          }
        };
    hub.duringNextTurn(flood[0]);
    hub.settle();
    assertEquals(10_000, client.data().size(), "a log of 1,024 is not overrun by ready clients");
  }

  @Test
  void subscribingTakesEffectWhenItReturnsAndSoDoesUnsubscribing() {
    RecordingTransport client = new RecordingTransport();
    Connection connection = hub.connect(client, "a");
    hub.publish("b", "before");
    connection.subscribe("b");
    connection.subscribe("b");
    hub.publish("b", "1");
    hub.settle();
    connection.unsubscribe("b");
    connection.unsubscribe("b");
    hub.publish("b", "after");
    hub.publish("a", "2");
    connection.subscribe("b");
    hub.publish("b", "3");
    hub.settle();
    assertEquals(List.of("1", "2", "3"), client.data());
  }

  @Test
  void aConnectionLetsGoOfAChannelThatItHasLeft() {
    ManualHub manual = new ManualHub(b -> b.linger(Duration.ofSeconds(1)));
    RecordingTransport client = new RecordingTransport();
    Connection connection = manual.connect(client, "user", "room", "other");
    // Puts all three channels into the connection's list of grown logs.
    List.of("user", "room", "other").forEach(name -> manual.hub().publish(name, SseEvent.of("x")));
    manual.settle();
    List<WeakReference<Channel>> left =
        Stream.of("room", "other")
            .map(name -> new WeakReference<>(manual.hub().channels.get(name)))
            .toList();
    connection.unsubscribe("other");
    connection.unsubscribe("room");
    manual.settle();
    manual.pass(Duration.ofSeconds(3));
    await()
        .until(
            () -> {
              System.gc();
              return left.stream().allMatch(channel -> channel.refersTo(null));
            });
    assertTrue(connection.isOpen());
  }

  @Test
  void subscribingAndUnsubscribingBeforeTheLoopKnowsIsHarmless() {
    RecordingTransport client = new RecordingTransport();
    Connection connection = hub.connect(client);
    for (int i = 0; i < 3; i++) {
      connection.subscribe("a");
      hub.publish("a", "x");
      connection.unsubscribe("a");
    }
    hub.publish("a", "none listens");
    hub.settle();
    assertEquals(List.of(), client.data());
  }

  @Test
  void theSameChannelTwiceIsOneSubscription() {
    RecordingTransport client = new RecordingTransport();
    hub.connect(client, "a", "a");
    hub.publish("a", "1");
    hub.settle();
    assertEquals(List.of("1"), client.data());
  }

  @Test
  void anOversizedEventIsRefusedByPublishAndResetByDeliver() {
    hub = new ManualHub(b -> b.maxEventBytes(20));
    RecordingTransport client = new RecordingTransport();
    hub.connect(client, "a");
    SseEvent large = SseEvent.of("x".repeat(13));
    Exception refused =
        assertThrowsExactly(IllegalArgumentException.class, () -> hub.hub.publish("a", large));
    assertTrue(refused.toString().contains("limit of 20 bytes"), refused.toString());
    hub.publish("a", "x".repeat(12));
    hub.feed.deliver("a", large);
    hub.publish("a", "live");
    hub.settle();
    assertEquals(
        List.of("x".repeat(12), "{\"channel\":\"a\",\"reason\":\"oversized\"}", "live"),
        client.data());
  }

  @Test
  void reservedEventTypesAreRefused() {
    for (String type : List.of("open", "error", "stream-reset")) {
      SseEvent event = SseEvent.of(type, "x");
      assertThrows(IllegalArgumentException.class, () -> hub.hub.publish("a", event));
      assertThrows(IllegalArgumentException.class, () -> hub.feed.deliver("a", event));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a\nb", "\u0000", "a\u0085", "\ud800", "a\udc00b"})
  void namesOfChannelsAreChecked(String name) {
    SseEvent event = SseEvent.of("x");
    RecordingTransport client = new RecordingTransport();
    assertThrows(IllegalArgumentException.class, () -> hub.hub.publish(name, event));
    assertThrows(IllegalArgumentException.class, () -> hub.connect(client, name));
    assertEquals(0, hub.hub.connectionCount());
  }

  @Test
  void namesOfChannelsAreLimitedInLength() {
    SseEvent event = SseEvent.of("x");
    hub.hub.publish("x".repeat(200), event);
    assertThrows(IllegalArgumentException.class, () -> hub.hub.publish("x".repeat(201), event));
  }
}
