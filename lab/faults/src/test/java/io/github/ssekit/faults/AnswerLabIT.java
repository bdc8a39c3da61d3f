package io.github.ssekit.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** A short run of the lab of answers; {@code -Dssekit.answers="2 500"} gives another. */
class AnswerLabIT {
  @Test
  void theContractIsKeptUnderFaults() throws IOException {
    String args =
        System.getProperty("ssekit.answers", "1 2 producer-kill viewer-kill") + " answers";
    assertTrue(Lab.run(args.split(" ", -1), System.out), "see what is printed above");
  }
}
