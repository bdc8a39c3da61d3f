package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.github.ssekit.hub.Position;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvidenceTest {
  private final Evidence evidence = new Evidence();

  private static Position at(long milliseconds) {
    return new Position(milliseconds, 0);
  }

  @Test
  void theHighestIdOfEachRunIsKept() {
    evidence.see("r1", at(20));
    evidence.see("r1", at(10));
    evidence.see("r2", at(5));
    assertEquals(Map.of("r1", at(20), "r2", at(5)), evidence.seen());
    assertEquals(at(20), evidence.seenOn("r1"));
    assertNull(evidence.seenOn("r3"));
  }

  @Test
  void whatWasSeenOfOtherRunsIsForgottenOnceARunWasTold() {
    evidence.see("r1", at(20));
    evidence.see("r2", at(5));
    evidence.lose("r1", at(20));
    evidence.reported("r2", evidence.seen());
    assertEquals(Map.of("r2", at(5)), evidence.seen());
    assertNull(evidence.lostOn("r1"));
  }

  @Test
  void whatIsSeenOfAnotherRunWhileARunIsToldIsStillDue() {
    evidence.see("r1", at(20));
    Map<String, Position> told = evidence.seen();
    evidence.see("r1", at(30));
    evidence.lose("r1", at(30));
    evidence.reported("r2", told);
    assertEquals(Map.of("r1", at(30)), evidence.seen());
    assertEquals(at(30), evidence.lostOn("r1"));
  }

  @Test
  void aLossIsDueUntilItsRunWasTold() {
    evidence.lose("r1", at(20));
    evidence.lose("r1", at(10));
    assertEquals(at(20), evidence.lostOn("r1"));
    evidence.lossReported("r1", null);
    assertEquals(at(20), evidence.lostOn("r1"));
    evidence.lossReported("r1", at(20));
    assertNull(evidence.lostOn("r1"));
  }

  @Test
  void aLossThatIsFoundWhileAnotherIsToldIsStillDue() {
    evidence.lose("r1", at(10));
    evidence.lose("r1", at(20));
    evidence.lossReported("r1", at(10));
    assertEquals(at(20), evidence.lostOn("r1"));
  }
}
