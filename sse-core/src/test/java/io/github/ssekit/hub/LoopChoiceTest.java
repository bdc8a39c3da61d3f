package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
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
  void connectionsWithSeveralChannelsTakeTurnsLestTheyAllBeInOneLoop() {
    assertEquals(
        List.of(0, 1, 2), List.of(connect("a", "b"), connect("b", "c"), connect("c", "d")));
    assertEquals(List.of(0, 1, 2), connect(3));
  }
}
