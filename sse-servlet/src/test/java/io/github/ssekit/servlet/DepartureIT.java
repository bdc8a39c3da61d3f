package io.github.ssekit.servlet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.Programs;
import io.github.ssekit.hub.CloseReason;
import io.github.ssekit.hub.HubBuilder;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/**
 * Clients that leave, in every way: their connection ends soon, once, with the right reason,
 * quietly.
 */
class DepartureIT extends Cell {
  private static final int CLIENTS = LONG ? 50 : 10;

  /** A dead client is found by the second heartbeat that is written to it. */
  private static final Duration DEAD = HEARTBEAT.multipliedBy(2).plus(LATE);

  /**
   * A client that takes no bytes is noticed once the container refuses a write and the deadline
   * passes.
   */
  private static final Duration DEAF = DEAD.plus(STUCK);

  @Test
  @Point("3 The client goes while the stream is idle: RST")
  void aClientThatSendsAnRstIsGone() throws Exception {
    try (Relay relay = new Relay(port())) {
      openIdle(relay);
      long start = System.nanoTime();
      relay.reset();
      awaitGone(CLIENTS, start);
    }
  }

  @Test
  @Point("3 The client goes while the stream is idle: FIN")
  void aClientThatSendsAFinIsGone() throws Exception {
    try (Relay relay = new Relay(port())) {
      openIdle(relay);
      long start = System.nanoTime();
      relay.end();
      awaitGone(CLIENTS, start);
    }
  }

  @Test
  @Point("3 The client goes while the stream is idle: kill -9")
  void aClientThatIsKilledIsGone() throws Exception {
    Process client = ClientProcess.start(protocol, port(), CLIENTS);
    try {
      awaitOpened(CLIENTS);
      long start = System.nanoTime();
      client.destroyForcibly();
      awaitGone(CLIENTS, start);
    } finally {
      client.destroyForcibly();
    }
  }

  @Test
  @Point("3 The client goes silent: half-open, the kernel gives up after 2 retransmissions")
  void aClientWhosePacketsVanishIsGoneWhenTheKernelGivesUp() throws Exception {
    assumeTrue(LONG || protocol == Protocol.HTTP_1, "with -Pmatrix only");
    Programs.require(SilentNetwork.available(), "no unshare or ip, or not allowed");
    List<String> printed = SilentNetwork.run(protocol, CLIENTS);
    List<String> gone = Collections.nCopies(CLIENTS, CloseReason.CLIENT_GONE.name());
    assertEquals(gone, printed.subList(0, CLIENTS));
    // Nothing is logged.
    assertEquals(CLIENTS + 1, printed.size(), () -> "" + printed);
    note(printed.get(CLIENTS));
  }

  @Test
  @Point("3 The client ends one stream (HTTP/2: RST_STREAM), its others live on")
  void aClientThatEndsOneStreamKeepsTheOthers() throws Exception {
    allowTomcatsRace(1);
    Client client = client();
    Client.Stream kept = client.open("/open");
    Client.Stream ended = client.open("/open");
    awaitOpened(2);
    long start = System.nanoTime();
    ended.close();
    await()
        .pollInterval(Duration.ofMillis(10))
        .atMost(DEAD)
        .until(() -> List.copyOf(closed).equals(List.of(CloseReason.CLIENT_GONE)));
    note(seconds(start));
    hub().publish("room", SseEvent.of("still there"));
    assertEquals("still there", kept.next());
    assertEquals(1, hub().connectionCount());
    assertEquals(List.of(), logged());
  }

  @Override
  HubBuilder settings(HubBuilder builder) {
    return builder.maxChannelLog(10_000, 256 << 20);
  }

  private void openIdle(Relay relay) throws Exception {
    Client client = new Client(protocol, relay.port());
    for (int i = 0; i < CLIENTS; i++) {
      client.open("/open");
    }
    awaitOpened(CLIENTS);
  }

  private void awaitGone(int count, long start) throws Exception {
    allowTomcatsRace(1);
    awaitClosed(count, CloseReason.CLIENT_GONE, DEAD);
    note(seconds(start));
    // The container stays usable, and by then has logged all that it logs about dead connections.
    assertEquals(200, client().get("/json?id=1").statusCode());
    assertNothingWasLogged();
  }

  @Test
  @Point("2 Clients that never read: closed as STUCK after; median of the others meanwhile")
  void aClientThatNeverReadsIsStuckAndNobodyElseWaits() throws Exception {
    // With HTTP/2, Undertow may still count both requests, and Tomcat the request whose connection
    // lives.
    boolean stays = protocol == Protocol.HTTP_2 && !Server.CONTAINER.startsWith("jetty");
    mayBeUnfinished = !stays ? 0 : Server.CONTAINER.startsWith("undertow") ? 2 : 1;
    try (Relay relay = new Relay(port())) {
      // One client's connection fills up. The other client doesn't read: with HTTP/2, the window of
      // its stream fills up.
      new Client(protocol, relay.port()).open("/open");
      client().open("/open");
      awaitOpened(2);
      relay.pause();
      int others = 2;
      Queue<Long> nanos = new ConcurrentLinkedQueue<>();
      for (int i = 0; i < others; i++) {
        Client.Stream stream = client().open("/open");
        Thread reader = new Thread(() -> read(stream, nanos));
        reader.setDaemon(true);
        reader.start();
      }
      awaitOpened(2 + others);
      String filler = " " + "x".repeat(50_000);
      long start = System.nanoTime();
      // Under traffic: 5 MB a second, so that the kernel's buffers are full within a second.
      await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(10))
          .atMost(DEAF.plusSeconds(5))
          .until(
              () -> {
                hub().publish("room", SseEvent.of(System.nanoTime() + filler));
                return closed.size() >= 2;
              });
      String after = seconds(start);
      assertEquals(List.of(CloseReason.STUCK, CloseReason.STUCK), List.copyOf(closed));
      assertEquals(others, hub().connectionCount());
      long[] sorted = nanos.stream().mapToLong(n -> n).sorted().toArray();
      long median = sorted[sorted.length / 2];
      note(String.format("%s; %.1f ms", after, median / 1e6));
      // On a busy machine the clients in this process are late, not the server.
      long most = (LONG ? Duration.ofMillis(1_500) : Duration.ofSeconds(5)).toNanos();
      assertTrue(median < most, "median ns " + median + " of " + Arrays.toString(sorted));
      assertEquals(List.of(), logged());
    }
  }

  /** Tomcat 10.1 logs a stack trace when it ends a response whose window is full. */
  private List<String> logged() {
    boolean window = Server.CONTAINER.equals("tomcat-10.1") && protocol == Protocol.HTTP_2;
    return log.details().stream().filter(r -> !(window && r.contains("Already waiting"))).toList();
  }

  private static void read(Client.Stream stream, Queue<Long> nanos) {
    try {
      for (String data = stream.next(); data != null; data = stream.next()) {
        nanos.add(System.nanoTime() - Long.parseLong(data.substring(0, data.indexOf(' '))));
      }
    } catch (IOException e) {
      // The test is over.
    }
  }
}
