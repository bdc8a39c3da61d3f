package io.github.ssekit.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A short run of the lab; {@code -Dssekit.faults="2 200"} gives another. */
class FaultLabIT {
  @Test
  @Timeout(value = 30, unit = TimeUnit.MINUTES)
  void theContractIsKeptUnderFaults() throws IOException {
    String[] args = System.getProperty("ssekit.faults", "1 10").split(" ", -1);
    assertTrue(Lab.run(args, System.out), "see the table and the traces above");
  }
}
