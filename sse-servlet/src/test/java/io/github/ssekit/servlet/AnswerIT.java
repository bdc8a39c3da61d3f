package io.github.ssekit.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.CloseReason;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Every request ends, whatever is asked, and whatever its handler does beside opening a stream. */
class AnswerIT extends Cell {
  /** The handler of the current test. */
  private interface Handler {
    void handle(HttpServletRequest request, HttpServletResponse response) throws IOException;
  }

  private final Queue<String> refusals = new ConcurrentLinkedQueue<>();
  private volatile Handler handler;

  @Override
  void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
    handler.handle(request, response);
  }

  @Test
  @Point("13 HEAD: the head alone, and the next answer on the same connection")
  void aHeadIsAnsweredWithTheHeadAlone() throws Exception {
    Client client = client();
    for (int i = 0; i < 3; i++) {
      HttpResponse<InputStream> head = client.ask("HEAD", "/open");
      assertEquals(200, head.statusCode());
      assertEquals(
          List.of("text/event-stream;charset=utf-8"), head.headers().allValues("Content-Type"));
      assertEquals("", new String(head.body().readAllBytes(), UTF_8));
      assertEquals(
          json("" + i), new String(client.get("/json?id=" + i).body().readAllBytes(), UTF_8));
    }
    awaitClosed(3, CloseReason.HEAD, LATE);
    assertFalse(opened.element().isOpen());
    assertNothingIsUnfinished();
    assertEquals(List.of(), log.details());
  }

  @Test
  @Point("14 A handler that fails behind its open: the client gets an end")
  void aHandlerThatFailsAfterItsOpenEndsTheStream() throws Exception {
    List<Handler> failing =
        List.of(
            (request, response) -> response.sendError(500, "a bug"),
            (request, response) -> {
              throw new IllegalStateException("a bug");
            });
    for (Handler failure : failing) {
      handler =
          (request, response) -> {
            open(request, response);
            failure.handle(request, response);
          };
      HttpResponse<InputStream> response = client().get("/answer");
      assertEquals(200, response.statusCode());
      try (InputStream body = response.body()) {
        String all = new String(body.readAllBytes(), UTF_8);
        assertTrue(all.startsWith("retry: 2000\n"), all);
      } catch (IOException cutOff) {
        // A response that is cut off has ended too.
      }
      await().atMost(LATE).until(() -> hub().connectionCount() == 0);
      assertNothingIsUnfinished();
    }
  }

  @Test
  @Point("15 A framework that makes its own answer of the handler's: events arrive")
  void whatIsDoneToTheResponseAfterItsOpenChangesNothing() throws Exception {
    handler =
        (request, response) -> {
          open(request, response);
          // Frameworks do this for a method that returns nothing, or a value.
          response.setStatus(204);
          response.setContentType("application/json");
          response.setContentLength(0);
          response.setHeader("Cache-Control", "public");
        };
    HttpResponse<InputStream> response = client().get("/answer");
    assertEquals(200, response.statusCode());
    assertEquals(List.of("no-cache, no-transform"), response.headers().allValues("Cache-Control"));
    Client.Stream stream = new Client.Stream(response.body());
    awaitOpened(1);
    hub().publish("room", SseEvent.of("as if nothing had been"));
    assertEquals("as if nothing had been", stream.next());
  }

  @Test
  @Point("16 A second open, or one behind getWriter or startAsync: an error that says so")
  void anOpenThatCannotWorkSaysWhy() throws Exception {
    handler =
        (request, response) -> {
          open(request, response);
          refused(request, response);
        };
    Client.Stream stream = client().open("/answer");
    awaitOpened(1);
    hub().publish("room", SseEvent.of("of the first"));
    assertEquals("of the first", stream.next());
    handler =
        (request, response) -> {
          response.getWriter();
          refused(request, response);
        };
    client().open("/answer");
    handler =
        (request, response) -> {
          request.startAsync();
          refused(request, response);
          request.getAsyncContext().complete();
        };
    client().open("/answer");
    assertEquals(
        List.of(
            "The request has its event stream already: call EventStreams.open once for each"
                + " request",
            "The response's writer is in use, and an event stream needs its output stream: don't"
                + " call getWriter() before EventStreams.open",
            "The request is in async mode already: call EventStreams.open in place of"
                + " startAsync()"),
        List.copyOf(refusals));
  }

  private void refused(HttpServletRequest request, HttpServletResponse response) {
    Exception e = assertThrows(IllegalStateException.class, () -> open(request, response));
    refusals.add(e.getMessage());
  }

  @Test
  @Point("17 Clients that leave before their handler has returned, under fire: all requests end")
  void clientsThatLeaveBeforeTheHandlerHasReturnedLeaveNothing() throws Exception {
    int rounds = LONG ? 200 : 20;
    allowTomcatsRace(1);
    for (int i = 0; i < rounds; i++) {
      CountDownLatch stays = new CountDownLatch(1);
      handler =
          (request, response) -> {
            open(request, response);
            awaitUninterruptibly(stays);
          };
      leave(i);
      for (int k = 0; k < 4; k++) {
        hub().publish("room", SseEvent.of("x".repeat(100)));
        if (k == i % 4) {
          stays.countDown();
        }
      }
      int ended = i + 1;
      await().atMost(LATE).until(() -> closed.size() == ended && hub().connectionCount() == 0);
      assertNothingIsUnfinished();
    }
    Set<CloseReason> reasons = new HashSet<>(closed);
    if (Server.CONTAINER.startsWith("undertow") && protocol == Protocol.HTTP_2) {
      // Undertow may not report a stream that was reset before its handler returned.
      reasons.remove(CloseReason.STUCK);
    }
    assertTrue(Set.of(CloseReason.CLIENT_GONE).containsAll(reasons), "" + reasons);
    assertNothingWasLogged();
  }

  /** Opens a stream and leaves: with a FIN or an RST, or with HTTP/2 the stream is reset. */
  private void leave(int round) throws Exception {
    if (protocol == Protocol.HTTP_1) {
      try (Socket socket = new Socket("localhost", port())) {
        String request = "GET /answer HTTP/1.1\r\nHost: localhost\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(UTF_8));
        awaitOpened(round + 1);
        socket.setSoLinger(round % 2 == 0, 0);
      }
    } else {
      client().open("/answer").close();
      awaitOpened(round + 1);
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      assertTrue(latch.await(20, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
