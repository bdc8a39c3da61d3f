package io.github.ssekit.servlet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.CloseReason;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.HubBuilder;
import jakarta.servlet.http.HttpServletRequest;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** Streams that the application closes: they end cleanly, once, and affect no later request. */
class ClosingIT extends Cell {
  private static final int CLIENTS = 4;
  private static final int ROUNDS = LONG ? 2_500 : 50;

  private final Queue<Long> timeouts = new ConcurrentLinkedQueue<>();
  private final ExecutorService closers = Executors.newFixedThreadPool(2);
  private volatile boolean closing;

  @Override
  HubBuilder settings(HubBuilder builder) {
    return builder.stuckWriteDeadline(Duration.ofMinutes(1)).maxSendBytes(16 << 20);
  }

  @Override
  void onOpen(Connection connection, HttpServletRequest request) {
    timeouts.add(request.getAsyncContext().getTimeout());
    if (closing) {
      closers.execute(connection::close);
      closers.execute(connection::close);
    }
  }

  @Test
  @Point("4, 5 Streams end while events are published, then an answer on the same connection")
  void closingRacesPublishingAndTheNextAnswerHoldsNoByteOfTheStream() throws Exception {
    closing = true;
    underFire(CLIENTS, 20_000, this::streamsAndAnswers);
    awaitClosed(CLIENTS * ROUNDS, CloseReason.CLOSED, LATE);
    assertNull(ManagementFactory.getThreadMXBean().findDeadlockedThreads());
    assertEquals(List.of(), log.details());
    note(String.format("%,d streams", CLIENTS * ROUNDS));
  }

  private void streamsAndAnswers(int client) throws Exception {
    KeepAlive connection = KeepAlive.to(protocol, port());
    for (int i = 0; i < ROUNDS; i++) {
      String stream = connection.get("/open");
      // A comment is a heartbeat, on a busy machine, or ends one of Jetty's chunks.
      assertTrue(stream.matches("retry: 2000\n(:\n)*((?s:.*)\n\n(:\n)*)?"), stream);
      String id = client + "-" + i;
      assertEquals(json(id), connection.get("/json?id=" + id));
    }
    connection.close();
  }

  @Test
  @Point("7 Closed while a write waits for the client: the rest arrives, and a clean end")
  void closingWhileAWriteIsPendingEndsCleanlyAfterTheRest() throws Exception {
    try (Relay relay = new Relay(port())) {
      Client.Stream stream = new Client(protocol, relay.port()).open("/open");
      awaitOpened(1);
      relay.pause();
      String large = "x".repeat(200_000);
      int events = 24;
      Connection connection = opened.element();
      for (int i = 0; i < events; i++) {
        connection.send(SseEvent.of(i + large));
      }
      connection.close();
      await().during(Duration.ofMillis(300)).atMost(LATE).until(closed::isEmpty);
      relay.resume();
      for (int i = 0; i < events; i++) {
        assertEquals(i + large, stream.next());
      }
      assertNull(stream.next());
      awaitClosed(1, CloseReason.CLOSED, LATE);
      assertEquals(List.of(), log.details());
    }
  }

  @Test
  @Point("8 The container's async timeout does not end a stream")
  void theContainersAsyncTimeoutIsOverridden() throws Exception {
    client().open("/open");
    awaitOpened(1);
    await().atMost(LATE).until(() -> List.copyOf(timeouts).equals(List.of(0L)));
  }
}
