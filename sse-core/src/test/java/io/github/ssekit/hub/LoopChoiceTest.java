package io.github.ssekit.hub;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The choice of the loop that a connection belongs to. */
class LoopChoiceTest {
  private final ManualHub manual = new ManualHub(b -> b.loops(3));

  private int connect(String... channels) {
    Connection connection = manual.hub().connect(new RecordingTransport(), List.of(channels), null);
    manual.settle();
    return connection.loop.number;
  }

  private List<Integer> connect(int times, String... channels) {
    return IntStream.range(0, times).mapToObj(i -> connect(channels)).toList();
  }

  @Test
  void theFirstSixteenOfAChannelAreInOneLoopAndFurtherOnesInTurns() {
    assertEquals(0, connect("room:1"));
    assertEquals(1, connect("room:2"));
    assertEquals(Collections.nCopies(15, 0), connect(15, "room:1"));
    assertEquals(1, connect("room:2"));
    assertEquals(List.of(2, 0, 1, 2), connect(4, "room:1"));
  }

  @Test
  void anEventWakesOnlyTheLoopsThatHaveSubscribers() {
    try (Hub hub = Hub.builder().loops(2).create()) {
      RecordingTransport client = new RecordingTransport();
      hub.connect(client, List.of("a"), null);
      long before = waits("sse-loop-2");
      for (int i = 1; i <= 200; i++) {
        hub.publish("a", SseEvent.of("" + i));
        int count = i;
        await().pollInterval(Duration.ofMillis(1)).until(() -> client.data().size() == count);
      }
      long waits = waits("sse-loop-2") - before;
      assertTrue(waits < 100, waits + " waits of the loop without a client");
    }
  }

  /** How often a thread of this name has begun to wait. */
  private static long waits(String thread) {
    return Stream.of(ManagementFactory.getThreadMXBean().dumpAllThreads(false, false))
        .filter(each -> each.getThreadName().equals(thread))
        .mapToLong(ThreadInfo::getWaitedCount)
        .sum();
  }

  @Test
  void connectionsWithSeveralChannelsTakeTurnsLestTheyAllBeInOneLoop() {
    assertEquals(
        List.of(0, 1, 2), List.of(connect("a", "b"), connect("b", "c"), connect("c", "d")));
    assertEquals(List.of(0, 1, 2), connect(3));
  }
}
