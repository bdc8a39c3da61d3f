package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The names of one channel that a node sends to Redis, and when. */
class LocalPresenceTest {
  private static final long SECOND = 1_000_000_000;

  private final LocalPresence channel = new LocalPresence("here:1", Duration.ofSeconds(15), 0);

  /** The number of warnings that were due about names left out. */
  private int said;

  /** Sends Redis all due parts. Returns the present names, and the names that have left. */
  private List<Set<String>> tell(long now, int count) {
    return tell(now, count, 0);
  }

  private List<Set<String>> tell(long now, int count, int leftOutOfEach) {
    Set<String> names = new TreeSet<>();
    Set<String> gone = new TreeSet<>();
    for (LocalPresence.Part part : channel.due(now)) {
      names.addAll(part.names());
      gone.addAll(part.gone());
      PresenceScripts.Noted noted = new PresenceScripts.Noted(count, leftOutOfEach);
      said += channel.told(part, noted, now, Duration.ofSeconds(5)) ? 1 : 0;
    }
    return List.of(names, gone);
  }

  private static List<Set<String>> told(List<String> names, List<String> gone) {
    return List.of(new TreeSet<>(names), new TreeSet<>(gone));
  }

  /** For each channel that changes, Redis sorts the names of all nodes. */
  @Test
  void oneCallListsFiveThousandNamesAtMost() {
    List<LocalPresence.Part> due = new ArrayList<>();
    for (int count : new int[] {2_000, 3_000, 1, 5_000, 5_000}) {
      LocalPresence each = new LocalPresence("here:" + count, Duration.ofSeconds(15), 0);
      each.told(each.due(0).get(0), new PresenceScripts.Noted(count, 0), 0, Duration.ofSeconds(5));
      due.addAll(each.due(5 * SECOND));
    }
    List<Integer> ends = new ArrayList<>();
    for (int from = 0; from < due.size(); from = ends.get(ends.size() - 1)) {
      ends.add(LocalPresence.Part.endOfCall(due, from));
    }
    assertEquals(List.of(2, 3, 4, 5), ends);
  }

  @Test
  void aNewChannelIsToldWithoutNamesToo() {
    assertEquals(1, channel.due(0).size());
    assertTrue(channel.due(0).get(0).isLast());
    assertEquals(told(List.of(), List.of()), tell(0, 0));
    assertEquals(List.of(), channel.due(5 * SECOND - 1));
    assertEquals(1, channel.due(5 * SECOND).size());
  }

  @Test
  void changesAreToldAtOnceAndAllNamesOnceInAWhile() {
    channel.joined("Ann");
    channel.joined("Bob");
    assertEquals(told(List.of("Ann", "Bob"), List.of()), tell(0, 2));
    channel.joined("Cid");
    channel.left("Bob");
    assertEquals(told(List.of("Cid"), List.of("Bob")), tell(SECOND, 2));
    assertEquals(List.of(), channel.due(2 * SECOND));
    assertEquals(told(List.of("Ann", "Cid"), List.of()), tell(5 * SECOND, 2));
  }

  @Test
  void whatWasNotTakenIsToldAgain() {
    channel.joined("Ann");
    channel.left("Ann");
    assertFalse(channel.isIdle());
    assertEquals(List.of("Ann"), channel.due(0).get(0).gone());
    assertEquals(List.of("Ann"), channel.due(0).get(0).gone());
    assertEquals(told(List.of(), List.of("Ann")), tell(0, 0));
    assertTrue(channel.isIdle());
  }

  @Test
  void whoLeftWhileRedisWasAwayIsForgottenOnceRedisHasForgotten() {
    channel.joined("Ann");
    channel.left("Ann");
    assertEquals(List.of("Ann"), channel.due(0).get(0).gone());
    assertEquals(List.of("Ann"), channel.due(15 * SECOND).get(0).gone());
    assertEquals(List.of(), channel.due(15 * SECOND + 1).get(0).gone());
    assertTrue(channel.isIdle());
  }

  @Test
  void aNameLeavesWithItsLastConnection() {
    channel.joined("Ann");
    channel.joined("Ann");
    List<Set<String>> unused = tell(0, 1);
    channel.left("Ann");
    assertEquals(List.of(), channel.due(SECOND));
    channel.left("Ann");
    channel.joined("Ann");
    assertEquals(told(List.of("Ann"), List.of()), tell(SECOND, 1));
  }

  @Test
  void thousandsAreToldInPartsOfWhichTheLastHasTheListPublished() {
    for (int i = 0; i < 2_400; i++) {
      channel.joined("p" + i);
    }
    List<LocalPresence.Part> parts = channel.due(0);
    assertEquals(
        List.of(false, false, true), parts.stream().map(LocalPresence.Part::isLast).toList());
    assertEquals(2_400, tell(0, 4_000).get(0).size());
    channel.left("p7");
    assertEquals(List.of(), channel.due(2 * SECOND - 1), "of 4,000 names every two seconds");
    assertEquals(told(List.of(), List.of("p7")), tell(2 * SECOND, 3_999));
    assertEquals(2_399, tell(5 * SECOND, 3_999).get(0).size());
  }

  @Test
  void thatNamesAreLeftOutIsSaidOnceUntilThereWasRoomForAll() {
    for (int i = 0; i < 2_400; i++) {
      channel.joined("p" + i);
    }
    List<Set<String>> unused = tell(0, 10, 7);
    assertEquals(1, said);
    channel.joined("one more");
    unused = tell(SECOND, 10, 1);
    unused = tell(5 * SECOND, 10, 1);
    assertEquals(1, said, "it has been full all along");
    channel.left("one more");
    unused = tell(6 * SECOND, 10, 0);
    channel.joined("one more");
    unused = tell(7 * SECOND, 10, 1);
    assertEquals(1, said, "whether all others are noted is not known");
    unused = tell(10 * SECOND, 10, 0);
    unused = tell(15 * SECOND, 10, 0);
    assertEquals(1, said);
    channel.joined("another");
    unused = tell(16 * SECOND, 10, 1);
    assertEquals(2, said);
  }
}
