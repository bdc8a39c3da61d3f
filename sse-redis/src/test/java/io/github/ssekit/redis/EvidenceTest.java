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
    evidence.reported("r2", evidence.seen());
    assertEquals(Map.of("r2", at(5)), evidence.seen());
  }

  @Test
  void whatIsSeenOfAnotherRunWhileARunIsToldIsStillDue() {
    evidence.see("r1", at(20));
    Map<String, Position> told = evidence.seen();
    evidence.see("r1", at(30));
    evidence.reported("r2", told);
    assertEquals(Map.of("r1", at(30)), evidence.seen());
  }

  @Test
  void aLossIsDueUntilRedisWasToldWhateverServerThatIs() {
    evidence.lose(at(20));
    evidence.lose(at(10));
    assertEquals(at(20), evidence.lost());
    evidence.reported("r2", evidence.seen());
    evidence.lossReported(null);
    assertEquals(at(20), evidence.lost());
    evidence.lossReported(at(20));
    assertNull(evidence.lost());
  }

  @Test
  void aLossThatIsFoundWhileAnotherIsToldIsStillDue() {
    evidence.lose(at(10));
    evidence.lose(at(20));
    evidence.lossReported(at(10));
    assertEquals(at(20), evidence.lost());
  }
}
