package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.ReconnectionTime;
import io.github.ssekit.event.SseEvent;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Events that are sent to one client alone. */
class ConnectionSendTest extends OneClientTest {
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
    for (String type : List.of("open", "error", "stream-reset")) {
      SseEvent reserved = SseEvent.of(type, "x");
      assertThrows(IllegalArgumentException.class, () -> connection.send(reserved));
    }
  }

  @Test
  void moreThanTheLimitOfPrivateBytesClosesTheConnectionWithOverflow() {
    hub = new ManualHub(b -> b.maxSendBytes(30));
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
    hub = new ManualHub(b -> b.maxSendBytes(30));
    Connection connection = connect();
    for (int i = 0; i < 10; i++) {
      connection.send(SseEvent.of("0123456789"));
      hub.settle();
    }
    assertEquals(10, client.data().size());
    assertTrue(connection.isOpen());
  }
}
