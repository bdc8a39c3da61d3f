package io.github.ssekit.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.ssekit.faults.KeyFacts.Entry;
import io.github.ssekit.faults.StateClient.Seen;
import io.github.ssekit.faults.StateClient.View;
import io.github.ssekit.hub.Position;
import io.github.ssekit.redis.StateChannels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The judgement of a channel with two keys, of which the second was removed. */
class StateJudgeTest {
  private static final String A = "1/a";
  private static final String B = "1/b";

  private final Map<String, KeyFacts> facts = new TreeMap<>();
  private final Map<String, Entry> newest = new TreeMap<>();
  private final List<Seen> seen = new ArrayList<>();
  private final Map<String, String> map = new TreeMap<>();
  private final KeyFacts a = new KeyFacts();
  private final KeyFacts b = new KeyFacts();

  @BeforeEach
  void publish() {
    facts.put(A, a);
    facts.put(B, b);
    confirm(a, A, "1", 10);
    confirm(b, B, "1", 11);
    confirm(a, A, "2", 12);
    confirm(b, B, "", 13);
    map.put(A, "2");
  }

  private void confirm(KeyFacts known, String key, String value, long id) {
    known.sent(value);
    known.confirmed(value, new Position(id, 0));
    newest.put(key, new Entry(value, new Position(id, 0)));
  }

  private void sees(@Nullable String type, String data, long id) {
    seen.add(new Seen(type, data, id + "-0"));
  }

  private void seesNewest() {
    sees(null, "1/a=2", 12);
    sees(StateChannels.REMOVED_TYPE, B, 13);
  }

  private void seesAll() {
    sees(null, "1/a=1", 10);
    sees(null, "1/b=1", 11);
    seesNewest();
  }

  /** The kinds of the violations. */
  private List<String> kinds(boolean nodesHear, boolean isUnbroken) {
    View view = new View("client", Set.of(StateServlet.channel("1")), seen, map, isUnbroken);
    return StateJudge.judge(facts, newest, List.of(view), nodesHear).stream()
        .map(text -> text.substring(0, text.indexOf(':')))
        .toList();
  }

  private List<String> kinds() {
    return kinds(true, false);
  }

  @Test
  void theNewestOfEachKeyIsEnough() {
    seesNewest();
    assertEquals(List.of(), kinds());
    seen.clear();
    seesAll();
    assertEquals(List.of(), kinds(true, true));
  }

  @Test
  void aConnectionThatNeverBrokeGetsAllIfItsNodeHeardRedis() {
    seesNewest();
    assertEquals(List.of(), kinds(false, true));
    assertEquals(List.of("MISSED", "MISSED"), kinds(true, true));
  }

  @Test
  void theMapIsThatOfRedis() {
    seesNewest();
    map.put(B, "1");
    assertEquals(List.of("DIFFERENT"), kinds());
    map.clear();
    assertEquals(List.of("DIFFERENT"), kinds());
  }

  @Test
  void redisHasTheNewestThatWasConfirmed() {
    newest.put(A, new Entry("1", new Position(10, 0)));
    map.put(A, "1");
    assertEquals(List.of("LOST"), kinds());
    newest.remove(A);
    map.remove(A);
    assertEquals(List.of("LOST"), kinds());
  }

  @Test
  void whatWasNotConfirmedMayBeThereIfItIsNewer() {
    a.sent("3");
    newest.put(A, new Entry("3", new Position(20, 0)));
    map.put(A, "3");
    assertEquals(List.of("LOST"), kinds(), "nobody has tried it");
    a.unconfirmed("3");
    assertEquals(List.of(), kinds());
    newest.put(A, new Entry("3", new Position(11, 0)));
    assertEquals(List.of("LOST"), kinds(), "older than what was confirmed");
  }

  @Test
  void aRemovalThatFindsNothingIsWrongWhereAKeyIs() {
    a.sent("");
    a.absent();
    assertEquals(List.of("LOST", "LOST"), kinds(), "there is a key to remove");
  }

  @Test
  void aRemovalThatFindsNothingMayHaveBeenDoneBefore() {
    a.sent("");
    a.unconfirmed("");
    a.absent();
    newest.put(A, new Entry("", new Position(20, 0)));
    map.remove(A);
    assertEquals(List.of(), kinds());
  }

  @Test
  void idsOfConfirmedEventsRise() {
    a.sent("3");
    a.confirmed("3", new Position(9, 0));
    newest.put(A, new Entry("3", new Position(9, 0)));
    map.put(A, "3");
    assertEquals(List.of("LOST"), kinds());
  }

  @Test
  void eventsComeOnceAndInOrder() {
    seesNewest();
    sees(null, "1/a=2", 12);
    assertEquals(List.of("DOUBLED"), kinds());
    seen.clear();
    sees(StateChannels.REMOVED_TYPE, B, 13);
    sees(null, "1/a=2", 12);
    assertEquals(List.of("REORDERED"), kinds());
  }

  @Test
  void resetsAndWhatNobodyPublishedAreWrong() {
    sees("stream-reset", "{}", 11);
    sees(null, "1/a=7", 12);
    sees(null, "1/c=1", 13);
    assertEquals(List.of("WRONG", "WRONG", "WRONG"), kinds());
  }
}
