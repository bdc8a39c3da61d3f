package io.github.ssekit.servlet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.CloseReason;
import io.github.ssekit.hub.Connection;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The answers to clients for which the hub has no room. */
class OverCapacityIT extends AdmissionServer {
  @ParameterizedTest
  @ValueSource(
      strings = {"", "Accept: text/event-stream", "Accept: */*", "Accept: text/html, TEXT/*;q=0.5"})
  void aBrowserForWhichThereIsNoRoomIsToldToComeBackLater(String accept) throws Exception {
    fill("ann");
    Set<String> waits = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      Answer answer = get("/events?user=ann", accept);
      assertEquals(200, answer.status);
      assertEquals("text/event-stream;charset=utf-8", answer.header("Content-Type"));
      assertEquals("no-cache, no-transform", answer.header("Cache-Control"));
      // Over a new connection, a load balancer may send the client to another node.
      assertEquals("close", answer.header("Connection"));
      String body = answer.whole();
      assertTrue(body.matches(": over capacity, come back later\nretry: [0-9]+\n"), body);
      int wait = Integer.parseInt(body.substring(body.indexOf("retry: ") + 7).strip());
      assertTrue(wait >= 5_000 && wait <= 15_000, body);
      waits.add(body);
    }
    assertTrue(waits.size() > 10, "" + waits);
    assertEquals(2, hub.connectionCount());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Accept: application/json",
        "Accept: text/event-stream;q=0",
        "Accept: */*, text/event-stream;q=0",
        "Accept: */*;q=0.000, text/html;q=0.9"
      })
  void aClientThatTakesNoEventStreamGets503AndRetryAfter(String accept) throws Exception {
    fill("ann");
    Answer answer = get("/events?user=ann", accept);
    assertEquals(503, answer.status);
    int seconds = Integer.parseInt(answer.header("Retry-After"));
    assertTrue(seconds >= 5 && seconds <= 15, "" + seconds);
    assertEquals("", answer.whole());
    assertEquals("no-store", answer.header("Cache-Control"));
  }

  @Test
  void timesAndStatusOfTheAnswerCanBeChosen() throws Exception {
    fill("ann");
    assertTrue(get("/own?user=ann").whole().contains("\nretry: 700\n"));
    Answer answer = get("/own?user=ann", "Accept: application/json");
    assertEquals(429, answer.status);
    assertEquals("1", answer.header("Retry-After"));
  }

  @Test
  void theOldStaySoThatWhoComesLaterGetsInOnceOneHasGone() throws Exception {
    fill("ann");
    Answer other = get("/events?user=bob");
    assertEquals("retry: 1234", other.nextLine());
    assertTrue(get("/events?user=ann").whole().startsWith(": over capacity"));
    // The limits count owners and channels apart: bob as an owner and bob as a channel are two
    // names.
    assertEquals("retry: 1234", get("/events?user=eve&channels=bob,of:bob").nextLine());
    assertTrue(get("/one-line").whole().startsWith(": over capacity")); // maxConnections

    sockets.get(0).close();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              hub.publish("of:ann", SseEvent.of("x")); // A write finds that the client has gone.
              return hub.connectionCount() == 3;
            });
    assertEquals("retry: 1234", get("/events?user=ann").nextLine());
    hub.publish("of:bob", SseEvent.of("still here"));
    assertEquals("data: still here", other.nextLine("data: "));
  }

  @Test
  void aControllerGetsAConnectionThatIsClosedAlready() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertEquals(200, get("/open").status);
    }
    await().until(() -> opened.size() == 3);
    Connection refused = opened.stream().filter(c -> !c.isOpen()).findFirst().orElseThrow();
    Queue<CloseReason> told = new ConcurrentLinkedQueue<>();
    refused.onClose(told::add);
    refused.send(SseEvent.of("x"));
    await().until(() -> !told.isEmpty());
    assertEquals(List.of(CloseReason.OVER_CAPACITY), List.copyOf(told));
  }

  private void fill(String user) throws Exception {
    for (int i = 0; i < 2; i++) {
      assertEquals("retry: 1234", get("/events?user=" + user).nextLine());
    }
  }
}
