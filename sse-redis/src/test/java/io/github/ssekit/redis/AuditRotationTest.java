package io.github.ssekit.redis;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AuditRotationTest {
  private final AuditRotation rotation = new AuditRotation(10);

  private static List<String> names(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "c" + i).toList();
  }

  @Test
  void allChannelsFitAProbeWhereThereIsRoom() {
    rotation.add(names(0, 10));
    rotation.prefer("c3");
    assertEquals(Set.copyOf(names(0, 10)), Set.copyOf(rotation.next()));
    assertEquals(Set.copyOf(names(0, 10)), Set.copyOf(rotation.next()));
  }

  @Test
  void eachChannelHasItsTurnHoweverManyThereAreAndHoweverManyAreActive() {
    rotation.add(names(0, 100));
    Set<String> had = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      names(0, 50).forEach(rotation::prefer);
      List<String> next = rotation.next();
      assertTrue(next.size() <= 10, "" + next);
      had.addAll(next);
    }
    assertEquals(Set.copyOf(names(0, 100)), had);
  }

  @Test
  void channelsWithMessagesComeFirst() {
    rotation.add(names(0, 100));
    rotation.prefer("c77");
    rotation.prefer("c78");
    assertTrue(rotation.next().containsAll(List.of("c77", "c78")));
    assertEquals(
        List.of(), rotation.next().stream().filter(c -> c.startsWith("c7")).toList(), "only once");
  }

  @Test
  void aRemovedChannelHasNoTurn() {
    rotation.add(names(0, 20));
    rotation.prefer("c1");
    rotation.remove("c1");
    Set<String> had =
        IntStream.range(0, 5).boxed().flatMap(i -> rotation.next().stream()).collect(toSet());
    assertEquals(19, had.size());
  }
}
