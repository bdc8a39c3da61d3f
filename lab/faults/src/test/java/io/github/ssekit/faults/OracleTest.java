package io.github.ssekit.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.ssekit.faults.Finding.Kind;
import io.github.ssekit.hub.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The oracle's judgement of a client that listens to the channels a and b. */
class OracleTest {
  private final Trace trace = new Trace("client", Set.of("a", "b"));
  private final List<Published> published = new ArrayList<>();
  private long now = 1000;

  @Test
  void aCompleteTraceIsInOrder() {
    announced(100);
    both("a", 1, 101);
    both("b", 2, 102);
    announced(103);
    both("a", 3, 104);

    assertEquals(List.of(), kinds());
  }

  @Test
  void aMissingEventIsUntold() {
    announced(100);
    both("a", 1, 101);
    published("a", 2, 102);
    both("a", 3, 103);

    assertEquals(List.of(Kind.UNTOLD), kinds());
  }

  @Test
  void aMissingLastEventIsUntold() {
    announced(100);
    both("a", 1, 101);
    published("a", 2, 102);

    assertEquals(List.of(Kind.UNTOLD), kinds());
  }

  @Test
  void aLossIsToldByAResetOfItsChannel() {
    announced(100);
    both("a", 1, 101);
    published("a", 2, 102);
    told("a", null, null);
    both("a", 3, 103);

    assertEquals(List.of(Kind.TOLD), kinds());
  }

  @Test
  void aLossIsToldByAResetOfAllChannels() {
    announced(100);
    published("b", 1, 101);
    told(null, null, null);

    assertEquals(List.of(Kind.TOLD), kinds());
  }

  @Test
  void aResetOfAnotherChannelTellsNothing() {
    announced(100);
    published("a", 1, 101);
    told("b", null, null);
    both("a", 2, 102);

    assertEquals(List.of(Kind.UNTOLD), kinds());
  }

  @Test
  void aResetBeforeTheEventWasSentTellsNothing() {
    announced(100);
    told("a", null, null);
    published("a", 1, 101);
    both("a", 2, 102);

    assertEquals(List.of(Kind.UNTOLD), kinds());
  }

  @Test
  void aResetBeforeTheEventAheadOfTheLostOneTellsNothing() {
    announced(100);
    published("a", 1, 101);
    published("a", 2, 102);
    told("a", null, null);
    received("a", 1, 101);
    both("a", 3, 103);

    assertEquals(List.of(Kind.UNTOLD), kinds());
  }

  @Test
  void aRangeTellsOfWhatIsWithinIt() {
    announced(100);
    published("a", 1, 101);
    published("a", 2, 102);
    published("a", 3, 103);
    told("a", 101, 102);

    assertEquals(List.of(Kind.UNTOLD, Kind.TOLD, Kind.UNTOLD), kinds());
  }

  @Test
  void anEventBeforeTheFirstPositionIsNotOwed() {
    published("a", 1, 99);
    announced(100);
    both("a", 2, 101);

    assertEquals(List.of(), kinds());
  }

  @Test
  void anEventAboveTheFirstPositionIsOwedEvenIfItWasSentBefore() {
    published("a", 1, 101);
    announced(100);
    both("a", 2, 102);

    assertEquals(List.of(Kind.UNTOLD), kinds());
  }

  @Test
  void anEventSentAfterTheFirstPositionIsOwedWhateverItsId() {
    announced(100);
    published("a", 1, 50);

    assertEquals(List.of(Kind.UNTOLD), kinds());
  }

  @Test
  void aClientThatNeverHadAPositionIsOwedNothing() {
    published("a", 1, 101);

    assertEquals(List.of(), kinds());
  }

  @Test
  void whatComesAfterAClientHasLeftIsNotOwed() {
    announced(100);
    published("a", 1, 101);
    both("a", 2, 102);
    published("a", 3, 103);
    trace.cutShort();

    assertEquals(List.of(Kind.UNTOLD), kinds());
  }

  @Test
  void anEventSentAfterAClientHasLeftIsNotOwedHoweverLowItsId() {
    announced(100);
    both("a", 1, 102);
    trace.cutShort();
    published("a", 2, 101);

    assertEquals(List.of(), kinds());
  }

  @Test
  void theSameEventAgainIsADuplicate() {
    announced(100);
    both("a", 1, 101);
    received("a", 1, 101);

    assertEquals(List.of(Kind.DUPLICATED), kinds());
  }

  @Test
  void theSameEventWithAnotherIdWasStoredTwice() {
    announced(100);
    both("a", 1, 101);
    received("a", 1, 102);

    assertEquals(List.of(Kind.STORED_TWICE), kinds());
  }

  @Test
  void theSameEventMayComeAgainAfterAResetOfItsChannelOnly() {
    announced(100);
    both("a", 1, 101);
    both("b", 2, 102);
    told("a", null, null);
    received("a", 1, 103);
    received("b", 2, 104);

    assertEquals(List.of(Kind.STORED_TWICE), kinds());
  }

  @Test
  void idsRiseOverAllChannels() {
    announced(100);
    both("a", 1, 102);
    both("b", 2, 101);

    assertEquals(List.of(Kind.REORDERED), kinds());
  }

  @Test
  void anEventAtOrBelowAnAnnouncedPositionIsOutOfOrder() {
    announced(100);
    both("a", 1, 100);

    assertEquals(List.of(Kind.REORDERED), kinds());
  }

  @Test
  void aPositionThatGoesBackIsOutOfOrder() {
    announced(100);
    both("a", 1, 101);
    announced(100);

    assertEquals(List.of(Kind.REORDERED), kinds());
  }

  @Test
  void aResetOfAllChannelsLetsThePositionGoBack() {
    announced(100);
    both("a", 1, 101);
    told(null, null, null);
    announced(50);
    both("a", 2, 51);

    assertEquals(List.of(), kinds());
  }

  @Test
  void aResetOfOneChannelDoesNotLetThePositionGoBack() {
    announced(100);
    both("a", 1, 102);
    told("a", null, null);
    both("a", 2, 101);

    assertEquals(List.of(Kind.REORDERED), kinds());
  }

  @Test
  void aChannelThatWasNotAskedForIsWrong() {
    announced(100);
    both("c", 1, 101);

    assertEquals(List.of(Kind.CORRUPT), kinds());
  }

  @Test
  void whatIsNoneOfTheLabsEventsIsWrong() {
    trace.add(new Sighting.Nonsense(now++, "?"));

    assertEquals(List.of(Kind.CORRUPT), kinds());
  }

  private List<Kind> kinds() {
    return Oracle.judge(trace, published).stream().map(Finding::kind).toList();
  }

  private static Position at(long milliseconds) {
    return new Position(milliseconds, 0);
  }

  private void announced(long id) {
    trace.add(new Sighting.Announced(now++, at(id)));
  }

  private void published(String channel, long number, long id) {
    published.add(new Published(number, channel, now, now + 1, at(id)));
    now += 2;
  }

  private void received(String channel, long number, long id) {
    trace.add(new Sighting.Received(now++, channel, number, at(id)));
  }

  private void both(String channel, long number, long id) {
    published(channel, number, id);
    received(channel, number, id);
  }

  private void told(@Nullable String channel, @Nullable Integer from, @Nullable Integer to) {
    trace.add(
        new Sighting.Told(
            now++, channel, "lost", from == null ? null : at(from), to == null ? null : at(to)));
  }
}
