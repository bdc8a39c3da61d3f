package io.github.ssekit.redis;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TurnsTest {
  private final Turns turns = new Turns(10);

  private static List<String> names(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "c" + i).toList();
  }

  @Test
  void allHaveTheirTurnWhereThereIsRoom() {
    turns.add(names(0, 10));
    turns.heard("c3");
    assertEquals(Set.copyOf(names(0, 10)), Set.copyOf(turns.next()));
    assertEquals(Set.copyOf(names(0, 10)), Set.copyOf(turns.next()));
  }

  @Test
  void eachHasItsTurnHoweverManyThereAreAndHoweverManyAreHeard() {
    turns.add(names(0, 100));
    Set<String> had = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      names(0, 50).forEach(turns::heard);
      List<String> next = turns.next();
      assertTrue(next.size() <= 10, "" + next);
      had.addAll(next);
    }
    assertEquals(Set.copyOf(names(0, 100)), had);
  }

  @Test
  void thoseThatWereHeardComeFirst() {
    turns.add(names(0, 100));
    turns.heard("c77");
    turns.heard("c78");
    assertTrue(turns.next().containsAll(List.of("c77", "c78")));
    assertEquals(
        List.of(), turns.next().stream().filter(c -> c.startsWith("c7")).toList(), "only once");
  }

  @Test
  void oneThatHasLeftHasNoTurn() {
    turns.add(names(0, 20));
    turns.heard("c1");
    turns.remove("c1");
    Set<String> had =
        IntStream.range(0, 5).boxed().flatMap(i -> turns.next().stream()).collect(toSet());
    assertEquals(19, had.size());
  }
}
