package io.github.ssekit.hub;

import static io.github.ssekit.hub.FakeHistory.at;
import static io.github.ssekit.hub.HistoryHub.event;
import static io.github.ssekit.hub.HistoryHub.id;
import static io.github.ssekit.hub.HistoryHub.old;
import static io.github.ssekit.hub.HistoryHub.received;
import static io.github.ssekit.hub.HistoryHub.unknownBlock;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a client gets to live events when nothing fails. */
class ResumeTest {
  private HistoryHub hub = HistoryHub.open();

  // Newcomers.

  @ParameterizedTest
  @NullAndEmptySource
  void aNewcomerIsToldItsPositionOnceAllItsChannelsAreOpen(String lastEventId) {
    hub = new HistoryHub();
    RecordingTransport client = hub.connect(lastEventId, "a", "b");
    assertEquals(List.of("retry: 2000"), client.blocks());
    hub.opened(5, "a");
    hub.deliver("a", 6, 7);
    assertEquals(List.of("retry: 2000"), client.blocks());
    hub.opened(8, "b");
    hub.deliver("a", 9);
    assertEquals(List.of("retry: 2000", id(8), event("a", 9)), client.blocks());
    assertFalse(hub.history.isAsked());
  }

  @Test
  void theReconnectionTimeGoesFirstAlsoIfThePositionIsKnown() {
    assertEquals(List.of("retry: 2000", id(10)), hub.connect(null, "a").blocks());
  }

  @Test
  void aNewcomerGetsNothingOfThePastAndEverythingAfterItsPosition() {
    hub.deliver("a", 11, 12);
    hub.reached(15);
    RecordingTransport client = hub.connect(null, "a", "b");
    hub.deliver("b", 16);
    hub.deliver("a", 17);
    assertEquals(List.of(id(15), event("b", 16), event("a", 17)), received(client));
  }

  @Test
  void plainChannelsAreLiveWhileTheOthersAreNot() {
    hub = new HistoryHub();
    RecordingTransport client = hub.connect(null, "plain", "a");
    hub.feed.deliver("plain", SseEvent.of("x"));
    hub.settle();
    assertEquals(List.of("data: x"), received(client));
    hub.opened(5, "a");
    assertEquals(List.of("data: x", id(5)), received(client));
  }

  @Test
  void aConnectionOfPlainChannelsIsNeitherToldNorAskedFor() {
    RecordingTransport client = hub.connect("5-0", "plain");
    hub.deliver("a", 11);
    assertEquals(List.of(), received(client));
    assertFalse(hub.history.isAsked());
  }

  @ParameterizedTest
  @ValueSource(strings = {"$", "-", "7", "01-0", "18446744073709551615-0", "\u0661-\u0661"})
  void anIdThatIsNoneIsResetOnceAndGoesOnLive(String lastEventId) {
    RecordingTransport client = hub.connect(lastEventId, "a", "b");
    hub.deliver("a", 11);
    assertEquals(List.of(unknownBlock(10), event("a", 11)), received(client));
    assertFalse(hub.history.isAsked());
  }

  // From the logs.

  @Test
  void whatTheLogsHaveIsServedOnceInOrderOverAllChannels() {
    hub.deliver("a", 11);
    hub.deliver("b", 12);
    hub.deliver("a", 13, 14);
    hub.deliver("c", 15);
    hub.deliver("b", 16);
    RecordingTransport client = hub.connect("11-0", "a", "b");
    hub.deliver("a", 17);
    assertEquals(
        List.of(event("b", 12), event("a", 13), event("a", 14), event("b", 16), event("a", 17)),
        received(client));
    assertFalse(hub.history.isAsked());
  }

  @Test
  void aPositionBetweenEventsAndOneAtTheStartOfTheLogsAreServed() {
    hub.deliver("a", 11, 15);
    assertEquals(List.of(event("a", 15)), received(hub.connect("13-7", "a", "b")));
    assertEquals(List.of(event("a", 11), event("a", 15)), received(hub.connect("10-0", "a", "b")));
    assertEquals(List.of(), received(hub.connect("15-0", "a", "b")));
    assertFalse(hub.history.isAsked());
  }

  @Test
  void eventsWithoutAPositionAreLiveOnly() {
    hub.deliver("a", 11);
    hub.feed.deliver("a", SseEvent.of("foreign"));
    hub.deliver("a", 12);
    hub.feed.deliver("a", SseEvent.of("local"));
    RecordingTransport client = hub.connect("11-0", "a");
    RecordingTransport atTheEnd = hub.connect("12-0", "a");
    hub.feed.deliver("a", SseEvent.of("now"));
    hub.settle();
    assertEquals("data: now", received(atTheEnd).get(0));
    assertEquals(List.of("data: now"), received(atTheEnd));
    // After an event that the client must get, an event without a position is like any other.
    assertEquals(List.of(event("a", 12), "data: local", "data: now"), received(client));
  }

  @Test
  void anEventThatIsPublishedPastTheUpstreamIsRefusedSinceItWouldNotBeKept() {
    RecordingTransport client = hub.connect(null, "a", "plain");
    for (String channel : List.of("a", "nobody's")) {
      Exception e =
          assertThrows(
              IllegalArgumentException.class, () -> hub.hub.publish(channel, SseEvent.of("x")));
      assertEquals(
          "channel \"%s\" has history: publish through the bridge, so that the event is kept and reaches every node"
              .formatted(channel),
          e.getMessage());
    }
    assertNull(hub.hub.publish("plain", SseEvent.of("y")));
    hub.settle();
    assertEquals(List.of(id(10), "data: y"), received(client));
    assertEquals(at(10), hub.feed.position());
  }

  @Test
  void noChannelTakesAnIdThatIsNoPositionWhereClientsResumeByPositions() {
    RecordingTransport client = hub.connect(null, "a", "plain");
    SseEvent own = SseEvent.of("x").withId("7");
    for (String channel : List.of("a", "plain", "nobody's")) {
      assertThrows(IllegalArgumentException.class, () -> hub.hub.publish(channel, own));
    }
    hub.settle();
    assertEquals(List.of(id(10)), received(client));
  }

  @Test
  void aTrimmedLogServesNobodyWhoStandsBeforeWhatWasTrimmed() {
    hub = HistoryHub.open(b -> b.maxChannelLog(3, 1_000_000));
    hub.deliver("a", 11, 12, 13, 14, 15);
    RecordingTransport served = hub.connect("12-0", "a");
    assertFalse(hub.history.isAsked());
    assertEquals(List.of(event("a", 13), event("a", 14), event("a", 15)), received(served));
    hub.connect("11-9", "a");
    assertEquals(List.of("[a] after 11-9"), hub.history.asked);
  }

  @Test
  void aChannelWithoutSubscribersKeepsLoggingForThoseWhoReload() {
    hub = new HistoryHub();
    Connection first = hub.connection(new RecordingTransport(), null, "a");
    hub.opened(10, "a");
    first.close();
    hub.settle();
    hub.deliver("a", 11, 12);
    hub.manual.pass(java.time.Duration.ofSeconds(4));
    assertEquals(List.of(event("a", 11), event("a", 12)), received(hub.connect("10-0", "a")));
    assertEquals(List.of("+a"), hub.history.told);
    assertFalse(hub.history.isAsked());
  }

  @Test
  void aChannelThatWasClosedBeginsAnew() {
    hub = new HistoryHub();
    hub.connection(new RecordingTransport(), null, "a").close();
    hub.opened(10, "a");
    hub.manual.pass(java.time.Duration.ofSeconds(5));
    RecordingTransport client = hub.connect("10-0", "a");
    hub.deliver("a", 12);
    assertEquals(List.of("+a", "-a", "+a"), hub.history.told);
    assertEquals(List.of(), received(client));
    hub.opened(12, "a");
    assertEquals(List.of("[a] after 10-0"), hub.history.asked);
    hub.answer(12, 11, 12);
    assertEquals(List.of(old(11), old(12)), received(client));
  }

  // From the upstream.

  @Test
  void pagesAreAskedForUntilTheLogsGoOnAndLiveEventsAreNeitherLostNorDoubled() {
    hub.deliver("a", 11);
    RecordingTransport client = hub.connect("3-0", "a", "b");
    hub.deliver("b", 12);
    hub.answer(6, 5, 6);
    hub.deliver("a", 13);
    hub.answer(9, 8);
    assertEquals(List.of(old(5), old(6), old(8), id(9)), received(client));
    hub.answer(12, 11, 12);
    hub.deliver("b", 14);
    assertEquals(
        List.of("[a, b] after 3-0", "[a, b] after 6-0", "[a, b] after 9-0"), hub.history.asked);
    assertEquals(
        List.of(old(5), old(6), old(8), id(9), old(11), old(12), event("a", 13), event("b", 14)),
        received(client));
  }

  @Test
  void noPageIsAskedForBeforeTheOneBeforeIsWritten() {
    RecordingTransport client = RecordingTransport.notReady();
    hub.connection(client, "3-0", "a");
    hub.answer(6, 5, 6);
    hub.deliver("a", 11);
    assertEquals(List.of("[a] after 3-0"), hub.history.asked);
    assertEquals(List.of(), received(client));
    client.ready(true);
    hub.settle();
    assertEquals(List.of("[a] after 3-0", "[a] after 6-0"), hub.history.asked);
    client.ready(false);
    hub.answer(10);
    assertEquals(List.of(old(5), old(6)), received(client));
    client.ready(true);
    hub.settle();
    assertEquals(List.of(old(5), old(6), id(10), event("a", 11)), received(client));
  }

  @Test
  void whoIsAheadOfTheNodeWaitsAndJoinsWhenItIsReached() {
    RecordingTransport client = hub.connect("3-0", "a", "b");
    hub.answer(15, 5, 14, 15);
    hub.deliver("a", 14);
    RecordingTransport other = hub.connect("14-0", "a");
    assertEquals(List.of(old(5), old(14), old(15)), received(client));
    hub.deliver("b", 15);
    hub.deliver("a", 16);
    assertEquals(List.of(old(5), old(14), old(15), event("a", 16)), received(client));
    assertEquals(List.of(event("a", 16)), received(other));
    assertEquals(List.of("[a, b] after 3-0"), hub.history.asked);
  }

  @Test
  void whoIsAheadJoinsAlsoByAPositionWithoutAnEvent() {
    RecordingTransport client = hub.connect("3-0", "a");
    RecordingTransport later = hub.connect("4-0", "a");
    hub.history.request().answer(15, 5);
    hub.history.request().answer(13, 5);
    hub.settle();
    hub.reached(14);
    hub.deliver("a", 17);
    assertEquals(List.of(old(5), id(15), event("a", 17)), received(client));
    assertEquals(List.of(old(5), id(13), event("a", 17)), received(later));
  }

  @Test
  void aPositionAboveThatOfTheNodeIsAskedFor() {
    RecordingTransport client = hub.connect("12-0", "a");
    RecordingTransport future = hub.connect("99-0", "a");
    assertEquals(List.of("[a] after 12-0", "[a] after 99-0"), hub.history.asked);
    hub.answer(14, 13);
    hub.answer(Replay.reset(StreamReset.Reason.UNKNOWN_ID, at(99), at(14)));
    hub.deliver("a", 13, 14, 15);
    assertEquals(List.of(old(13), id(14), event("a", 15)), received(client));
    assertEquals(event("a", 15), received(future).get(1));
    assertTrue(received(future).get(0).startsWith(id(14) + "\nevent: stream-reset"));
    assertEquals(2, received(future).size());
  }

  // Attaching an upstream.

  @Test
  void anUpstreamWithHistoryIsRefusedOnceItsChannelsAreOpen() {
    ManualHub late = new ManualHub();
    late.connect("plain", "a");
    FakeHistory history = new FakeHistory();
    assertThrows(IllegalStateException.class, () -> late.feed.attach(history));
    assertEquals(List.of(), history.told);
    late.feed.attach(new HubTestUpstream());
  }

  /** After a refusal another upstream can be attached. */
  private static final class HubTestUpstream implements Upstream {
    @Override
    public void channelOpened(String channel) {}

    @Override
    public void channelClosed(String channel) {}
  }

  @Test
  void thePositionIsThatOfTheNodeAndNullBeforeThereIsOne() {
    hub = new HistoryHub();
    assertNull(hub.feed.position());
    hub.connect(null, "a");
    assertNull(hub.feed.position());
    hub.opened(5, "a");
    assertEquals(at(5), hub.feed.position());
    hub.deliver("a", 6);
    hub.deliver("nobody's", 7);
    assertEquals(at(7), hub.feed.position());
    hub.reached(6);
    assertEquals(at(7), hub.feed.position());
  }
}
