package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that read more slowly than the log is trimmed. */
class OverrunPolicyTest {
  private static final String OVERRUN = "{\"channel\":\"prices\",\"reason\":\"overrun\"}";

  private final RecordingTransport client = new RecordingTransport();

  private static ManualHub hub(OverrunPolicy policy, int events, int batchCap) {
    return new ManualHub(
        b ->
            b.maxChannelLog(events, 1_000_000)
                .maxBatchBytes(batchCap)
                .overrunPolicies(c -> c.equals("prices") ? policy : OverrunPolicy.skip()));
  }

  /** Events such as "EUR=3" have the key "EUR". */
  private static OverrunPolicy conflating() {
    return OverrunPolicy.conflate(event -> event.data().replaceAll("=.*", ""));
  }

  @Test
  void aClosingChannelEndsTheConnectionAndNoOther() {
    ManualHub hub = hub(OverrunPolicy.close(), 3, 65536);
    List<CloseReason> reasons = new ArrayList<>();
    Connection slow = hub.connect(client, "prices");
    slow.onClose(reasons::add);
    RecordingTransport other = hub.connect("prices");
    client.ready(false);
    publishAndSettle(hub, "1", "2", "3", "4");
    assertTrue(slow.isOpen());
    client.ready(true);
    hub.settle();
    assertEquals(List.of(CloseReason.SLOW), reasons);
    assertEquals(List.of(), client.data());
    assertTrue(client.closed());
    assertEquals(List.of("1", "2", "3", "4"), other.data());
  }

  @Test
  void theNewestOfEachKeyInItsOrderIsAllThatALaggingClientGets() {
    ManualHub hub = hub(conflating(), 3, 65536);
    hub.connect(client, "prices");
    RecordingTransport other = hub.connect("prices");
    publishAndSettle(hub, "EUR=1", "USD=1");
    client.ready(false);
    publishAndSettle(hub, "EUR=2", "USD=2", "EUR=3", "CHF=1", "EUR=4");
    client.ready(true);
    hub.settle();
    publishAndSettle(hub, "CHF=2");
    assertEquals(List.of("EUR=1", "USD=1", "USD=2", "CHF=1", "EUR=4", "CHF=2"), client.data());
    assertEquals(8, other.data().size()); // Ready all along: nothing is left out.
  }

  @Test
  void aLaggingClientOfAChannelThatIsNeverQuietGetsTheNewest() {
    ManualHub hub =
        new ManualHub(
            b ->
                b.loops(1)
                    .maxChannelLog(3, 1_000_000)
                    .overrunPolicies(c -> OverrunPolicy.conflate(event -> "")));
    hub.connect(client, "prices");
    client.ready(false);
    publishAndSettle(hub, "a", "b", "c", "d", "e");
    client.ready(true);
    for (int i = 0; i < 20; i++) {
      // Publishes once the turn has read the watermark.
      hub.duringNextTurn(() -> hub.publish("prices", "next"));
      hub.turn(0);
    }
    assertTrue(client.data().size() >= 10, () -> "" + client.data());
  }

  /** Two channels conflate: the third waits for neither. */
  @Test
  void aChannelOnWhichAClientAlwaysLagsHoldsUpNoOther() {
    ManualHub hub =
        new ManualHub(
            b ->
                b.maxChannelLog(2, 1_000_000)
                    .overrunPolicies(
                        c ->
                            c.equals("chat")
                                ? OverrunPolicy.close()
                                : OverrunPolicy.conflate(e -> "")));
    hub.connect(client, "chat", "prices", "rates");
    client.ready(false);
    publishAndSettle(hub, "a", "b", "c");
    hub.publish("rates", "a", "b", "c");
    hub.publish("chat", "hello");
    hub.settle();
    client.ready(true);
    for (int i = 0; i < 10; i++) {
      hub.duringNextTurn(
          () -> {
            hub.publish("prices", "d", "e", "f");
            hub.publish("rates", "d", "e", "f");
          });
      hub.turn(0);
    }
    assertTrue(client.data().contains("hello"), () -> "" + client.data());
    assertTrue(client.data().size() > 5, () -> "" + client.data());
    hub.settle();
    assertEquals("f", client.data().get(client.data().size() - 1));
  }

  /**
   * An id beyond trimmed events must not reach the client before the reset that stands for them.
   */
  @Test
  void eachResetComesBeforeLaterIdsOfOtherChannels() {
    HistoryHub hub =
        HistoryHub.open(
            b ->
                b.maxChannelLog(2, 1_000_000)
                    .overrunPolicies(
                        c -> c.equals("a") ? OverrunPolicy.skip() : OverrunPolicy.close()));
    hub.connection(client, null, "b", "a");
    for (int time = 11; time < 31; time += 10) {
      client.ready(false);
      hub.deliver("a", time, time + 1, time + 2);
      hub.deliver("b", time + 3);
      client.ready(true);
      client.forget();
      hub.manual.turn(0);
      List<String> first = HistoryHub.received(client);
      assertTrue(first.get(0).contains("overrun"), first::toString);
      assertEquals(HistoryHub.event("b", time + 3), first.get(1));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void twoChannelsOnWhichAClientAlwaysLagsTakeTurns(boolean conflates) {
    OverrunPolicy policy = conflates ? OverrunPolicy.conflate(e -> "") : OverrunPolicy.skip();
    ManualHub hub = new ManualHub(b -> b.maxChannelLog(2, 1_000_000).overrunPolicies(c -> policy));
    hub.connect(client, "prices", "rates");
    client.ready(false);
    publishAndSettle(hub, "p", "p", "p");
    hub.publish("rates", "r", "r", "r");
    hub.settle();
    client.ready(true);
    for (int i = 0; i < 20; i++) {
      hub.duringNextTurn(
          () -> {
            hub.publish("prices", "p", "p", "p");
            hub.publish("rates", "r", "r", "r");
          });
      hub.turn(0);
    }
    if (conflates) {
      assertTrue(Collections.frequency(client.data(), "p") > 5, () -> "" + client.data());
      assertTrue(Collections.frequency(client.data(), "r") > 5, () -> "" + client.data());
    } else {
      long prices = client.resets().stream().filter(reset -> reset.contains("prices")).count();
      long rates = client.resets().stream().filter(reset -> reset.contains("rates")).count();
      assertTrue(prices > 5 && rates > 5, () -> "" + client.resets());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aClosingClientOfAChannelThatIsNeverQuietGetsTheNewestOnce(boolean conflates) {
    ManualHub hub = hub(conflates ? conflating() : OverrunPolicy.skip(), 2, 65536);
    Connection connection = hub.connect(client, "prices");
    client.ready(false);
    publishAndSettle(hub, "a=1", "a=2", "a=3");
    connection.close();
    hub.settle();
    client.ready(true);
    for (int i = 0; i < 20; i++) {
      hub.publish("prices", "a=4", "a=5", "a=6");
      hub.turn(0);
    }
    hub.settle();
    assertTrue(client.closed());
    assertEquals(1, client.data().size(), () -> "" + client.data());
  }

  @Test
  void aClosingClientThatIsOverrunKeepsItsReason() {
    ManualHub hub = hub(OverrunPolicy.close(), 2, 65536);
    List<CloseReason> reasons = new ArrayList<>();
    Connection connection = hub.connect(client, "prices");
    connection.onClose(reasons::add);
    client.ready(false);
    publishAndSettle(hub, "a");
    connection.close();
    hub.settle();
    // The event that closing waits for is trimmed as well.
    publishAndSettle(hub, "b", "c", "d");
    client.ready(true);
    hub.settle();
    assertEquals(List.of(CloseReason.CLOSED), reasons);
  }

  @Test
  void whatIsStillInTheLogIsNotConflated() {
    ManualHub hub = hub(conflating(), 3, 65536);
    hub.connect(client, "prices");
    client.ready(false);
    publishAndSettle(hub, "EUR=1", "EUR=2", "EUR=3");
    client.ready(true);
    hub.settle();
    assertEquals(List.of("EUR=1", "EUR=2", "EUR=3"), client.data());
  }

  @Test
  void beyondTheBoundOfKeysTheClientIsResetAndSkips() {
    ManualHub hub = hub(conflating(), 3, 65536);
    hub.connect(client, "prices");
    client.ready(false);
    publishAndSettle(hub, "a=1", "b=1", "c=1", "d=1");
    client.ready(true);
    hub.settle();
    publishAndSettle(hub, "a=2");
    assertEquals(List.of(OVERRUN, "a=2"), client.data());
  }

  @Test
  void beyondTheBoundOfBytesTheClientIsResetAndSkips() {
    OverrunPolicy policy = conflating();
    ManualHub hub = new ManualHub(b -> b.maxChannelLog(100, 100).overrunPolicies(c -> policy));
    hub.connect(client, "prices");
    client.ready(false);
    publishAndSettle(hub, "a=" + "x".repeat(60), "b=" + "x".repeat(60), "a=2");
    client.ready(true);
    hub.settle();
    assertEquals(List.of(OVERRUN), client.data());
  }

  @Test
  void aBacklogOfManyKeysGoesInWritesNoLargerThanTheCap() {
    ManualHub hub = hub(conflating(), 50, 100);
    hub.connect(client, "prices");
    client.ready(false);
    // Each key twice. The log holds the second half, which are the newest events of all keys.
    IntStream.range(0, 100).forEach(i -> hub.publish("prices", "k" + i % 50 + "=" + i));
    hub.settle();
    client.ready(true);
    hub.settle();
    assertEquals(
        IntStream.range(50, 100).mapToObj(i -> "k" + i % 50 + "=" + i).toList(), client.data());
    client.writes().forEach(write -> assertTrue(write.length <= 100, write.length + " bytes"));
  }

  @Test
  void aResetIsKeptForAClientThatLags() {
    ManualHub hub = hub(conflating(), 3, 65536);
    hub.connect(client, "prices");
    client.ready(false);
    publishAndSettle(hub, "EUR=1");
    hub.feed.reset("prices", StreamReset.Reason.RECONNECTED);
    publishAndSettle(hub, "EUR=2", "EUR=3", "EUR=4", "EUR=5");
    client.ready(true);
    hub.settle();
    assertEquals(
        List.of("{\"channel\":\"prices\",\"reason\":\"reconnected\"}", "EUR=5"), client.data());
  }

  @Test
  void aKeyFunctionThatFailsIsThePublishersConcern() {
    ManualHub hub =
        hub(
            OverrunPolicy.conflate(
                event -> {
                  throw new IllegalStateException("no key");
                }),
            3,
            65536);
    hub.connect(client, "prices");
    assertThrows(IllegalStateException.class, () -> hub.publish("prices", "x"));
    assertFalse(client.closed());
  }

  private static void publishAndSettle(ManualHub hub, String... data) {
    for (String d : data) {
      hub.publish("prices", d);
      hub.settle();
    }
  }
}
