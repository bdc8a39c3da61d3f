package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.StreamReset.Reason;
import io.github.ssekit.redis.Page.Kept;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Pages whose events are joined. */
class AnswerFoldTest {
  private static final Position END = new Position(1000, 0);

  private final List<Kept> kept = new ArrayList<>();
  private AnswerFold fold = new AnswerFold(Map.of("token", AnswerFoldTest::concat), 1 << 20);

  private static String concat(List<String> data) {
    return String.join("", data);
  }

  private void add(String channel, String type, String data) {
    add(channel, Message.event(type, data));
  }

  private void add(String channel, SseEvent event) {
    Position position = new Position(kept.size() + 1, 0);
    Reason unsendable = event == null ? Reason.LOST : null;
    int size = 64 + (event == null ? 0 : event.data().length());
    kept.add(new Kept(channel, new Entry(position, null, event, unsendable, size)));
  }

  private void tokens(String... tokens) {
    for (String token : tokens) {
      add("answer:x", "token", token);
    }
  }

  private Page page() {
    return new Page(END, END, null, List.of(), kept, Map.of(), END);
  }

  /** Each event as its position and data. */
  private List<String> folded() {
    return fold.of(page()).events().stream()
        .map(each -> each.position() + " " + (each.event() == null ? "none" : each.event().data()))
        .toList();
  }

  @Test
  void eventsThatFollowEachOtherAreOneAtThePositionOfTheLast() {
    tokens("one ", "two ", "three");
    add("answer:x", "done", "end");
    assertEquals(List.of("3-0 one two three", "4-0 end"), folded());
    assertEquals("token", fold.of(page()).events().get(0).event().type());
    assertEquals(END, fold.of(page()).upTo());
  }

  @Test
  void whatStandsBetweenThemStaysInItsPlace() {
    tokens("a", "b");
    add("answer:x", "tool", "t");
    tokens("c");
    add("answer:y", "token", "of another answer");
    tokens("d", "e");
    add("answer:x", null);
    tokens("f", "g");
    assertEquals(
        List.of(
            "2-0 ab", "3-0 t", "4-0 c", "5-0 of another answer", "7-0 de", "8-0 none", "10-0 fg"),
        folded());
  }

  @Test
  void otherTypesAndOtherChannelsAreNotJoined() {
    add("answer:x", "", "a");
    add("answer:x", "", "b");
    add("room:1", "token", "c");
    add("room:1", "token", "d");
    assertEquals(List.of("1-0 a", "2-0 b", "3-0 c", "4-0 d"), folded());
    fold = new AnswerFold(Map.of("message", AnswerFoldTest::concat), 1 << 20);
    assertEquals(List.of("2-0 ab", "3-0 c", "4-0 d"), folded());
  }

  @Test
  void linesStayLines() {
    tokens("a\n", "\n", "b\r", "\nc", "");
    assertEquals(List.of("5-0 a\n\nb\n\nc"), folded());
  }

  @Test
  void aJoinedEventKeepsToTheLimitOfOne() {
    fold = new AnswerFold(Map.of("token", AnswerFoldTest::concat), 250);
    tokens(Collections.nCopies(8, "0123456789").toArray(String[]::new));
    tokens("x".repeat(300), "y");
    assertEquals(
        List.of(
            "3-0 " + "0123456789".repeat(3),
            "6-0 " + "0123456789".repeat(3),
            "8-0 " + "0123456789".repeat(2),
            "9-0 " + "x".repeat(300),
            "10-0 y"),
        folded());
  }

  @Test
  void ifTheFrameIsTooLargeTheyStaySingle() {
    // Each line of data takes six bytes more in a frame.
    fold = new AnswerFold(Map.of("token", AnswerFoldTest::concat), 400);
    tokens("\n".repeat(40), "\n".repeat(40));
    assertEquals(2, folded().size());
  }

  @Test
  void aFunctionThatFailsLeavesThemSingle() {
    tokens("a", "b");
    for (Function<List<String>, String> failing :
        List.<Function<List<String>, String>>of(
            data -> null,
            data -> {
              throw new IllegalStateException("expected by this test");
            })) {
      fold = new AnswerFold(Map.of("token", failing), 1 << 20);
      assertEquals(List.of("1-0 a", "2-0 b"), folded());
    }
  }

  @Test
  void aTypeIsFoldedInOneWay() {
    try (Hub hub = Hub.create()) {
      RedisBridgeBuilder builder =
          RedisBridge.builder(hub, URI.create("redis://localhost"))
              .foldAnswers("token", AnswerFoldTest::concat);
      assertThrows(
          IllegalArgumentException.class, () -> builder.foldAnswers("token", data -> "other"));
    }
  }
}
