package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Draining: the hub closes its connections one after the other. */
class DrainTest extends OneClientTest {
  private static final Duration FIVE = Duration.ofSeconds(5);

  @Test
  void connectionsEndEvenlySpreadAndEachIsToldWhenToComeBack() {
    List<RecordingTransport> clients = new ArrayList<>();
    List<Instant> ends = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      RecordingTransport transport = new RecordingTransport();
      hub.connect(transport, "a")
          .onClose(
              reason -> {
                reasons.add(reason);
                ends.add(hub.instant());
              });
      clients.add(transport);
    }
    Instant start = hub.instant();
    assertFalse(hub.hub.isDraining());
    hub.hub.drain(FIVE);
    assertTrue(hub.hub.isDraining());
    assertEquals(0, hub.hub.connectionCount());
    assertEquals(Set.of(CloseReason.DRAINED), Set.copyOf(reasons));
    for (int tenth = 0; tenth < 10; tenth++) {
      Instant from = start.plusMillis(500L * tenth);
      long n =
          ends.stream().filter(e -> !e.isBefore(from) && e.isBefore(from.plusMillis(500))).count();
      assertTrue(n > 90 && n < 110, n + " of 1000 in tenth " + tenth);
    }
    Set<String> times = new HashSet<>();
    for (RecordingTransport each : clients) {
      assertEquals(List.of(), each.breaches());
      assertTrue(each.closed());
      assertEquals(1, each.blocks().size());
      assertTrue(each.blocks().get(0).matches("retry: (2\\d\\d\\d|3\\d\\d\\d|4000)"));
      times.add(each.blocks().get(0));
    }
    assertTrue(times.size() > 500, times.size() + " different times");
  }

  @Test
  void whatWaitsForASlowClientIsWrittenBeforeItsEnd() {
    Connection connection = connect("a");
    client.ready(false);
    hub.publish("a", "1");
    // The drain closes the second of two connections after half of the time.
    hub.connect(new RecordingTransport(), "b").onClose(reason -> client.ready(true));
    hub.hub.drain(FIVE);
    assertEquals(List.of("1"), client.data());
    assertClosed(connection, CloseReason.DRAINED);
  }

  @Test
  void newConnectionsAreRefusedFromThenOn() {
    hub.hub.drain(FIVE);
    assertRefused();
    // The container still accepts requests then, and an error would make browsers give up.
    hub.hub.close();
    assertRefused();
  }

  private void assertRefused() {
    RecordingTransport late = new RecordingTransport();
    OverCapacityException refused =
        assertThrows(
            OverCapacityException.class, () -> hub.hub.connect(late, ConnectionOptions.of("a")));
    assertEquals("drain", refused.limit());
    assertEquals(Refusal.DRAINING, refused.why());
    assertEquals(List.of(), late.writes());
    assertEquals(0, hub.hub.connectionCount());
  }

  /** A plain TCP balancer sends drained clients back to the same node. */
  @Test
  void aClientThatComesMeanwhileGetsAShortTimeOfItsOwnLikeThoseConnected() {
    hub.hub.drain(FIVE);
    Set<Long> times = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      OverCapacityException refused =
          assertThrows(
              OverCapacityException.class,
              () -> hub.hub.connect(new RecordingTransport(), ConnectionOptions.of("a")));
      long millis = Objects.requireNonNull(refused.comeBackIn()).time().toMillis();
      assertTrue(millis >= 2_000 && millis <= 4_000, millis + " ms");
      times.add(millis);
    }
    assertTrue(times.size() > 500, times.size() + " different times");
  }

  @Test
  void itReturnsAtOnceIfNobodyIsThereAndAgainAndAfterClose() {
    Instant start = hub.instant();
    hub.hub.drain(FIVE);
    hub.hub.drain(FIVE);
    hub.hub.close();
    hub.hub.drain(FIVE);
    assertEquals(start, hub.instant());
  }

  @Test
  void aClientThatTakesNothingIsCutOffTwoSecondsAfterTheTime() {
    Connection connection = connect("a");
    client.ready(false);
    hub.publish("a", "1");
    Instant start = hub.instant();
    hub.hub.drain(FIVE);
    hub.settle();
    assertEquals(Duration.ofSeconds(7), Duration.between(start, hub.instant()));
    assertClosed(connection, CloseReason.DRAINED);
    assertEquals(List.of(), client.data());
  }

  @Test
  void manyEndInTime() {
    Hub real = Hub.builder().loops(2).create();
    List<RecordingTransport> clients = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      clients.add(new RecordingTransport());
      real.connect(clients.get(i), ConnectionOptions.of("a"));
    }
    long start = System.nanoTime();
    try (real) {
      real.drain(Duration.ofSeconds(2));
      long millis = (System.nanoTime() - start) / 1_000_000;
      assertTrue(millis >= 1900 && millis < 30_000, millis + " ms");
      Awaitility.await().until(() -> real.connectionCount() == 0);
    }
    Awaitility.await().until(() -> clients.stream().allMatch(RecordingTransport::closed));
  }

  @Test
  void anInterruptEndsItEarlyAndIsKept() throws Exception {
    Hub real = Hub.builder().loops(1).create();
    for (int i = 0; i < 100; i++) {
      real.connect(new RecordingTransport(), ConnectionOptions.of("a"));
    }
    boolean[] kept = {false};
    Thread draining =
        new Thread(
            () -> {
              real.drain(Duration.ofDays(1));
              kept[0] = Thread.currentThread().isInterrupted();
            });
    draining.start();
    Awaitility.await().until(() -> real.connectionCount() < 100);
    draining.interrupt();
    draining.join(10_000);
    assertFalse(draining.isAlive());
    assertTrue(kept[0]);
    assertEquals(99, real.connectionCount());
    real.close();
    // close() waits a second for each thread, and no longer.
    Awaitility.await().until(() -> real.connectionCount() == 0);
  }

  @Test
  void closeEndsADrainThatIsUnderWay() throws Exception {
    Hub real = Hub.builder().loops(1).create();
    for (int i = 0; i < 100; i++) {
      real.connect(new RecordingTransport(), ConnectionOptions.of("a"));
    }
    Thread draining = new Thread(() -> real.drain(Duration.ofDays(1)));
    draining.start();
    Awaitility.await().until(() -> real.connectionCount() < 100);
    real.close();
    draining.join(10_000);
    assertFalse(draining.isAlive());
  }

  @Test
  void aTimeOutOfRangeIsRefused() {
    assertEquals(
        "drain PT0S is not above zero and at most 365 days",
        assertThrows(IllegalArgumentException.class, () -> hub.hub.drain(Duration.ZERO))
            .getMessage());
    connect("a");
    assertEquals(1, hub.hub.connectionCount());
  }
}
