package io.github.ssekit.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.hub.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The violations in a client's trace, by the fault during which they happen. */
class ReportTest {
  private final Trace trace = new Trace("client", Set.of("a"));
  private final List<Long> refusals = new ArrayList<>();
  private final List<String> complaints = new ArrayList<>();

  @Test
  void anEventStoredTwiceIsRedisFaultIfItMayHaveLostTheToken() {
    received(10, 100);
    received(20, 101);
    assertEquals(List.of(), violations(Fault.FLUSHALL));
  }

  @Test
  void anEventStoredTwiceIsOursIfRedisKeptTheToken() {
    received(10, 100);
    received(20, 101);
    List<String> violations = violations(Fault.REDIS_RESET);
    assertEquals(1, violations.size());
    assertTrue(violations.get(0).startsWith("STORED_TWICE"), violations.get(0));
  }

  @Test
  void anEventDeliveredTwiceIsOursWhateverRedisLost() {
    received(10, 100);
    received(20, 100);
    assertTrue(violations(Fault.FLUSHALL).get(0).startsWith("DUPLICATED"));
  }

  @Test
  void aResetIsAFalseAlarmWhereNothingIsLost() {
    trace.add(new Sighting.Told(10, "a", "lost", null, null));
    assertEquals(List.of(), violations(Fault.FLUSHALL));
    assertTrue(violations(Fault.REDIS_RESET).get(0).startsWith("FALSE ALARM"));
  }

  @Test
  void aRefusedPublishCountsWhereNothingIsInItsWay() {
    refusals.add(20L);
    assertEquals(List.of(), violations(Fault.REDIS_RESET));
    assertEquals(
        List.of("REFUSED: 1 publishes in row 1, idle-killed"), violations(Fault.IDLE_KILLED));
  }

  @Test
  void whatAFaultComplainsOfIsAViolation() {
    complaints.add("the neighbour got nothing");
    assertEquals(complaints, violations(Fault.SECOND_DATABASE));
  }

  private void received(long at, long id) {
    trace.add(new Sighting.Received(at, "a", 1, new Position(id, 0)));
  }

  private List<String> violations(Fault fault) {
    Row row = new Row(new Step(fault, 0, false, 200), 0, 30, 40);
    return new Report(List.of(row), List.of(trace), List.of(), Set.of(), refusals, complaints)
        .violations();
  }
}
