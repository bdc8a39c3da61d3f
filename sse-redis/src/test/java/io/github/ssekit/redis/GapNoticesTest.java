package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.hub.Position;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The reader and the writer at the same time; PositionProtocolTest has them in turn. */
class GapNoticesTest {
  private final GapNotices gaps = new GapNotices();

  private static Position at(long milliseconds) {
    return new Position(milliseconds, 0);
  }

  private List<String> due() {
    return List.copyOf(gaps.due().keySet());
  }

  @Test
  void aNoticeIsDueUntilRedisHasTakenIt() {
    gaps.found("a", at(10));
    gaps.found("b", at(11));
    assertEquals(List.of("a", "b"), due());
    gaps.sent("a", gaps.due().get("a"), at(20));
    assertEquals(List.of("b"), due());
  }

  @Test
  void aGapThatIsFoundWhileANoticeIsOnItsWayIsStillDue() {
    gaps.found("a", at(10));
    GapNotices.Gap sent = gaps.due().get("a");
    gaps.found("a", at(18));
    gaps.sent("a", sent, at(20));
    assertEquals(List.of("a"), due());
    assertEquals(at(10), gaps.due().get("a").from());
  }

  @Test
  void aNoticeMayBeHeardBeforeItsSenderHasTheReply() {
    gaps.found("a", at(10));
    GapNotices.Gap sent = gaps.due().get("a");
    gaps.told("a", at(10));
    gaps.sent("a", sent, at(20));
    assertFalse(gaps.passedBy(at(30)));
    assertEquals(List.of(), due());
  }

  @Test
  void aNoticeThatAProbeHasPassedIsDueAgain() {
    gaps.found("a", at(10));
    gaps.sent("a", gaps.due().get("a"), at(20));
    assertFalse(gaps.passedBy(at(19)));
    assertEquals(List.of(), due());
    assertTrue(gaps.passedBy(at(21)));
    assertEquals(List.of("a"), due());
  }
}
