package io.github.ssekit.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static final List<Fault> ALL = List.of(Fault.values());

  @Test
  void theSameSeedGivesTheSameFaults() {
    assertEquals(steps(7, 100), steps(7, 100));
    assertNotEquals(steps(7, 100), steps(8, 100));
  }

  @Test
  void eachFaultComesOnceBeforeAnyComesAgain() {
    EnumSet<Fault> first = EnumSet.noneOf(Fault.class);
    steps(3, ALL.size()).forEach(step -> first.add(step.fault()));
    assertEquals(EnumSet.allOf(Fault.class), first);
  }

  @Test
  void noFaultLastsLongerThanAsked() {
    assertTrue(steps(5, 1000).stream().allMatch(s -> s.millis() >= 200 && s.millis() < 3000));
  }

  @Test
  void aLongPlanHasEachLongTimeOnce() {
    Plan plan = new Plan(1, List.of(Fault.REDIS_STOP, Fault.CLIENT_RESET), true);
    List<Long> stops = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Step step = plan.next();
      if (step.fault() == Fault.REDIS_STOP) {
        stops.add(step.millis());
      }
    }
    stops.sort(null);
    assertEquals(List.of(5000L, 30_000L, 90_000L), stops);
  }

  private static List<Step> steps(long seed, int count) {
    Plan plan = new Plan(seed, ALL, false);
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      steps.add(plan.next());
    }
    return steps;
  }
}
