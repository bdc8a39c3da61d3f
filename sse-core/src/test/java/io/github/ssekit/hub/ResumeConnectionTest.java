package io.github.ssekit.hub;

import static io.github.ssekit.hub.FakeHistory.at;
import static io.github.ssekit.hub.HistoryHub.event;
import static io.github.ssekit.hub.HistoryHub.id;
import static io.github.ssekit.hub.HistoryHub.lostAllBlock;
import static io.github.ssekit.hub.HistoryHub.lostBlock;
import static io.github.ssekit.hub.HistoryHub.old;
import static io.github.ssekit.hub.HistoryHub.received;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Heartbeats, and connections that leave, join, close or are slow while they resume. */
class ResumeConnectionTest {
  private static final Duration HEARTBEAT = Duration.ofSeconds(15);
  private static final String COMMENT = ":";

  private HistoryHub hub = HistoryHub.open();
  private final RecordingTransport client = new RecordingTransport();

  // Heartbeats.

  @Test
  void theSignOfLifeIsThePositionOnceLiveAndACommentBefore() {
    hub.connection(client, "3-0", "a");
    hub.manual.pass(HEARTBEAT);
    assertEquals(List.of(COMMENT), received(client));
    hub.answer(12, 5);
    client.forget();
    hub.manual.pass(HEARTBEAT);
    assertEquals(List.of(COMMENT), received(client), "ahead of the node");
    hub.reached(13);
    client.forget();
    hub.manual.pass(HEARTBEAT);
    hub.reached(14);
    hub.manual.pass(HEARTBEAT);
    assertEquals(List.of(id(13), id(14)), received(client));
  }

  @Test
  void beforeTheChannelsAreOpenTheSignOfLifeIsAComment() {
    hub.connection(client, "3-0", "a", "new");
    hub.manual.pass(HEARTBEAT);
    assertEquals(List.of(COMMENT), received(client));
  }

  @Test
  void aSignIsSkippedOnlyIfAnIdWasWrittenWithinTheInterval() {
    hub.connection(client, null, "a", "plain");
    hub.manual.pass(HEARTBEAT.dividedBy(2));
    hub.deliver("a", 11);
    hub.manual.pass(HEARTBEAT.minusNanos(1));
    assertEquals(List.of(id(10), event("a", 11)), received(client));
    hub.feed.deliver("plain", SseEvent.of("x"));
    hub.feed.deliver("a", SseEvent.of("foreign"));
    hub.settle();
    client.forget();
    hub.manual.pass(Duration.ofNanos(1));
    assertEquals(List.of(id(11)), received(client));
    client.forget();
    hub.manual.pass(HEARTBEAT.minusNanos(1));
    assertEquals(List.of(), received(client));
  }

  @Test
  void noSignSaysAPositionWhoseEventsAreNotWritten() {
    hub.connection(client, null, "a", "b");
    client.ready(false);
    hub.deliver("a", 11);
    hub.manual.pass(HEARTBEAT);
    client.ready(true);
    hub.settle();
    assertEquals(List.of(id(10), event("a", 11)), received(client));
    // The event and the tick come in one turn.
    hub.feed.deliverAt("b", SseEvent.of("b12"), at(12));
    hub.manual.pass(HEARTBEAT);
    assertEquals(List.of(id(10), event("a", 11), event("b", 12)), received(client));
  }

  @Test
  void aConnectionWithoutHistoryHasCommentsForSigns() {
    hub.connection(client, null, "plain");
    hub.manual.pass(HEARTBEAT);
    assertEquals(List.of(COMMENT), received(client));
  }

  // Leaving and closing while resuming.

  @Test
  void whoLeavesTheChannelThatIsNotOpenIsLiveOnTheOthers() {
    Connection connection = hub.connection(client, null, "a", "new");
    assertEquals(List.of(), received(client));
    connection.unsubscribe("new");
    hub.deliver("a", 11);
    assertEquals(List.of(id(10), event("a", 11)), received(client));
  }

  @Test
  void whoHasLeftAChannelGetsTheOthersOnly() {
    Connection connection = hub.connection(client, "3-0", "a", "b");
    connection.unsubscribe("b");
    hub.answer(5);
    assertEquals(List.of("[a, b] after 3-0", "[a] after 5-0"), hub.history.asked);
    hub.answer(10);
    hub.deliver("b", 11);
    hub.deliver("a", 12);
    assertEquals(List.of(id(5), id(10), event("a", 12)), received(client));
  }

  @Test
  void whoHasLeftAllChannelsIsNotAskedForAgain() {
    Connection connection = hub.connection(client, "3-0", "a");
    connection.unsubscribe("a");
    hub.answer(5);
    assertEquals(List.of("[a] after 3-0"), hub.history.asked);
    assertTrue(connection.isOpen());
  }

  @Test
  void whoLeavesBeforeTheLoopKnowsThatItIsLiveGetsNothingOfThatChannel() {
    Connection connection = hub.hub.connect(client, List.of("a", "b"), null);
    connection.unsubscribe("a");
    hub.settle();
    hub.deliver("a", 11);
    hub.deliver("b", 12);
    assertEquals(List.of(id(10), event("b", 12)), received(client));
  }

  @Test
  void aConnectionThatClosesWhileItIsAskedForEndsAndTheAnswerIsForNobody() {
    List<CloseReason> reasons = new ArrayList<>();
    Connection connection = hub.connection(client, "3-0", "a");
    connection.onClose(reasons::add);
    connection.close();
    hub.settle();
    hub.answer(5, 4);
    assertEquals(List.of(CloseReason.CLOSED), reasons);
    assertEquals(List.of(), received(client));
    assertEquals(List.of("[a] after 3-0"), hub.history.asked);
    assertEquals(List.of(), client.breaches());
  }

  @Test
  void aPageThatWaitsForItsClientIsWrittenBeforeTheConnectionClosesAndIsTheLast() {
    Connection connection = hub.connection(client, "3-0", "a");
    client.ready(false);
    hub.answer(5, 4);
    connection.close();
    hub.settle();
    client.ready(true);
    hub.settle();
    if (hub.history.isAsked()) {
      hub.answer(10, 6);
    }
    assertEquals(List.of(old(4), id(5)), received(client));
    assertTrue(client.closed());
  }

  @Test
  void clientsThatGoWhileOpeningOrAheadAreForgotten() {
    Connection opening = hub.connection(client, null, "new");
    Connection ahead = hub.connection(new RecordingTransport(), "3-0", "a");
    hub.answer(15);
    opening.close();
    ahead.close();
    hub.settle();
    hub.opened(20, "new");
    hub.deliver("a", 21);
    assertEquals(List.of(), received(client));
    assertEquals(0, hub.hub.connectionCount());
  }

  @Test
  void aHubThatClosesEndsThoseWhoResume() {
    Hub threaded = Hub.create();
    threaded.feed().attach(new FakeHistory());
    RecordingTransport other = new RecordingTransport();
    threaded.connect(client, List.of("a"), "3-0");
    threaded.connect(other, List.of("b"), null);
    threaded.close();
    // close() waits a second for each thread, and no longer.
    Awaitility.await()
        .until(() -> threaded.connectionCount() == 0 && client.closed() && other.closed());
  }

  // Joining later.

  @Test
  void aChannelThatIsJoinedLaterIsLiveAndDoesNotResume() {
    hub.deliver("b", 11);
    Connection connection = hub.connection(client, "11-0", "a");
    connection.subscribe("b");
    hub.deliver("b", 12);
    hub.deliver("a", 13);
    assertEquals(List.of(event("b", 12), event("a", 13)), received(client));
  }

  @Test
  void aChannelThatIsJoinedWhileTheConnectionResumesDoesNotOvertakeWhatWasMissed() {
    Connection connection = hub.connection(client, "3-0", "a");
    connection.subscribe("b");
    hub.deliver("b", 20);
    assertFalse(received(client).contains(event("b", 20)), "its id would cover what a has missed");
    hub.answer(20, 5, 19);
    hub.deliver("b", 21);
    assertTrue(received(client).contains(event("b", 21)));
  }

  @Test
  void aChannelThatIsJoinedWhileTheConnectionResumesBringsNothingFromBefore() {
    Connection connection = hub.connection(client, "3-0", "a");
    hub.deliver("b", 11, 12);
    connection.subscribe("b");
    hub.deliver("b", 13);
    hub.answer(10);
    hub.deliver("b", 14);
    assertEquals(List.of(id(10), event("b", 13), event("b", 14)), received(client));
  }

  /** The event's id would be below the position that the client has. */
  @Test
  void anEventOfAChannelThatWasJoinedThatAPagePassesOverIsTold() {
    Connection connection = hub.connection(client, "3-0", "a");
    connection.subscribe("b");
    connection.subscribe("c");
    hub.deliver("b", 11);
    hub.answer(15, 5);
    hub.reached(15);
    hub.deliver("b", 16);
    hub.deliver("c", 17);
    assertEquals(
        List.of(old(5), id(15), passedBlock("b", 3, 15), event("b", 16), event("c", 17)),
        received(client));
  }

  private static String passedBlock(String channel, long from, long to) {
    return lostBlock(channel, from, to).replace("lost", "overrun");
  }

  @ParameterizedTest
  @ValueSource(ints = {1_024, 1})
  void whatAClientHasThatIsAheadOfTheNodeIsNotToldAsMissed(int logged) {
    hub = HistoryHub.open(b -> b.maxChannelLog(logged, 1_000_000));
    Connection connection = hub.connection(client, "13-0", "a");
    connection.subscribe("b");
    hub.deliver("b", 11, 12, 13);
    hub.answer(15);
    hub.reached(15);
    hub.deliver("b", 16);
    assertEquals(List.of(id(15), event("b", 16)), received(client));
  }

  @Test
  void aChannelThatIsJoinedWhileTheFirstOneOpensMissesNothing() {
    Connection connection = hub.connection(client, null, "new");
    connection.subscribe("b");
    hub.deliver("b", 11);
    hub.opened(12, "new");
    hub.deliver("b", 13);
    assertEquals(List.of(event("b", 11), event("b", 13)), received(client));
  }

  @Test
  void aLossAfterAChannelWasJoinedIsToldWhenTheConnectionIsLive() {
    Connection connection = hub.connection(client, "3-0", "a");
    connection.subscribe("b");
    hub.deliver("b", 11);
    hub.lost("b", 11, 20);
    hub.reached(20);
    hub.answer(12);
    hub.deliver("b", 21);
    assertEquals(
        List.of(id(12), passedBlock("b", 3, 12), lostBlock("b", 11, 20), event("b", 21)),
        received(client));
  }

  @Test
  void whatTheLogOfAChannelThatWasJoinedHasNoMoreIsAnOverrunOnlyIfItIsMissed() {
    hub = HistoryHub.open(b -> b.maxChannelLog(2, 1_000_000));
    List<CloseReason> reasons = new ArrayList<>();
    Connection missed = hub.connection(client, "3-0", "a");
    missed.onClose(reasons::add);
    missed.subscribe("b");
    RecordingTransport other = new RecordingTransport();
    hub.connection(other, "4-0", "a").subscribe("b");
    hub.deliver("b", 11, 12, 13);
    hub.answer(10);
    hub.answer(11);
    hub.deliver("b", 14);
    assertEquals(List.of(id(10)), received(client));
    assertEquals(List.of(CloseReason.SLOW), reasons);
    assertEquals(
        List.of(id(11), passedBlock("b", 4, 11), event("b", 12), event("b", 13), event("b", 14)),
        received(other));
  }

  @Test
  void whoHasLeftAllButALaterChannelIsNotAskedForWhenARewindPasses() {
    Connection connection = hub.connection(client, "3-0", "a");
    hub.answer(15);
    connection.subscribe("b");
    connection.unsubscribe("a");
    hub.rewound(10, 20);
    hub.deliver("b", 21);
    assertEquals(List.of("[a] after 3-0"), hub.history.asked);
    assertEquals(List.of(id(15), lostAllBlock(15, 20), event("b", 21)), received(client));
  }

  @Test
  void whoLeavesWhileAheadTakesNobodyAlongWhoWaitsAtTheSamePosition() {
    Connection leaves = hub.connection(new RecordingTransport(), "3-0", "a");
    hub.connection(client, "4-0", "a");
    hub.answer(15);
    hub.answer(15);
    leaves.close();
    hub.settle();
    hub.deliver("a", 16);
    assertEquals(List.of(id(15), event("a", 16)), received(client));
  }

  @Test
  void aChannelThatIsJoinedAfterAllOthersWereLeftIsLive() {
    Connection connection = hub.connection(client, "3-0", "a");
    connection.unsubscribe("a");
    connection.subscribe("b");
    hub.deliver("b", 11);
    assertEquals(List.of(event("b", 11)), received(client));
  }

  @Test
  void aChannelThatIsJoinedAfterAllOthersWereLeftDoesNotOvertakeThePageThatIsUnderWay() {
    Connection connection = hub.connection(client, "3-0", "a");
    client.ready(false);
    hub.answer(15, 5);
    connection.unsubscribe("a");
    connection.subscribe("b");
    hub.deliver("b", 11);
    client.ready(true);
    hub.settle();
    hub.deliver("b", 16);
    assertEquals(
        List.of(old(5), id(15), passedBlock("b", 3, 15), event("b", 16)), received(client));
  }

  @Test
  void aPageWithEventsOfAChannelThatWasLeftIsNotWrittenOnceTheOwnerMayNotHaveIt() {
    for (boolean joinsAgain : List.of(false, true)) {
      hub = HistoryHub.open();
      RecordingTransport slow = RecordingTransport.notReady();
      Connection connection =
          hub.hub.connect(
              slow, ConnectionOptions.of("a", "b").withOwner("Ann").withLastEventId("3-0"));
      hub.settle();
      connection.unsubscribe("a");
      hub.answer(15, 5);
      if (joinsAgain) {
        connection.subscribe("a");
      }
      hub.hub.unsubscribe("Ann", "a");
      slow.ready(true);
      hub.settle();
      assertEquals(List.of(), received(slow));
      assertTrue(slow.closed());
    }
  }

  @Test
  void newsInThePlaceOfAnEventReachesWhoComesBackToThisNode() {
    hub.deliver("a", 11);
    hub.feed.resetAt("a", StreamReset.Reason.LOST, FakeHistory.at(12));
    hub.deliver("a", 13);
    RecordingTransport back = hub.connect("11-0", "a");
    assertEquals(
        List.of(
            id(12) + "\nevent: stream-reset\ndata: {\"channel\":\"a\",\"reason\":\"lost\"}",
            event("a", 13)),
        received(back));
    hub.feed.resetAt("closed", StreamReset.Reason.LOST, FakeHistory.at(14));
    hub.settle();
    assertEquals(List.of(id(14)), received(hub.connect(null, "b")));
  }

  // Slow clients.

  @Test
  void aSlowClientOfAChannelWithHistoryIsClosedAndOneOfAPlainChannelSkips() {
    hub = HistoryHub.open(b -> b.maxChannelLog(2, 1_000_000));
    List<CloseReason> reasons = new ArrayList<>();
    hub.connection(client, null, "a").onClose(reasons::add);
    RecordingTransport plain = hub.connect(null, "plain");
    client.ready(false);
    plain.ready(false);
    hub.deliver("a", 11, 12, 13);
    for (String data : List.of("1", "2", "3")) {
      hub.feed.deliver("plain", SseEvent.of(data));
    }
    client.ready(true);
    plain.ready(true);
    hub.settle();
    assertEquals(List.of(CloseReason.SLOW), reasons);
    assertEquals(List.of(id(10)), received(client));
    assertEquals(List.of("{\"channel\":\"plain\",\"reason\":\"overrun\"}"), plain.data());
    // The client comes back, and misses nothing.
    RecordingTransport again = hub.connect("10-0", "a");
    hub.answer(13, 11, 12, 13);
    assertEquals(List.of(old(11), old(12), old(13)), received(again));
  }

  @Test
  void aChannelWithHistoryIsNotConflatedSinceItsIdsWouldOvertakeThoseOfOthers() {
    hub = new HistoryHub(b -> b.overrunPolicies(c -> OverrunPolicy.conflate(e -> "k")));
    assertThrows(IllegalArgumentException.class, () -> hub.connect(null, "a"));
    assertEquals(List.of(), hub.history.told);
    hub.settle();
    assertEquals(0, hub.hub.connectionCount());
  }
}
