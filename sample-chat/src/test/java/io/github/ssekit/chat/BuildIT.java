package io.github.ssekit.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Promises of the build. */
class BuildIT {
  @Test
  void skipTestsSkipsTheIntegrationTestsToo() throws Exception {
    // No test has this name, so the build would fail if it did not skip the tests. The module
    // depends on no other module.
    try (ChatProcess maven =
        ChatProcess.maven(
            "-pl", "lab/harness", "-DskipTests", "-Dit.test=NoneIT", "failsafe:integration-test")) {
      assertEquals(0, maven.awaitExit(Duration.ofMinutes(2)), maven.output());
    }
  }
}
