package io.github.ssekit.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.ssekit.event.SseEvent;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplayTest {
  private static final StreamReset TRIMMED =
      new StreamReset("a", StreamReset.Reason.TRIMMED, new Position(1, 0), new Position(4, 0));

  private static SseEvent event(long at) {
    return new SseEvent("chat", "x" + at, new Position(at, 0).toString());
  }

  private static String text(Replay replay) {
    assertEquals(replay.length(), replay.bytes().length);
    return new String(replay.bytes(), UTF_8);
  }

  @Test
  void resetsComeFirstAndWithoutAnIdThenEventsThenTheEnd() {
    Replay replay = Replay.of(List.of(TRIMMED), List.of(event(5), event(6)), new Position(9, 0));
    assertEquals(
        """
        event: stream-reset
        data: {"channel":"a","reason":"trimmed","from":"1-0","to":"4-0"}

        id: 5-0
        event: chat
        data: x5

        id: 6-0
        event: chat
        data: x6

        id: 9-0

        """,
        text(replay));
    assertEquals(new Position(9, 0), replay.upTo());
  }

  @Test
  void theEndIsNotSaidTwiceIfItIsThatOfTheLastEvent() {
    Replay replay = Replay.of(List.of(), List.of(event(5)), new Position(5, 0));
    assertEquals("id: 5-0\nevent: chat\ndata: x5\n\n", text(replay));
  }

  @Test
  void nothingMissedIsTheEndAlone() {
    Replay replay = Replay.of(List.of(), List.of(), new Position(9, 0));
    assertEquals("id: 9-0\n\n", text(replay));
  }

  @Test
  void aResetOfOneChannelIsFollowedByTheEnd() {
    Replay replay = Replay.of(List.of(TRIMMED), List.of(), new Position(9, 0));
    assertEquals(
        """
        event: stream-reset
        data: {"channel":"a","reason":"trimmed","from":"1-0","to":"4-0"}

        id: 9-0

        """,
        text(replay));
  }

  @Test
  void aResetOfAllCarriesTheNewPositionAsItsId() {
    Replay replay =
        Replay.reset(StreamReset.Reason.REWOUND, new Position(7, 1), new Position(20, 0));
    assertEquals(
        """
        id: 20-0
        event: stream-reset
        data: {"channel":null,"reason":"rewound","from":"7-1","to":"20-0"}

        """,
        text(replay));
    assertEquals(new Position(20, 0), replay.upTo());
    Replay unknown = Replay.reset(StreamReset.Reason.UNKNOWN_ID, null, new Position(20, 0));
    assertEquals(
        """
        id: 20-0
        event: stream-reset
        data: {"channel":null,"reason":"unknown-id"}

        """,
        text(unknown));
  }
}
