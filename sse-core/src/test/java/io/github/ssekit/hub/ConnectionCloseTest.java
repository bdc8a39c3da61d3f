package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a connection ends, and which listeners get the reason. */
class ConnectionCloseTest extends OneClientTest {
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
  void theReasonStandsThoughTheHubIsClosedMeanwhile() {
    Connection connection = connect("a");
    client.ready(false);
    hub.publish("a", "1");
    connection.close();
    hub.settle();
    hub.hub.close();
    hub.settle();
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

  @Test
  void aConnectionKnowsItsChannelsAndItsAttachmentAndShowsThemEscaped() {
    Object session = new Object();
    ConnectionOptions options =
        ConnectionOptions.of("a", "b").withOwner("Ann\n").withAttachment(session);
    Connection connection = hub.hub.connect(client, options);
    connection.subscribe("c");
    connection.unsubscribe("a");
    assertEquals(List.of("b", "c"), connection.channels());
    assertSame(session, connection.attachment());
    assertEquals(
        "Connection[owner=\"Ann\\u000a\", channels=[\"b\", \"c\"], open]", connection.toString());
    connection.close();
    hub.settle();
    assertEquals(List.of(), connection.channels());
    assertEquals("Connection[owner=\"Ann\\u000a\", channels=[], CLOSED]", connection.toString());
  }
}
