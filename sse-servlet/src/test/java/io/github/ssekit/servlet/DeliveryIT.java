package io.github.ssekit.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.ssekit.event.EventStreamReader;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.HubBuilder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Published events arrive whole, in order, at once. No heartbeat pushes them along, except on
 * Undertow, which may keep the last bytes for a client that was slow to read (docs/containers.md).
 */
class DeliveryIT extends Cell {
  private static final int PRODUCERS = 8;
  private static final int EACH = LONG ? 5_000 : 125;

  @Override
  HubBuilder settings(HubBuilder builder) {
    boolean keepsBytes = Server.CONTAINER.startsWith("undertow");
    return builder
        .heartbeat(keepsBytes ? HEARTBEAT : Duration.ofMinutes(5))
        // The test reads two streams one after the other, which takes long on a busy machine.
        .stuckWriteDeadline(Duration.ofMinutes(1))
        .maxChannelLog(PRODUCERS * EACH, 1L << 30);
  }

  @Test
  @Point("1 Eight threads publish at once: every event whole, in the order of its thread")
  void eventsOfEightThreadsArriveWholeAndInTheOrderOfEach() throws Exception {
    Client client = client();
    List<Client.Stream> streams = List.of(client.open("/open"), client.open("/open"));
    ExecutorService producers = Executors.newFixedThreadPool(PRODUCERS);
    CountDownLatch go = new CountDownLatch(PRODUCERS);
    for (int p = 0; p < PRODUCERS; p++) {
      int producer = p;
      producers.execute(
          () -> {
            go.countDown();
            for (int i = 0; i < EACH; i++) {
              hub().publish("room", SseEvent.of(data(producer, i)));
            }
          });
    }
    for (Client.Stream stream : streams) {
      int[] next = new int[PRODUCERS];
      for (int i = 0; i < PRODUCERS * EACH; i++) {
        String data = stream.next();
        int producer = data.charAt(0) - '0';
        assertEquals(data(producer, next[producer]++), data);
      }
    }
    producers.shutdown();
    assertTrue(producers.awaitTermination(10, TimeUnit.SECONDS));
    assertEquals(List.of(), log.details());
  }

  private static String data(int producer, int i) {
    return producer + " " + i + " " + "x".repeat((producer * 7919 + i * 104_729) % 3_000);
  }

  @Test
  @Point("6 One event, then silence: median and longest time until it arrives")
  void anEventBehindWhichNothingComesArrivesAtOnce() throws Exception {
    Client.Stream stream = client().open("/open");
    awaitOpened(1);
    // Undertow may let an event beyond its HTTP/2 window lie until the stuck-write deadline.
    int largest =
        Server.CONTAINER.startsWith("undertow") && protocol == Protocol.HTTP_2 ? 9216 : 1 << 20;
    for (int size : new int[] {5, 2_040, 8_190, 9 << 10, 64 << 10, 1_000_000}) {
      if (size > largest) {
        break;
      }
      long[] nanos = new long[LONG ? 101 : 11];
      for (int i = 0; i < nanos.length; i++) {
        String data = ("" + (char) ('a' + i % 26)).repeat(size);
        long start = System.nanoTime();
        hub().publish("room", SseEvent.of(data));
        assertEquals(data, stream.next());
        nanos[i] = System.nanoTime() - start;
      }
      Arrays.sort(nanos);
      long median = nanos[nanos.length / 2];
      if (size < 1_000_000) {
        // Other builds may run on a busy machine: there, the event only has to arrive.
        long most = LONG ? 100_000_000 : 2_000_000_000;
        assertTrue(median < most, size + " bytes, median ns: " + median);
        long longest = nanos[nanos.length - 1];
        note(String.format("%,d B: %.1f, %.0f ms", size, median / 1e6, longest / 1e6));
      }
    }
    assertEquals(List.of(), log.details());
  }

  @Test
  @Point("18 As 6, at a client that waits for the end of each chunk: median and longest time")
  void anEventArrivesAtOnceAtAClientThatWaitsForTheEndOfItsChunk() throws Exception {
    assumeTrue(protocol != Protocol.HTTP_2, "HTTP/2 has no chunks");
    try (WholeChunks client = new WholeChunks(protocol, port(), "/open")) {
      awaitOpened(1);
      long[] nanos = new long[LONG ? 101 : 11];
      for (int i = 0; i < nanos.length; i++) {
        long start = System.nanoTime();
        hub().publish("room", SseEvent.of("event " + i));
        client.await("data: event " + i + "\n");
        nanos[i] = System.nanoTime() - start;
      }
      Arrays.sort(nanos);
      long median = nanos[nanos.length / 2];
      note(String.format("%.1f, %.0f ms", median / 1e6, nanos[nanos.length - 1] / 1e6));
      long most = LONG ? 100_000_000 : 2_000_000_000;
      assertTrue(median < most, "median ns: " + median);
    }
  }

  @Test
  @Point("11 What is framed is parsed back as it was")
  void whatIsFramedIsParsedBackAsItWas() throws Exception {
    List<String> texts =
        List.of("", " x", "a\n", "\n", "\n\n", "a\n\nb", "a\u2028b", "a\0b", "\ud83d\ude00");
    SseEvent[] events =
        texts.stream().map(t -> SseEvent.of("kind: of", t)).toArray(SseEvent[]::new);
    EventStreamReader reader = new EventStreamReader(client().open("/open").body());
    awaitOpened(1);
    opened.forEach(c -> Arrays.stream(events).forEach(c::send));
    opened.forEach(io.github.ssekit.hub.Connection::close);
    for (SseEvent event : events) {
      SseEvent parsed = reader.next();
      assertEquals(event.data(), parsed.data());
      assertEquals(event.type(), parsed.type());
    }
    assertNull(reader.next());
  }
}
