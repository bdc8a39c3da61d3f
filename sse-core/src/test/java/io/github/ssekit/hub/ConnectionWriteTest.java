package io.github.ssekit.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The writes of a connection, and their sizes: to clients that keep up, clients that don't, and
 * clients that fail.
 */
class ConnectionWriteTest extends OneClientTest {
  private static final String OVERRUN = "{\"channel\":\"a\",\"reason\":\"overrun\"}";

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
    hub = new ManualHub(b -> b.maxBatchBytes(30));
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
    assertEquals("data: 1\n\ndata: 2\n\n", text(other.writes().get(0)));
    assertNotSame(client.writes().get(1), other.writes().get(0));
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
  void aReaderThatFallsOffTheLogIsResetOnceAndContinuesLive() {
    hub = new ManualHub(b -> b.maxChannelLog(3, 1_000_000));
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
    hub = new ManualHub(b -> b.maxChannelLog(3, 1_000_000));
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

  // Many failures.

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
    // A sweep stops after some failed writes, so two turns don't reach all connections.
    assertTrue(hub.hub.connectionCount() > 2, "left: " + hub.hub.connectionCount());

    hub.settle();
    assertEquals(2, hub.hub.connectionCount());
    assertEquals(List.of("1", "2"), client.data());
    assertEquals(List.of("1", "2"), behind.data());
    assertEquals(List.of(), behind.breaches());
  }
}
