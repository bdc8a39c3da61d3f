package io.github.ssekit.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** One run of the lab of state channels; {@code -Dssekit.states="2 100"} gives others. */
class StateLabIT {
  @Test
  void theContractIsKeptUnderFaults() throws IOException {
    String args = System.getProperty("ssekit.states", "1 1 redis-kill") + " states";
    assertTrue(Lab.run(args.split(" ", -1), System.out), "see what is printed above");
  }
}
