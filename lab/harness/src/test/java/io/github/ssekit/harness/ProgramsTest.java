package io.github.ssekit.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

class ProgramsTest {
  private static final String REQUIRE_ALL = "ssekit.requireAll";

  private final String given = System.getProperty(REQUIRE_ALL, "");

  @AfterEach
  void reset() {
    System.setProperty(REQUIRE_ALL, given);
  }

  @Test
  void theFirstInstalledNameIsFound() {
    assertEquals(
        Optional.of(Path.of("sh")), Programs.find("no-such-program", "sh").map(Path::getFileName));
    assertEquals(Optional.empty(), Programs.find("no-such-program"));
    assertThrows(IllegalStateException.class, () -> Programs.path("no-such-program"));
  }

  @Test
  void anAbsentProgramSkipsTheTest() {
    System.setProperty(REQUIRE_ALL, "false");
    assertThrows(TestAbortedException.class, () -> Programs.require("sh", "no-such-program"));
  }

  @Test
  void anAbsentProgramFailsTheTestThatMayNotBeSkipped() {
    System.setProperty(REQUIRE_ALL, "true");
    assertThrows(AssertionFailedError.class, () -> Programs.require("no-such-program"));
    Programs.require("sh");
  }
}
