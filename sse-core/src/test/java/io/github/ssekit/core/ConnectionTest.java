package io.github.ssekit.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConnectionTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final String OVERRUN = "{\"channel\":\"a\",\"reason\":\"overrun\"}";

  private ManualHub hub = new ManualHub();
  private RecordingTransport client = new RecordingTransport();
  private final List<CloseReason> reasons = new ArrayList<>();

  @AfterEach
  void theTransportWasUsedAsItsContractSays() {
    assertEquals(List.of(), client.breaches());
  }

  private Connection connect(String... channels) {
    Connection connection = hub.connect(client, channels);
    connection.onClose(reasons::add);
    return connection;
  }

  private void assertClosed(Connection connection, CloseReason reason) {
    assertEquals(List.of(reason), reasons);
    assertTrue(client.closed());
    assertFalse(connection.isOpen());
    assertEquals(0, hub.hub.connectionCount());
  }

  // Writing.

  @Test
  void theReconnectionTimeIsTheFirstThingWritten() {
    hub.hub.connect(client, List.of("a"), null);
    hub.settle();
    hub.publish("a", "1");
    hub.settle();
    assertEquals(List.of("retry: 2000", "data: 1"), client.blocks());
    assertEquals(2, client.writes().size());
  }

  @Test
  void whatIsPublishedWhileTheClientIsNotReadyComesInOneWrite() {
    connect("a");
    client.ready(false);
    hub.publish("a", "1", "2");
    hub.settle();
    hub.publish("a", "3");
    hub.settle();
    assertEquals(List.of(), client.writes());
    client.ready(true);
    hub.settle();
    assertEquals(List.of("1", "2", "3"), client.data());
    assertEquals(1, client.writes().size());
  }

  @Test
  void aWriteIsNoLargerThanTheBatchCap() {
    hub = new ManualHub(b -> b.batchCap(30));
    connect("a");
    hub.publish("a", "x1", "x2", "x3", "x4", "x5");
    hub.settle();
    assertEquals(List.of("x1", "x2", "x3", "x4", "x5"), client.data());
    assertEquals(List.of(30, 20), client.writes().stream().map(w -> w.length).toList());
  }

  @Test
  void connectionsAtTheSameCursorShareTheBytes() {
    RecordingTransport other = new RecordingTransport();
    RecordingTransport late = new RecordingTransport();
    connect("a");
    hub.connect(other, "a");
    hub.publish("a", "1");
    hub.connect(late, "a");
    client.forget();
    other.forget();
    late.forget();
    hub.publish("a", "2", "3");
    hub.settle();
    assertSame(client.writes().get(0), other.writes().get(0));
    assertSame(client.writes().get(0), late.writes().get(0));
  }

  @Test
  void connectionsAtDifferentCursorsDoNotShare() {
    RecordingTransport other = RecordingTransport.notReady();
    connect("a");
    hub.connect(other, "a");
    hub.publish("a", "1");
    hub.settle();
    other.ready(true);
    hub.publish("a", "2");
    hub.settle();
    assertEquals(List.of("1", "2"), client.data());
    assertEquals("data: 1\n\ndata: 2\n\n", text(other.writes().get(1)), "after the retry");
    assertNotSame(client.writes().get(1), other.writes().get(1));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }

  @Test
  void aSignalOfATransportThatIsNotReadyAfterAllIsHarmless() {
    connect("a");
    client.ready(false);
    hub.publish("a", "1");
    client.signals().writable();
    client.signals().writable();
    hub.settle();
    client.signals().writable();
    hub.settle();
    client.ready(true);
    client.signals().writable();
    hub.settle();
    assertEquals(List.of("1"), client.data());
  }

  // Slow readers.

  @Test
  void aReaderThatFallsOffTheLogIsToldOnceAndGoesOnLive() {
    hub = new ManualHub(b -> b.log(3, 1_000_000));
    connect("a");
    client.ready(false);
    hub.publish("a", "1");
    hub.settle();
    hub.publish("a", "2", "3", "4", "5");
    hub.settle();
    client.ready(true);
    hub.settle();
    assertEquals(List.of(OVERRUN), client.data());
    hub.publish("a", "6");
    hub.settle();
    assertEquals(List.of(OVERRUN, "6"), client.data());
    assertTrue(client.blocks().get(0).startsWith("event: stream-reset\n"));
  }

  @Test
  void anOverrunOfOneChannelLosesNothingOfAnother() {
    hub = new ManualHub(b -> b.log(3, 1_000_000));
    connect("a", "b");
    client.ready(false);
    hub.publish("b", "b1");
    hub.publish("a", "1", "2", "3", "4");
    hub.publish("b", "b2");
    hub.settle();
    client.ready(true);
    hub.settle();
    assertEquals(List.of(OVERRUN, "b1", "b2"), client.data());
  }

  // Private events.

  @Test
  void privateEventsGoAheadOfWhatTheChannelsHaveWaiting() {
    Connection connection = connect("a");
    client.ready(false);
    hub.publish("a", "1");
    hub.settle();
    connection.send(SseEvent.of("private"));
    connection.send(new ReconnectionTime(SECOND));
    client.ready(true);
    hub.settle();
    assertEquals(List.of("data: private", "retry: 1000", "data: 1"), client.blocks());
  }

  @Test
  void privateEventsHaveNoIdAndNoReservedType() {
    Connection connection = connect();
    SseEvent withId = SseEvent.of("x").withId("7");
    Exception refused = assertThrows(IllegalArgumentException.class, () -> connection.send(withId));
    assertTrue(refused.toString().contains("\"7\""), refused.toString());
    SseEvent open = SseEvent.of("open", "x");
    assertThrows(IllegalArgumentException.class, () -> connection.send(open));
  }

  @Test
  void moreThanTheLimitOfPrivateBytesClosesTheConnectionWithOverflow() {
    hub = new ManualHub(b -> b.sendLimit(30));
    Connection connection = connect();
    client.ready(false);
    connection.send(SseEvent.of("x1"));
    connection.send(SseEvent.of("x2"));
    connection.send(SseEvent.of("x3"));
    hub.settle();
    assertTrue(connection.isOpen(), "30 bytes are within the limit");
    connection.send(SseEvent.of(""));
    connection.send(SseEvent.of("late"));
    client.ready(true);
    hub.settle();
    assertEquals(List.of("x1", "x2", "x3"), client.data(), "nothing follows what was lost");
    assertClosed(connection, CloseReason.OVERFLOW);
  }

  @Test
  void whatIsWrittenNoLongerCountsTowardsTheLimit() {
    hub = new ManualHub(b -> b.sendLimit(30));
    Connection connection = connect();
    for (int i = 0; i < 10; i++) {
      connection.send(SseEvent.of("0123456789"));
      hub.settle();
    }
    assertEquals(10, client.data().size());
    assertTrue(connection.isOpen());
  }

  // The clock.

  @Test
  void aHeartbeatIsWrittenOnlyWhenTheConnectionIsSilent() {
    hub = new ManualHub(b -> b.heartbeat(SECOND.multipliedBy(10)));
    connect("a");
    hub.pass(SECOND.multipliedBy(9));
    assertEquals(List.of(), client.blocks());
    hub.publish("a", "1");
    hub.settle();
    hub.pass(SECOND.multipliedBy(9));
    assertEquals(List.of("data: 1"), client.blocks());
    hub.pass(SECOND);
    assertEquals(List.of("data: 1", ":"), client.blocks());
    hub.pass(SECOND.multipliedBy(9));
    hub.pass(SECOND);
    assertEquals(List.of("data: 1", ":", ":"), client.blocks());
  }

  @Test
  void heartbeatsDoNotQueueUpForAClientThatTakesNothing() {
    hub = new ManualHub(b -> b.heartbeat(SECOND).sendLimit(20));
    Connection connection = connect("a");
    client.ready(false);
    for (int i = 0; i < 20; i++) {
      hub.pass(SECOND);
    }
    client.ready(true);
    hub.settle();
    assertEquals(List.of(":"), client.blocks());
    assertTrue(connection.isOpen());
  }

  @Test
  void aClientThatTakesNoByteUntilTheDeadlineIsClosedAsStuck() {
    hub = new ManualHub(b -> b.stuckWriteDeadline(SECOND.multipliedBy(30)));
    Connection connection = connect("a");
    client.ready(false);
    hub.pass(SECOND.multipliedBy(10));
    hub.publish("a", "1");
    hub.settle();
    hub.pass(SECOND.multipliedBy(30));
    assertTrue(connection.isOpen(), "counted from the first write that it did not take");
    hub.pass(SECOND);
    assertClosed(connection, CloseReason.STUCK);
    assertEquals(List.of(), client.data());
  }

  @Test
  void signalsWithoutReadinessDoNotPutOffTheStuckWriteDeadline() {
    hub = new ManualHub(b -> b.stuckWriteDeadline(SECOND.multipliedBy(30)));
    Connection connection = connect("a");
    client.ready(false);
    hub.publish("a", "1");
    hub.settle();
    for (int i = 0; i < 31; i++) {
      client.signals().writable();
      hub.pass(SECOND);
    }
    assertClosed(connection, CloseReason.STUCK);
  }

  @Test
  void aClientThatTakesSomethingNowAndThenIsNotStuck() {
    hub = new ManualHub(b -> b.stuckWriteDeadline(SECOND.multipliedBy(30)));
    Connection connection = connect("a");
    for (int i = 0; i < 10; i++) {
      client.ready(false);
      hub.publish("a", "x");
      hub.pass(SECOND.multipliedBy(20));
      client.ready(true);
      hub.settle();
    }
    assertTrue(connection.isOpen());
    assertEquals(10, client.data().size());
  }

  @Test
  void aTransportThatNeverBeginsIsStuckToo() {
    client = RecordingTransport.notReady();
    Connection connection = connect("a");
    hub.pass(SECOND.multipliedBy(31));
    assertClosed(connection, CloseReason.STUCK);
  }

  // The end.

  @Test
  void closeWritesWhatWaitsFirst() {
    Connection connection = connect("a");
    client.ready(false);
    hub.publish("a", "1");
    connection.send(SseEvent.of("2"));
    hub.publish("a", "3");
    connection.close();
    hub.publish("a", "4");
    connection.send(SseEvent.of("5"));
    hub.settle();
    assertTrue(connection.isOpen());
    client.ready(true);
    hub.settle();
    assertEquals(List.of("2", "1", "3"), client.data().subList(0, 3));
    assertFalse(client.data().contains("5"), "nothing is sent after close");
    assertClosed(connection, CloseReason.CLOSED);
  }

  @Test
  void closeEndsTheConnectionHoweverMuchIsPublishedMeanwhile() {
    Connection connection = connect("a");
    hub.publish("a", "1");
    connection.close();
    for (int i = 0; i < 5; i++) {
      hub.turn(0);
      hub.publish("a", "more");
    }
    hub.runCallbacks();
    assertEquals("1", client.data().get(0));
    assertClosed(connection, CloseReason.CLOSED);
  }

  @Test
  void closeOfAClientThatTakesNothingEndsAtTheDeadline() {
    Connection connection = connect("a");
    client.ready(false);
    hub.publish("a", "1");
    connection.close();
    hub.settle();
    hub.pass(SECOND.multipliedBy(31));
    assertClosed(connection, CloseReason.CLOSED);
  }

  @Test
  void theFirstReasonToCloseStands() {
    Connection connection = connect("a");
    connection.close();
    connection.close(CloseReason.OVERFLOW);
    client.signals().failed(new IOException("gone"));
    hub.settle();
    connection.close();
    client.signals().failed(new IOException("gone"));
    client.signals().writable();
    hub.settle();
    assertEquals(1, reasons.size());
    assertClosed(connection, CloseReason.CLIENT_GONE);
  }

  @Test
  void aFailingWriteMeansThatTheClientIsGone() {
    for (Throwable failure :
        List.of(new IOException("x"), new IllegalStateException("x"), new LinkageError("x"))) {
      client = new RecordingTransport();
      reasons.clear();
      RecordingTransport bystander = hub.connect("a");
      Connection connection = connect("a");
      client.failWrites(failure);
      hub.publish("a", "1");
      hub.settle();
      assertEquals(List.of(CloseReason.CLIENT_GONE), reasons, failure.toString());
      assertTrue(client.closed());
      assertFalse(connection.isOpen());
      hub.publish("a", "2");
      hub.settle();
      assertEquals(List.of("1", "2"), bystander.data(), "others lose nothing");
    }
  }

  @Test
  void afterTheEndAllCallsDoNothing() {
    Connection connection = connect("a");
    client.signals().failed(new IOException("gone"));
    hub.settle();
    connection.send(SseEvent.of("x"));
    connection.subscribe("b");
    connection.unsubscribe("a");
    connection.close();
    hub.publish("a", "1");
    hub.publish("b", "1");
    hub.pass(SECOND.multipliedBy(60));
    assertEquals(List.of(), client.data());
    assertClosed(connection, CloseReason.CLIENT_GONE);
  }

  @Test
  void aListenerAddedAfterTheEndIsToldToo() {
    Connection connection = connect("a");
    connection.close();
    hub.settle();
    connection.onClose(reasons::add);
    hub.settle();
    assertEquals(List.of(CloseReason.CLOSED, CloseReason.CLOSED), reasons);
  }

  @Test
  void aListenerThatThrowsDoesNotKeepOthersFromBeingTold() {
    Connection connection = hub.connect(client, "a");
    connection.onClose(
        reason -> {
          throw new IllegalStateException("a listener of this test: expected");
        });
    connection.onClose(reasons::add);
    connection.close();
    hub.settle();
    assertClosed(connection, CloseReason.CLOSED);
  }

  @Test
  void listenersAndTheTransportsEndDoNotRunOnTheLoop() {
    connect("a").close();
    while (hub.turn(0)) {
      assertFalse(client.closed());
    }
    assertEquals(List.of(), reasons);
    hub.runCallbacks();
    assertTrue(client.closed());
    assertEquals(List.of(CloseReason.CLOSED), reasons);
  }

  // Many at once.

  @Test
  void whenManyFailAtOnceThoseWhoAreServedComeFirstAndNobodyMissesAnything() {
    connect("a");
    for (int i = 0; i < 40; i++) {
      hub.connect("a").failWrites(new IOException("gone"));
    }
    RecordingTransport behind = hub.connect("a");

    hub.publish("a", "1");
    hub.turn(0);
    hub.publish("a", "2");
    hub.turn(0);
    assertEquals(List.of("1", "2"), client.data());
    assertEquals(List.of(), behind.data());
    // A few failures a turn, here in two turns.
    assertTrue(hub.hub.connectionCount() > 2, "left: " + hub.hub.connectionCount());

    hub.settle();
    assertEquals(2, hub.hub.connectionCount());
    assertEquals(List.of("1", "2"), client.data());
    assertEquals(List.of("1", "2"), behind.data());
    assertEquals(List.of(), behind.breaches());
  }
}
