package io.github.ssekit.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.ssekit.faults.AnswerViewer.Seen;
import io.github.ssekit.faults.AnswerViewer.View;
import io.github.ssekit.hub.Position;
import io.github.ssekit.redis.AnswerState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The judgement of an answer of two events, which ends at 1,000 ms with the event of id 12-0. */
class AnswerJudgeTest {
  private static final String LOST = "{\"reason\":\"producer-lost\"}";
  private static final String CANCELLED = "{\"reason\":\"cancelled\"}";

  private final AnswerFacts facts = new AnswerFacts("x");
  private final List<View> views = new ArrayList<>();
  private List<Seen> seen = new ArrayList<>();

  private void stored() {
    facts.started("a");
    facts.stored(1, new Position(10, 0));
    facts.stored(2, new Position(11, 0));
  }

  private void done() {
    stored();
    facts.ended(AnswerState.DONE, 1_000);
  }

  private void sees(@Nullable String type, String data, long id) {
    seen.add(new Seen(1_100, type, data, id + "-0"));
  }

  private void seesEvents() {
    sees("token", "a 1", 10);
    sees("token", "a 2", 11);
  }

  private void seesAll() {
    seesEvents();
    sees("done", "a", 12);
  }

  private void stops(long at, String... wrong) {
    views.add(new View("viewer", 0, seen, at, List.of(wrong)));
    seen = new ArrayList<>();
  }

  /** The kinds of the violations. */
  private List<String> kinds() {
    return AnswerJudge.judge(facts, views, due -> due).stream()
        .map(text -> text.substring(0, text.indexOf(':')))
        .toList();
  }

  @Test
  void theWholeWithItsEndingIsRight() {
    done();
    seesAll();
    stops(2_000);
    seesAll();
    stops(2_500);
    assertEquals(List.of(), kinds());
  }

  @Test
  void anEventThatWasNotConfirmedMayComeOrNot() {
    done();
    seesEvents();
    sees("token", "a 3", 12);
    sees("done", "a", 13);
    stops(2_000);
    assertEquals(List.of(), kinds());
  }

  @Test
  void aMissingEventIsLost() {
    done();
    sees("token", "a 1", 10);
    sees("done", "a", 12);
    stops(2_000);
    assertEquals(List.of("LOST"), kinds());
  }

  @Test
  void anEventThatComesAgainIsDoubled() {
    done();
    sees("token", "a 1", 10);
    seesAll();
    stops(2_000);
    assertEquals(List.of("DOUBLED"), kinds());
  }

  @Test
  void anEventWithAnotherIdIsDoubled() {
    done();
    sees("token", "a 1", 9);
    sees("token", "a 2", 11);
    sees("done", "a", 12);
    stops(2_000);
    assertEquals(List.of("DOUBLED"), kinds());
  }

  @Test
  void numbersAndIdsRise() {
    done();
    sees("token", "a 2", 11);
    sees("token", "a 1", 10);
    sees("done", "a", 12);
    stops(2_000);
    assertEquals(List.of("REORDERED", "REORDERED"), kinds());
  }

  @Test
  void allViewersGetTheSame() {
    done();
    seesAll();
    stops(2_000);
    seesEvents();
    sees("token", "a 3", 12);
    sees("done", "a", 13);
    stops(2_000);
    assertEquals(List.of("DIFFERENT"), kinds());
  }

  @Test
  void twoEndingsAreOneTooMany() {
    done();
    seesAll();
    sees("stream-end", CANCELLED, 13);
    stops(2_000);
    assertEquals(List.of("ENDING", "ENDING"), kinds());
  }

  @Test
  void nothingFollowsTheEnding() {
    done();
    sees("token", "a 1", 10);
    sees("done", "a", 11);
    sees("token", "a 2", 12);
    stops(2_000);
    assertEquals(List.of("ENDING", "DOUBLED"), kinds());
  }

  @Test
  void noEndingIsWrong() {
    done();
    seesEvents();
    stops(2_000);
    assertEquals(List.of("ENDING"), kinds());
  }

  @Test
  void onlyOneEndingIsConfirmed() {
    done();
    facts.ended(AnswerState.CANCELLED, 1_000);
    seesAll();
    stops(2_000);
    assertEquals(List.of("ENDING"), kinds());
  }

  @Test
  void anAnswerWhoseNodeLivesIsNotLost() {
    stored();
    facts.over(1_000);
    seesEvents();
    sees("stream-end", LOST, 12);
    stops(2_000);
    assertEquals(List.of("ENDING"), kinds());
  }

  @Test
  void anAnswerWhoseNodeIsLostEndsSoonAfterTheLease() {
    stored();
    facts.nodeLost("a", 4_000);
    seesEvents();
    seen.add(new Seen(8_000, "stream-end", LOST, "12-0"));
    stops(9_000);
    assertEquals(List.of(), kinds());
    seesEvents();
    seen.add(new Seen(9_001, "stream-end", LOST, "12-0"));
    stops(9_002);
    assertEquals(List.of("LATE", "LATE"), kinds());
  }

  @Test
  void theLossOfTheOtherNodeIsNone() {
    stored();
    facts.nodeLost("b", 4_000);
    facts.over(1_000);
    seesEvents();
    sees("stream-end", LOST, 12);
    stops(2_000);
    assertEquals(List.of("ENDING"), kinds());
  }

  @Test
  void aViewerThatIsNotToldToStopIsLate() {
    done();
    seesAll();
    stops(-1);
    assertEquals(List.of("LATE"), kinds());
  }

  @Test
  void eventsOfTwoAreOfASecondProducer() {
    done();
    sees("token", "a 1", 10);
    sees("token", "a 2", 11);
    sees("token", "b 3", 12);
    sees("done", "a", 13);
    stops(2_000);
    assertEquals(List.of("SECOND PRODUCER"), kinds());
  }

  @Test
  void twoConfirmedStartsAreOneTooMany() {
    done();
    facts.started("b");
    seesAll();
    stops(2_000);
    assertEquals(List.of("SECOND PRODUCER"), kinds());
  }

  @Test
  void resetsAndOtherStatusesAreWrong() {
    done();
    seesEvents();
    sees("stream-reset", "{}", 11);
    sees("done", "a", 12);
    stops(2_000, "status 500");
    assertEquals(List.of("WRONG", "WRONG"), kinds());
  }
}
