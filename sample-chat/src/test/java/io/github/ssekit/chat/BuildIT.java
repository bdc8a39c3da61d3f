package io.github.ssekit.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What the build promises of itself. */
class BuildIT {
  @Test
  void skipTestsSkipsTheIntegrationTestsToo() throws Exception {
    // Were they not skipped, this would fail, since none has this name. The module depends on no
    // other.
    try (ChatProcess maven =
        ChatProcess.maven(
            "-pl", "lab/harness", "-DskipTests", "-Dit.test=NoneIT", "failsafe:integration-test")) {
      assertEquals(0, maven.awaitExit(Duration.ofMinutes(2)), maven.output());
    }
  }
}
