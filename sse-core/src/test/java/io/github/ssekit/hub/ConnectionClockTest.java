package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Heartbeats, and the deadline of a client that takes no bytes. */
class ConnectionClockTest extends OneClientTest {
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
    hub = new ManualHub(b -> b.heartbeat(SECOND).maxSendBytes(20));
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
}
