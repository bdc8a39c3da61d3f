package io.github.ssekit.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.ObjectPublisher;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The controller alone, without Spring: it returns and publishes plain values. */
class BoardTest {
  private final List<String> published = new ArrayList<>();
  private final Board board =
      new Board(
          new ObjectPublisher(
              (channel, event) -> {
                published.add(channel + " " + event.type() + " " + event.data());
                return null;
              },
              value -> SseEvent.of(value.toString())));

  @Test
  void aReaderListensToItsBoard() {
    assertEquals(List.of("board:main"), board.events("main").channels());
  }

  @Test
  void aNoteIsPublishedToItsBoard() {
    board.post("main", new Board.Note("ann", "hello"));
    assertEquals(List.of("board:main note Note[author=ann, text=hello]"), published);
  }
}
