package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The expiry time and the maximum lifetime of connections. */
class LifetimeTest extends OneClientTest {
  private Instant in(int seconds) {
    return hub.instant().plusSeconds(seconds);
  }

  @Test
  void aConnectionSaysWhenItWasOpened() {
    hub.pass(SECOND.multipliedBy(7));
    Connection connection = connect("a");
    hub.pass(SECOND);
    assertEquals(Instant.EPOCH.plusSeconds(7), connection.since());
  }

  @Test
  void aConnectionEndsWhenItExpires() {
    Connection connection = connect("a");
    connection.expireAt(in(10));
    hub.pass(SECOND.multipliedBy(9));
    hub.publish("a", "1");
    hub.settle();
    assertTrue(connection.isOpen());
    hub.pass(SECOND);
    assertClosed(connection, CloseReason.EXPIRED);
    assertEquals(List.of("data: 1"), client.blocks());
  }

  @Test
  void theTimeCanBeMovedBothWaysAndTakenBack() {
    Connection connection = connect("a");
    connection.expireAt(in(10));
    connection.expireAt(in(20));
    hub.pass(SECOND.multipliedBy(19));
    connection.expireAt(Instant.MAX);
    hub.pass(SECOND.multipliedBy(1000));
    assertTrue(connection.isOpen());
    connection.expireAt(in(10));
    connection.expireAt(in(1));
    hub.pass(SECOND);
    assertClosed(connection, CloseReason.EXPIRED);
  }

  @Test
  void aTimeThatHasPassedClosesWithoutATick() {
    Connection connection = connect("a");
    connection.expireAt(Instant.MIN);
    hub.publish("a", "1");
    hub.settle();
    assertClosed(connection, CloseReason.EXPIRED);
    assertEquals(List.of(), client.data());
  }

  @Test
  void optionsMaySayWhenAConnectionExpires() {
    Connection connection =
        hub.hub.connect(client, ConnectionOptions.of("a").withExpiresAt(in(10)));
    connection.onClose(reasons::add);
    hub.pass(SECOND.multipliedBy(9));
    assertTrue(connection.isOpen());
    hub.pass(SECOND);
    assertClosed(connection, CloseReason.EXPIRED);
  }

  @Test
  void oneThatHasExpiredWhenItConnectsIsWrittenNoEvent() {
    Connection connection = hub.hub.connect(client, ConnectionOptions.of("a").withExpiresAt(in(0)));
    connection.onClose(reasons::add);
    hub.publish("a", "1");
    hub.settle();
    assertClosed(connection, CloseReason.EXPIRED);
    assertEquals(List.of("retry: 2000"), client.blocks());
  }

  @Test
  void whatWaitsForAClientThatIsSlowIsNotWrittenOnceItHasExpired() {
    Connection connection = connect("a");
    client.ready(false);
    hub.publish("a", "1");
    connection.send(SseEvent.of("2"));
    connection.close();
    connection.expireAt(in(1));
    hub.pass(SECOND);
    assertTrue(connection.isOpen(), "a clean end takes a client that is ready");
    client.ready(true);
    hub.settle();
    assertEquals(List.of(), client.blocks());
    assertClosed(connection, CloseReason.CLOSED);
  }

  @Test
  void oneThatExpiresAndIsNeverReadyEndsAtTheStuckWriteDeadline() {
    Connection connection = connect("a");
    client.ready(false);
    hub.publish("a", "1");
    hub.settle();
    connection.expireAt(in(1));
    hub.pass(SECOND);
    hub.pass(SECOND.multipliedBy(30));
    assertClosed(connection, CloseReason.EXPIRED);
  }

  @Test
  void lifetimesAreSpreadOverTheLastFifthOfTheLongest() {
    hub = new ManualHub(b -> b.maxLifetime(Duration.ofSeconds(100)));
    List<Connection> all = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      all.add(hub.connect(new RecordingTransport(), "a"));
      hub.pass(Duration.ofNanos(100));
    }
    hub.pass(Duration.ofSeconds(80).minusMillis(1));
    assertEquals(1000, hub.hub.connectionCount());
    List<Integer> ended =
        IntStream.range(0, 20)
            .map(
                i -> {
                  int before = hub.hub.connectionCount();
                  hub.pass(SECOND);
                  return before - hub.hub.connectionCount();
                })
            .boxed()
            .toList();
    assertEquals(0, hub.hub.connectionCount());
    assertTrue(ended.stream().allMatch(n -> n > 30 && n < 70), "of 1000 in each second: " + ended);
    assertFalse(all.get(0).isOpen());
  }

  @Test
  void theClientIsToldATimeToComeBackAfterWhatWaits() {
    hub = new ManualHub(b -> b.maxLifetime(SECOND).reconnectionTime(SECOND));
    Connection connection = connect("a");
    client.ready(false);
    hub.publish("a", "1");
    hub.pass(SECOND);
    client.ready(true);
    hub.settle();
    assertClosed(connection, CloseReason.LIFETIME);
    assertEquals(2, client.blocks().size(), client.blocks().toString());
    assertTrue(client.blocks().get(0).matches("retry: (1\\d\\d\\d|2000)"), client.blocks().get(0));
    assertEquals(List.of("1"), client.data());
  }
}
