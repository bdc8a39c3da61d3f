package io.github.ssekit.servlet;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Connection;
import jakarta.servlet.http.HttpServletRequest;
import java.io.File;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Small answers beside event streams that either side ends at random moments, on the same
 * connections: no byte of one in the other, and nothing left behind.
 */
class HygieneIT extends Cell {
  private static final int CLIENTS = 4;
  private static final int ANSWERS = LONG ? 200_000 : 400;

  private final AtomicInteger streams = new AtomicInteger();

  @Override
  void onOpen(Connection connection, HttpServletRequest request) {
    if (request.getParameter("end") != null) {
      connection.send(SseEvent.of("bye"));
      connection.close();
    }
  }

  @Test
  @Point("Under fire: answers beside streams that are cut at random moments")
  void answersBesideStreamsThatAreCutHoldNoForeignByteAndNothingIsLeft() throws Exception {
    allowTomcatsRace(2);
    // After this, the container has created all objects that it creates only once.
    fire(ANSWERS / 10, 7);
    int descriptors = descriptors();
    int threads = Thread.activeCount();
    fire(ANSWERS, 42);
    await()
        .atMost(LATE.multipliedBy(2))
        .until(() -> hub().connectionCount() == 0 && closed.size() == streams.get());
    assertEquals(streams.get(), opened.size());
    await()
        .atMost(LATE.multipliedBy(6))
        .until(
            () -> {
              // The JDK's HTTP client closes its connections once it is unreachable.
              System.gc();
              return descriptors() <= descriptors + 2 * CLIENTS
                  && Thread.activeCount() <= threads + 2 * CLIENTS;
            });
    assertNothingWasLogged();
    note(
        String.format(
            "%,d answers, %,d streams; descriptors %d to %d, threads %d to %d",
            ANSWERS, streams.get(), descriptors, descriptors(), threads, Thread.activeCount()));
  }

  private void fire(int answers, long seed) throws Exception {
    underFire(CLIENTS, 1_000_000, i -> client(i, answers / CLIENTS, seed + i));
  }

  private void client(int client, int answers, long seed) throws Exception {
    Random random = new Random(seed);
    KeepAlive connection = KeepAlive.to(protocol, port());
    for (int i = 0; i < answers; i++) {
      String id = client + "-" + i;
      assertEquals(json(id), connection.get("/json?id=" + id));
      switch (random.nextInt(10)) {
        case 0 -> {
          streams.incrementAndGet();
          connection.cut("/open", random.nextInt(60));
        }
        case 1 -> {
          streams.incrementAndGet();
          String stream = connection.get("/open?end");
          assertTrue(stream.matches("retry: 2000\n(?s:.*)\n\n(:\n)?"), stream);
        }
        default -> {
          // An answer follows an answer.
        }
      }
    }
    connection.close();
  }

  /** Open descriptors of this process, or 0 where there is no way to know. */
  private static int descriptors() {
    String[] names = new File("/proc/self/fd").list();
    return names == null ? 0 : names.length;
  }
}
