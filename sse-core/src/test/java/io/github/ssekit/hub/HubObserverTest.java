package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.ReconnectionTime;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.LogCapture;
import io.github.ssekit.hub.HubObserver.Closed;
import io.github.ssekit.hub.HubObserver.Resumed;
import io.github.ssekit.hub.HubObserver.Written;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The calls that an observer gets, their time and their thread. */
class HubObserverTest extends OneClientTest {
  private static final int RETRY = "retry: 2000\n".length();
  private static final int FRAME = "data: 1\n\n".length();

  private final RecordingObserver seen = new RecordingObserver();

  HubObserverTest() {
    hub = new ManualHub(b -> b.observer(seen));
  }

  /** Passes two ticks, after which all writes so far have been reported. */
  private void tickTwice() {
    hub.pass(SECOND);
    hub.pass(SECOND);
  }

  // Calls about single connections.

  @Test
  void aConnectionIsReportedWhenItOpensAndWhenItEndsWithItsTotals() {
    Connection connection = connect("a");
    assertEquals(List.of("opened"), seen.calls);
    hub.publish("a", "1", "2");
    connection.send(SseEvent.of("3"));
    connection.send(new ReconnectionTime(Duration.ofSeconds(2)));
    hub.pass(SECOND.multipliedBy(3));
    connection.close();
    hub.settle();
    assertEquals(List.of("opened", "closed CLOSED"), seen.calls);
    assertEquals(
        List.of(new Closed(CloseReason.CLOSED, SECOND.multipliedBy(3), 3, 2L * RETRY + 3L * FRAME)),
        seen.closed);
  }

  @Test
  void allObserversAreToldInTheirOrderEvenIfOneFails() {
    List<String> order = new ArrayList<>();
    HubObserver failing =
        new HubObserver() {
          @Override
          public void opened(Connection connection) {
            order.add("first");
            throw new IllegalStateException("on purpose");
          }
        };
    HubObserver second =
        new HubObserver() {
          @Override
          public void opened(Connection connection) {
            order.add("second");
          }
        };
    try (LogCapture log = LogCapture.only(Observation.class, Level.WARNING)) {
      hub = new ManualHub(b -> b.observer(failing).observer(second).observer(seen));
      hub.connect("a");
      assertEquals(1, log.messages().size());
    }
    assertEquals(List.of("first", "second"), order);
    assertEquals(List.of("opened"), seen.calls);
  }

  @Test
  void theObserverIsNeverCalledOnTheLoop() {
    hub.hub.connect(client, List.of("a"), null);
    client.signals().failed(new IOException("gone"));
    while (hub.turn(0)) {
      assertEquals(List.of(), seen.calls);
    }
    hub.runCallbacks();
    hub.runCallbacks();
    assertEquals(List.of("opened", "closed CLIENT_GONE"), seen.calls);
  }

  @Test
  void aSlowClientIsSeenByWhatBecomesOfIt() {
    hub =
        new ManualHub(
            b ->
                b.observer(seen)
                    .maxChannelLog(2, 1_000)
                    .overrunPolicies(
                        c -> c.equals("a") ? OverrunPolicy.skip() : OverrunPolicy.close()));
    RecordingTransport skips = hub.connect("a");
    RecordingTransport closes = hub.connect("b");
    RecordingTransport stuck = hub.connect("c");
    seen.calls.clear();
    for (RecordingTransport slow : List.of(skips, closes, stuck)) {
      slow.ready(false);
    }
    hub.publish("c", "1");
    for (String channel : List.of("a", "b")) {
      hub.publish(channel, "1");
      hub.settle();
      hub.publish(channel, "2", "3", "4");
      hub.settle();
    }
    skips.ready(true);
    hub.settle();
    closes.ready(true);
    hub.settle();
    hub.pass(SECOND.multipliedBy(31));
    assertEquals(List.of("reset one a overrun", "closed SLOW", "closed STUCK"), seen.calls);
  }

  @Test
  void aResetOfAllClientsIsReportedOnce() {
    hub = new ManualHub(b -> b.observer(seen).maxEventBytes(40));
    hub.connect("a");
    hub.connect("a");
    seen.calls.clear();
    hub.feed.reset("a", StreamReset.Reason.RECONNECTED);
    hub.feed.reset("nobody's", StreamReset.Reason.RECONNECTED);
    hub.feed.deliver("a", SseEvent.of("x".repeat(50)));
    hub.settle();
    assertEquals(List.of("reset all a reconnected", "reset all a oversized"), seen.calls);
  }

  @Test
  void resetsFromTheUpstreamAreReported() {
    HistoryHub history = HistoryHub.open(b -> b.observer(seen));
    seen.calls.clear();
    history.lost("a", 10, 12);
    history.lost("not open", 10, 12);
    history.rewound(12, 20);
    assertEquals(List.of("reset all a lost", "reset all null rewound"), seen.calls);
  }

  @Test
  void aReturningClientIsReportedWhenItIsLive() {
    HistoryHub history = HistoryHub.open(b -> b.observer(seen));
    history.deliver("a", 11, 12);
    seen.calls.clear();
    history.connect(null, "a");
    history.connect("11-0", "a");
    history.connect("4-0", "a");
    assertEquals(List.of("opened", "opened", "resumed", "opened"), seen.calls);
    history.manual.pass(SECOND);
    history.answer(11, 5, 7, 11);
    history.connect("none", "a");
    assertEquals(List.of("resumed", "opened", "reset one null unknown-id"), last(3));
    assertEquals(
        List.of(new Resumed(Duration.ZERO, 0, 0), new Resumed(SECOND, 1, 3)), seen.resumed);
  }

  @Test
  void resetsInAReplayAreReportedWithTheConnection() {
    HistoryHub history = HistoryHub.open(b -> b.observer(seen));
    history.connect("4-0", "a");
    StreamReset trimmed =
        new StreamReset("a", StreamReset.Reason.TRIMMED, FakeHistory.at(4), FakeHistory.at(10));
    history.answer(Replay.of(List.of(trimmed), List.of(), FakeHistory.at(10)));
    assertEquals(List.of("reset one a trimmed", "resumed"), last(2));
    assertEquals(1, seen.resumed.get(0).events());
  }

  @Test
  void anUpstreamThatFailsToReplayIsAResetAndNoResumption() {
    HistoryHub history = HistoryHub.open(b -> b.observer(seen));
    seen.calls.clear();
    history.history.failure = new LinkageError("expected");
    history.connect("4-0", "a");
    assertEquals(List.of("opened", "reset one null lost"), seen.calls);
  }

  private List<String> last(int count) {
    return seen.calls.subList(seen.calls.size() - count, seen.calls.size());
  }

  // Totals.

  @Test
  void theTotalsOfAllLoopsAreReportedInOneCall() {
    hub = new ManualHub(b -> b.observer(seen).loops(2));
    hub.connect("a");
    hub.connect("a");
    tickTwice();
    seen.written.clear();
    hub.publish("a", "1", "2");
    hub.settle();
    hub.publish("a", "3");
    hub.settle();
    tickTwice();
    assertEquals(List.of(new Written(6, 6L * FRAME, 4, 2, 0, 0)), seen.written.subList(0, 1));
  }

  @Test
  void signsOfLifeAreBytesAndNoBatch() {
    hub = new ManualHub(b -> b.observer(seen).heartbeat(SECOND));
    connect("a");
    tickTwice();
    hub.pass(SECOND);
    assertEquals(new Written(0, ":\n".length(), 0, 0, 0, 0), seen.lastWritten());
  }

  @Test
  void theLagIsThatOfTheSlowestClientAndIsReportedUntilItIsZero() {
    connect("a");
    RecordingTransport behind = hub.connect("a");
    client.ready(false);
    hub.publish("a", "1", "2");
    hub.settle();
    behind.ready(false);
    hub.publish("a", "3");
    hub.settle();
    tickTwice();
    assertEquals(3, seen.lastWritten().lag());
    client.ready(true);
    hub.settle();
    tickTwice();
    assertEquals(1, seen.lastWritten().lag());
    behind.ready(true);
    hub.settle();
    for (int i = 0; i < 4; i++) {
      hub.pass(SECOND);
    }
    assertEquals(0, seen.lastWritten().lag());
    int told = seen.written.size();
    tickTwice();
    assertEquals(told, seen.written.size(), "an idle hub is silent");
  }

  @Test
  void theLagOfAClientThatTheLogHasLeftBehindIsAllThatTheLogHolds() {
    hub = new ManualHub(b -> b.observer(seen).maxChannelLog(2, 1_000));
    connect("a");
    client.ready(false);
    hub.publish("a", "1");
    hub.settle();
    hub.publish("a", "2", "3", "4", "5");
    hub.settle();
    tickTwice();
    assertEquals(2, seen.lastWritten().lag());
  }

  @Test
  void callsThatComeMeanwhileAreMadeInTheSameTaskWhichTheHubsCloseAwaits() {
    List<Runnable> tasks = new ArrayList<>();
    List<String> calls = new ArrayList<>();
    Observation[] observation = new Observation[1];
    HubObserver observer =
        new HubObserver() {
          @Override
          public void written(Written totals) {
            calls.add("written");
            observation[0].enqueue(o -> calls.add("next"));
          }
        };
    observation[0] = new Observation(List.of(observer), tasks::add, System::nanoTime);
    LoopCounters counters = new LoopCounters();
    counters.wrote(1, 10);
    observation[0].add(counters);
    observation[0].tick();
    tasks.remove(0).run();
    assertEquals(List.of("written", "next"), calls);
    assertEquals(List.of(), tasks);
  }

  @Test
  void theLastTotalsAreReportedBeforeCloseReturns() {
    Hub running = Hub.builder().observer(seen).loops(2).create();
    running.connect(client, List.of("a"), null);
    RecordingTransport other = new RecordingTransport();
    running.connect(other, List.of("a"), null);
    running.publish("a", SseEvent.of("1"));
    Awaitility.await().until(() -> client.data().size() + other.data().size() == 2);
    running.close();
    // close() waits a second for each thread, and no longer.
    Awaitility.await()
        .until(
            () ->
                seen.calls.size() == 4
                    && seen.written.stream().mapToLong(Written::events).sum() == 2);
    assertEquals(
        List.of("closed HUB_CLOSED", "closed HUB_CLOSED", "opened", "opened"),
        seen.calls.stream().sorted().toList());
  }

  // Observers that are slow, or fail.

  @Test
  void anObserverThatIsBusyKeepsNobodyWaitingAndMissesWhatIsBeyondTheBound() {
    for (int i = 0; i < HubObserver.CAPACITY + 3; i++) {
      hub.hub.connect(new RecordingTransport(), List.of("a"), null);
    }
    hub.publish("a", "1");
    while (hub.turn(0)) {}
    assertEquals(List.of(), seen.calls, "it has not come to it");
    tickTwice();
    assertEquals(HubObserver.CAPACITY, seen.calls.size());
    assertEquals(3, seen.written.stream().mapToLong(Written::dropped).sum());
    assertEquals(
        HubObserver.CAPACITY + 3,
        seen.written.stream().mapToLong(Written::events).sum(),
        "totals are never dropped");
  }

  @Test
  void anObserverThatThrowsIsLoggedOnceAMinuteAndHurtsNobody() {
    HubObserver failing =
        new HubObserver() {
          @Override
          public void opened(Connection connection) {
            throw new IllegalStateException("an observer of this test: expected");
          }

          @Override
          public void closed(Connection connection, Closed how) {
            throw new LinkageError("an observer of this test: expected");
          }
        };
    try (LogCapture log = LogCapture.only(Observation.class, Level.WARNING)) {
      hub = new ManualHub(b -> b.observer(failing));
      for (int i = 0; i < 3; i++) {
        client = new RecordingTransport();
        reasons.clear();
        Connection connection = connect("a");
        hub.publish("a", "1");
        connection.close();
        hub.settle();
        assertEquals(List.of("1"), client.data());
        assertClosed(connection, CloseReason.CLOSED);
      }
      assertEquals(List.of("The hub's observer failed"), log.messages());
      hub.pass(Duration.ofMinutes(1));
      hub.connect("a");
      assertTrue(
          log.messages().get(1).contains("(6 times since the last such line)"),
          log.messages().toString());
    }
  }

  @Test
  void refusalsAreReportedAndLoggedOnceAMinuteForEachReasonWithoutTheClientsInput() {
    List<String> told = new ArrayList<>();
    HubObserver observer =
        new HubObserver() {
          @Override
          public void refused(ConnectionOptions options, Refusal why) {
            told.add(options.owner() + " " + why);
          }
        };
    try (LogCapture log = LogCapture.only(Hub.class, Level.INFO)) {
      hub = new ManualHub(b -> b.observer(observer).maxConnections(2).maxConnectionsPerOwner(1));
      ConnectionOptions ann = ConnectionOptions.of("a").withOwner("ann\nforged");
      hub.hub.connect(client, ann);
      for (int i = 0; i < 3; i++) {
        assertThrows(
            OverCapacityException.class, () -> hub.hub.connect(new RecordingTransport(), ann));
      }
      hub.hub.connect(new RecordingTransport(), ann.withOwner("bob"));
      assertThrows(
          OverCapacityException.class, () -> hub.hub.connect(new RecordingTransport(), ann));
      hub.hub.drain(Duration.ofSeconds(1));
      assertThrows(
          OverCapacityException.class, () -> hub.hub.connect(new RecordingTransport(), ann));
      hub.settle();
      String who = "ann\nforged ";
      assertEquals(
          List.of(
              who + Refusal.MAX_CONNECTIONS_PER_OWNER,
              who + Refusal.MAX_CONNECTIONS_PER_OWNER,
              who + Refusal.MAX_CONNECTIONS_PER_OWNER,
              who + Refusal.MAX_CONNECTIONS,
              who + Refusal.DRAINING),
          told);
      String line = "A client was refused: ";
      String then = " is reached: let the client come back later, or raise the limit";
      assertEquals(
          List.of(
              line + "maxConnectionsPerOwner 1" + then,
              line + "maxConnections 2" + then,
              line + "the hub is being drained: let the client come back, to another node"),
          log.messages());
    }
  }
}
