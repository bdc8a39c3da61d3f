package io.github.ssekit.hub;

import static io.github.ssekit.hub.FakeHistory.at;
import static io.github.ssekit.hub.HistoryHub.event;
import static io.github.ssekit.hub.HistoryHub.id;
import static io.github.ssekit.hub.HistoryHub.lostAllBlock;
import static io.github.ssekit.hub.HistoryHub.lostBlock;
import static io.github.ssekit.hub.HistoryHub.old;
import static io.github.ssekit.hub.HistoryHub.received;
import static io.github.ssekit.hub.HistoryHub.rewoundBlock;
import static io.github.ssekit.hub.HistoryHub.unknownBlock;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Resuming and live clients, when events are lost or the history is rewound. */
class ResumeFaultsTest {
  private HistoryHub hub = HistoryHub.open();

  // Rewound.

  @Test
  void liveClientsOfSeveralChannelsAreToldOfARewindOnceAndGoOn() {
    RecordingTransport client = hub.connect(null, "a", "b", "c");
    RecordingTransport plain = hub.connect(null, "plain");
    hub.deliver("b", 11);
    hub.rewound(10, 20);
    hub.deliver("a", 21);
    assertEquals(
        List.of(id(10), event("b", 11), rewoundBlock(10, 20), event("a", 21)), received(client));
    assertEquals(List.of(), received(plain));
    assertEquals(at(21), hub.feed.position());
  }

  @Test
  void aRewindIsToldOnceAlsoIfABatchEndsWithinIt() {
    int reset = rewoundBlock(10, 20).length() + 2;
    hub = HistoryHub.open(b -> b.maxBatchBytes(reset + 10));
    RecordingTransport client = hub.connect(null, "a", "b");
    hub.rewound(10, 20);
    assertEquals(List.of(id(10), rewoundBlock(10, 20)), received(client));
  }

  @Test
  void whoStoodBeforeARewindIsAskedForAndWhoStandsBehindItIsServed() {
    hub.deliver("a", 11);
    hub.rewound(10, 20);
    hub.deliver("a", 21);
    hub.connect("11-0", "a");
    hub.connect("19-9", "b");
    assertEquals(List.of("[a] after 11-0", "[b] after 19-9"), hub.history.asked);
    assertEquals(List.of(event("a", 21)), received(hub.connect("20-0", "a", "b")));
    assertEquals(List.of(), received(hub.connect("21-0", "a", "b")));
    assertEquals(2, hub.history.asked.size());
  }

  @Test
  void aRewindWhileAChannelIsOpeningDoesNotOpenIt() {
    hub = new HistoryHub();
    RecordingTransport newcomer = hub.connect(null, "a");
    hub.rewound(10, 20);
    RecordingTransport second = hub.connect(null, "a");
    RecordingTransport unknown = hub.connect("$", "a");
    RecordingTransport comesBack = hub.connect("7-0", "a");
    assertEquals(List.of(), received(newcomer));
    assertEquals(List.of(), received(second));
    assertEquals(List.of(), received(unknown));
    assertFalse(hub.history.isAsked());
    hub.opened(25, "a");
    hub.answer(Replay.reset(StreamReset.Reason.REWOUND, at(7), at(25)));
    hub.deliver("a", 26);
    assertEquals(List.of(id(25), event("a", 26)), received(newcomer));
    assertEquals(List.of(id(25), event("a", 26)), received(second));
    assertEquals(List.of(unknownBlock(25), event("a", 26)), received(unknown));
    assertEquals(List.of(rewoundBlock(7, 25), event("a", 26)), received(comesBack));
  }

  @Test
  void aChannelThatIsOpenedAfterARewindIsCompleteFromThereOnOnly() {
    hub = new HistoryHub();
    hub.connect(null, "a");
    hub.rewound(10, 20);
    hub.opened(25, "a");
    hub.connect("22-0", "a");
    assertEquals(List.of("[a] after 22-0"), hub.history.asked);
  }

  @Test
  void whoIsAheadWhenARewindPassesIsAskedForAgain() {
    RecordingTransport client = hub.connect("3-0", "a", "b");
    hub.answer(15, 5);
    hub.rewound(10, 20);
    assertEquals(List.of("[a, b] after 3-0", "[a, b] after 15-0"), hub.history.asked);
    hub.answer(Replay.reset(StreamReset.Reason.REWOUND, at(15), at(22)));
    hub.reached(22);
    hub.deliver("a", 23);
    assertEquals(List.of(old(5), id(15), rewoundBlock(15, 22), event("a", 23)), received(client));
  }

  @Test
  void whoIsAheadOfTheRewindTooWaitsOnOrAsksButIsNotTold() {
    RecordingTransport client = hub.connect("3-0", "a");
    hub.answer(Replay.reset(StreamReset.Reason.REWOUND, at(3), at(22)));
    hub.rewound(10, 20);
    if (hub.history.isAsked()) {
      hub.answer(22);
    }
    hub.deliver("a", 21, 22, 23);
    List<String> events = received(client).stream().filter(b -> b.contains("data")).toList();
    assertEquals(List.of(rewoundBlock(3, 22), event("a", 23)), events);
  }

  @Test
  void aPageThatWasReadBeforeARewindIsFollowedByItsNews() {
    RecordingTransport client = hub.connect("3-0", "a", "b");
    FakeHistory.Request before = hub.history.request();
    hub.rewound(10, 20);
    before.answer(12, 5, 12);
    hub.settle();
    assertEquals(List.of("[a, b] after 3-0", "[a, b] after 12-0"), hub.history.asked);
    hub.answer(Replay.reset(StreamReset.Reason.REWOUND, at(12), at(20)));
    hub.deliver("b", 21);
    assertEquals(List.of(old(5), old(12), rewoundBlock(12, 20), event("b", 21)), received(client));
  }

  // Rewound to a lower position, by a clock that is behind.

  @Test
  void whoIsAheadOfAClockThatWentBackDoesNotWaitForItSilently() {
    RecordingTransport client = hub.connect("3-0", "a");
    hub.answer(90, 5, 90);
    hub.rewound(10, 8);
    assertEquals(List.of("[a] after 3-0", "[a] after 90-0"), hub.history.asked);
    hub.answer(Replay.reset(StreamReset.Reason.UNKNOWN_ID, null, at(8)));
    hub.deliver("a", 9);
    assertEquals(List.of(old(5), old(90), unknownBlock(8), event("a", 9)), received(client));
  }

  @Test
  void aPageOfVoidHistoryIsNotWaitedForWhenTheClockWentBack() {
    RecordingTransport client = hub.connect("3-0", "a");
    FakeHistory.Request before = hub.history.request();
    hub.rewound(10, 8);
    before.answer(90, 5, 90);
    hub.settle();
    assertEquals(List.of("[a] after 3-0", "[a] after 90-0"), hub.history.asked);
    hub.answer(Replay.reset(StreamReset.Reason.UNKNOWN_ID, null, at(8)));
    hub.deliver("a", 9);
    assertEquals(List.of(old(5), old(90), unknownBlock(8), event("a", 9)), received(client));
  }

  @Test
  void voidEventsAreNotServedWhenTheClockWentBack() {
    hub.deliver("a", 100, 110);
    hub.rewound(110, 50);
    hub.deliver("a", 60, 70);
    assertEquals(List.of(event("a", 70)), received(hub.connect("60-0", "a")));
    assertEquals(List.of(event("a", 60), event("a", 70)), received(hub.connect("50-0", "a")));
    assertFalse(hub.history.isAsked());
  }

  @Test
  void whoMissedThatTheClockWentBackIsNotServedByTheLog() {
    hub.deliver("a", 100);
    hub.rewound(100, 8);
    RecordingTransport whileItIsBack = hub.connect("90-0", "a");
    hub.answer(Replay.reset(StreamReset.Reason.UNKNOWN_ID, null, at(8)));
    assertEquals(List.of(unknownBlock(8)), received(whileItIsBack));
    hub.deliver("a", 1_000, 1_001);
    RecordingTransport later = hub.connect("90-0", "a");
    hub.answer(Replay.reset(StreamReset.Reason.LOST, null, at(1_001)));
    assertEquals(List.of("[a] after 90-0", "[a] after 90-0"), hub.history.asked);
    assertEquals(1, later.resets().size(), later::toString);
    assertEquals(List.of(event("a", 1_001)), received(hub.connect("1000-0", "a")));
    assertFalse(hub.history.isAsked());
  }

  @Test
  void aNodeThatHasBegunServesNobodyByItsLogWhoMayHaveMissedALossBefore() {
    HistoryHub begun = new HistoryHub();
    begun.connect(null, "a");
    begun.opened(0, "a");
    begun.deliver("a", 1_000);
    begun.connect("90-0", "a");
    assertEquals(List.of("[a] after 90-0"), begun.history.asked);
  }

  @Test
  void theIdOfAnEmptyRedisIsUnknown() {
    assertEquals(List.of(unknownBlock(10)), received(hub.connect("0-0", "a")));
    assertFalse(hub.history.isAsked());
  }

  @Test
  void theNewsThatTheClockWentBackDoesNotSayUpToWhere() {
    RecordingTransport client = hub.connect(null, "a");
    hub.deliver("a", 100);
    hub.rewound(100, 8);
    assertEquals(
        "{\"channel\":null,\"reason\":\"rewound\",\"from\":\"100-0\"}", client.resets().get(0));
  }

  @Test
  void trimmingVoidEventsDoesNotMoveTheStartOfALogThatWentBack() {
    hub = HistoryHub.open(b -> b.maxChannelLog(3, 1_000_000));
    hub.deliver("a", 100, 110);
    hub.rewound(110, 50);
    hub.deliver("a", 60, 70);
    assertEquals(List.of(event("a", 70)), received(hub.connect("60-0", "a")));
    assertFalse(hub.history.isAsked());
  }

  // Lost.

  @Test
  void aLossIsToldToTheClientsOfItsChannelInTheirOrder() {
    RecordingTransport client = hub.connect(null, "a", "b");
    RecordingTransport other = hub.connect(null, "b");
    hub.deliver("a", 11);
    hub.lost("a", 11, 20);
    hub.deliver("b", 21);
    assertEquals(
        List.of(id(10), event("a", 11), lostBlock("a", 11, 20), event("b", 21)), received(client));
    assertEquals(List.of(id(10), event("b", 21)), received(other));
  }

  @Test
  void aLogWithALossServesNobodyBeforeItsEnd() {
    hub.deliver("a", 11);
    hub.lost("a", 11, 20);
    hub.reached(20);
    hub.deliver("a", 21);
    hub.connect("11-0", "a", "b");
    hub.connect("19-0", "a");
    assertEquals(List.of("[a, b] after 11-0", "[a] after 19-0"), hub.history.asked);
    assertEquals(List.of(event("a", 21)), received(hub.connect("20-0", "a")));
    assertEquals(List.of(), received(hub.connect("12-0", "b")));
    assertEquals(2, hub.history.asked.size());
  }

  @Test
  void aLossOfAllChannelsIsToldOnceAndWhatIsKeptOfItFollows() {
    RecordingTransport client = hub.connect(null, "a", "b");
    hub.lost(null, 10, 20);
    hub.deliver("a", 15);
    hub.deliver("b", 21);
    assertEquals(
        List.of(id(10), lostBlock(null, 10, 20), event("a", 15), event("b", 21)), received(client));
    hub.connect("15-0", "a", "b");
    assertEquals(List.of("[a, b] after 15-0"), hub.history.asked, "not from the log");
    assertEquals(List.of(event("b", 21)), received(hub.connect("20-0", "a", "b")));
  }

  @Test
  void whoIsAheadOfALossIsNotToldAndWhoIsBehindIsAskedForAgain() {
    RecordingTransport ahead = hub.connect("3-0", "a");
    hub.answer(25, 5);
    RecordingTransport behind = hub.connect("4-0", "a");
    hub.lost("a", 11, 20);
    hub.answer(12, 5);
    hub.reached(25);
    hub.answer(Replay.of(List.of(), List.of(), at(25)));
    hub.deliver("a", 26);
    assertEquals(List.of(old(5), id(25), event("a", 26)), received(ahead));
    assertEquals(List.of(old(5), id(12), id(25), event("a", 26)), received(behind));
  }

  @Test
  void aLossWhileAChannelIsOpeningDoesNotOpenIt() {
    hub = new HistoryHub();
    hub.connect(null, "b");
    hub.opened(10, "b");
    RecordingTransport first = hub.connect(null, "a");
    hub.lost("a", 5, 20);
    RecordingTransport second = hub.connect(null, "a");
    assertEquals(List.of(), received(first));
    assertEquals(List.of(), received(second), "not before the channel is subscribed to");
    hub.opened(25, "a");
    assertEquals(List.of(id(25)), received(first));
    assertEquals(List.of(id(25)), received(second));
    hub.connect("22-0", "a");
    assertEquals(List.of("[a] after 22-0"), hub.history.asked);
  }

  @Test
  void anEventThatIsTooLargeIsResetInItsPlaceAndCounts() {
    hub = HistoryHub.open(b -> b.maxEventBytes(40));
    RecordingTransport client = hub.connect(null, "a");
    hub.feed.deliverAt("a", SseEvent.of("x".repeat(40)), at(11));
    hub.settle();
    assertEquals(2, received(client).size());
    assertTrue(received(client).get(1).startsWith(id(11) + "\nevent: stream-reset\n"));
    assertTrue(received(client).get(1).contains("oversized"));
    assertEquals(at(11), hub.feed.position());
    RecordingTransport comesBack = hub.connect("10-0", "a");
    assertEquals(received(client).subList(1, 2), received(comesBack));
    assertEquals(List.of(), received(hub.connect("11-0", "a")));
  }

  // An upstream that throws.

  @Test
  void anUpstreamThatFailsToReplayHasTheClientToldAndGoOnLive() {
    hub.deliver("a", 11);
    hub.history.failure = new LinkageError("expected");
    RecordingTransport client = hub.connect("3-0", "a", "b");
    hub.deliver("b", 12);
    assertEquals(List.of(lostAllBlock(3, 11), event("b", 12)), received(client));
  }

  @Test
  void anUpstreamThatFailsForOneClientStrandsNoneOfThoseBehindIt() {
    hub = new HistoryHub();
    List<RecordingTransport> clients = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      clients.add(hub.connect(i == 2 ? null : "3-0", "a"));
    }
    hub.history.failure = new LinkageError("expected");
    hub.opened(5, "a");
    hub.deliver("a", 6);
    assertEquals(List.of(lostAllBlock(3, 5), event("a", 6)), received(clients.get(0)));
    assertEquals(List.of(lostAllBlock(3, 5), event("a", 6)), received(clients.get(1)));
    assertEquals(List.of(id(5), event("a", 6)), received(clients.get(2)));
  }

  @Test
  void anUpstreamThatFailsWhenAPageIsWrittenOrARewindPassesIsSurvived() {
    RecordingTransport paging = hub.connect("3-0", "a");
    RecordingTransport ahead = hub.connect("4-0", "a");
    hub.history.request().answer(5);
    hub.history.failure = new LinkageError("expected");
    hub.settle();
    hub.answer(15);
    hub.rewound(10, 20);
    hub.deliver("a", 21);
    assertEquals(
        List.of(id(5), lostAllBlock(5, 10), rewoundBlock(10, 20), event("a", 21)),
        received(paging));
    assertEquals(List.of(id(15), lostAllBlock(15, 20), event("a", 21)), received(ahead));
  }
}
