package io.github.ssekit.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class LogCaptureTest {
  private static final Logger LOGGER = Logger.getLogger(LogCaptureTest.class.getName());

  @Test
  void linesFromTheLevelOnAreCapturedUntilItIsClosed() {
    LogCapture log = LogCapture.of("io.github.ssekit.harness", Level.INFO);
    try (log) {
      LOGGER.log(Level.INFO, "one {0}", "x");
      LOGGER.log(Level.CONFIG, "two");
      LOGGER.log(Level.WARNING, "three", new IllegalStateException("broken"));
    }
    LOGGER.log(Level.INFO, "four");
    assertEquals(List.of("one x", "three"), log.messages());
    assertEquals(List.of("WARNING three"), log.lines("thr"));
    assertEquals(
        LogCaptureTest.class.getName() + " three java.lang.IllegalStateException: broken",
        log.details().get(1));
  }

  @Test
  void aClassLogsALowerLevelWhileItIsCaptured() {
    try (LogCapture log = LogCapture.only(LogCaptureTest.class, Level.FINE)) {
      LOGGER.log(Level.FINE, "fine");
      assertEquals(List.of("fine"), log.messages());
    }
    assertNull(LOGGER.getLevel());
  }
}
