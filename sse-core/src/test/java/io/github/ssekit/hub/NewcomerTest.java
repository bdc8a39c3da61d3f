package io.github.ssekit.hub;

import static io.github.ssekit.hub.FakeHistory.at;
import static io.github.ssekit.hub.FakeHistory.page;
import static io.github.ssekit.hub.HistoryHub.event;
import static io.github.ssekit.hub.HistoryHub.id;
import static io.github.ssekit.hub.HistoryHub.old;
import static io.github.ssekit.hub.HistoryHub.received;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The starts of newcomers: clients without a last event ID. */
class NewcomerTest {
  private final RecordingObserver observer = new RecordingObserver();
  private final HistoryHub hub = HistoryHub.open(b -> b.observer(observer));
  private final RecordingTransport client = new RecordingTransport();

  private void connect(@Nullable Start start, String... channels) {
    hub.hub.connect(client, ConnectionOptions.of(channels).withStart(start));
    hub.settle();
  }

  @Test
  void aNewcomerStartsNowUnlessToldOtherwise() {
    connect(null, "a");
    assertEquals(List.of(), hub.history.asked);
    assertEquals(List.of(id(10)), received(client));
  }

  @Test
  void itGetsTheNewestEventsThenLiveOnesInOneOrder() {
    connect(Start.last(2), "a");
    assertEquals(List.of("[a] last 2"), hub.history.asked);
    // Events that are published meanwhile are in the page and in the log. The client gets them
    // once.
    hub.deliver("a", 11, 12);
    hub.answer(12, 9, 11, 12);
    hub.deliver("a", 13);
    assertEquals(List.of(old(9), old(11), old(12), event("a", 13)), received(client));
  }

  @Test
  void theUpstreamSaysWhereToStartOnAChannelAndTheOptionsGoBefore() {
    hub.history.newcomers.put("a", Start.ALL);
    connect(null, "a", "b");
    assertEquals(List.of("[a all, b last 0]"), hub.history.asked);
    connect(Start.NOW, "a", "b");
    assertEquals(1, hub.history.asked.size());
  }

  @Test
  void aClientWithAnIdResumesWhereverNewcomersStart() {
    hub.history.newcomers.put("a", Start.ALL);
    RecordingTransport back = hub.connect("3-0", "a");
    assertEquals(List.of("[a] after 3-0"), hub.history.asked);
    hub.answer(10, 5);
    assertEquals(List.of(old(5), id(10)), received(back));
    RecordingTransport unknown = hub.connect("x", "a");
    assertEquals(1, hub.history.asked.size());
    assertEquals(List.of(HistoryHub.unknownBlock(10)), received(unknown));
  }

  @Test
  void eachChannelStartsAtItsOwnPlaceOnLaterPagesToo() {
    hub.history.newcomers.put("a", Start.ALL);
    hub.history.newcomers.put("b", Start.last(1));
    connect(null, "a", "b", "c");
    hub.answer(page(4, 2, 4).withStarts(Map.of("b", at(8), "c", at(11)), at(15)));
    assertEquals(
        "[a after 4-0 since 15-0, b after 8-0 since 15-0, c after 11-0 since 15-0]",
        hub.history.asked.get(1));
    hub.answer(9, 5, 9);
    assertEquals(
        "[a after 9-0 since 15-0, b after 9-0 since 15-0, c after 11-0 since 15-0]",
        hub.history.asked.get(2));
    hub.answer(10);
    // The client is live, and channel c still starts at its own position.
    hub.deliver("a", 11);
    hub.deliver("c", 12);
    assertEquals(
        List.of(old(2), old(4), old(5), old(9), id(10), event("a", 11), event("c", 12)),
        received(client));
  }

  @Test
  void whoNamesAPositionIsToldOfLossesAsWhoReturns() {
    hub.history.newcomers.put("a", Start.ALL);
    hub.history.newcomers.put("b", Start.after(at(3)));
    connect(null, "a", "b");
    hub.answer(page(4, 2, 4).withStarts(Map.of(), at(15)));
    assertEquals("[a after 4-0 since 15-0, b after 4-0]", hub.history.asked.get(1));
  }

  @Test
  void whatWasToldIsNotToldAgain() {
    RecordingTransport back = hub.connect("3-0", "a", "b");
    assertEquals(List.of(), received(back));
    StreamReset reset = new StreamReset("a", StreamReset.Reason.LOST, null, at(9));
    hub.answer(Replay.of(List.of(reset), List.of(), at(4)).withStarts(Map.of(), at(15)));
    assertEquals("[a after 4-0 since 15-0, b after 4-0]", hub.history.asked.get(1));
  }

  @Test
  void aChannelThatStartsBehindTheNodesPositionBeginsThereInTheLog() {
    hub.history.newcomers.put("a", Start.ALL);
    connect(null, "a", "b");
    hub.deliver("b", 12);
    hub.deliver("a", 13);
    hub.answer(page(11, 2).withStarts(Map.of("b", at(12)), at(15)));
    hub.deliver("b", 14);
    assertEquals(List.of(old(2), id(11), event("a", 13), event("b", 14)), received(client));
  }

  @Test
  void aStartThatCantBeHadConcernsItsOwnClientAlone() {
    HistoryHub node = new HistoryHub();
    node.history.newcomers.put("a", null);
    RecordingTransport other = node.connect("10-0", "b");
    // The channel is not open yet.
    assertThrows(
        NullPointerException.class, () -> node.hub.connect(client, ConnectionOptions.of("a")));
    node.opened(10, "a", "b");
    node.deliver("b", 11);
    assertEquals(List.of(event("b", 11)), received(other));
    assertEquals(1, node.hub.connectionCount());
  }

  @Test
  void whatItLeftBeforeTheFirstPageIsNotAskedFor() {
    connect(Start.ALL, "a");
    client.signals().failed(new IllegalStateException("gone"));
    hub.settle();
    assertFalse(hub.history.request().sink().isWanted());
  }

  @Test
  void anUpstreamThatFailsIsToldAsALoss() {
    hub.history.failure = new AssertionError("failure of the test");
    connect(Start.ALL, "a");
    assertEquals(
        List.of(
            """
            id: 10-0
            event: stream-reset
            data: {"channel":null,"reason":"lost","to":"10-0"}"""),
        received(client));
  }

  @Test
  void itIsNotObservedAsOneThatResumed() {
    connect(Start.last(1), "a");
    hub.answer(10, 9);
    assertFalse(observer.calls.contains("resumed"), observer.calls::toString);
  }

  @Test
  void aStartHasLimits() {
    assertThrows(IllegalArgumentException.class, () -> Start.last(-1));
    assertThrows(IllegalArgumentException.class, () -> Start.last(1_001));
    assertThrows(IllegalArgumentException.class, () -> Start.last(Integer.MAX_VALUE));
    assertThrows(IllegalArgumentException.class, () -> new Start(5, at(1), null));
    assertThrows(IllegalArgumentException.class, () -> Start.ALL.withSince(at(1)));
    assertEquals(Start.NOW, Start.last(0));
  }
}
