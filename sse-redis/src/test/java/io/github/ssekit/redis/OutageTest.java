package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.github.ssekit.harness.LogCapture;
import java.time.Duration;
import java.util.List;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OutageTest {
  private final LogCapture log = LogCapture.of("io.github.ssekit.redis", Level.INFO);
  private long now = Long.MAX_VALUE - 5;
  private final Outage outage =
      new Outage(System.getLogger("io.github.ssekit.redis"), "h:1", "subscribed again", () -> now);

  @AfterEach
  void close() {
    log.close();
  }

  @Test
  void beginsLastsAndEndsWithALineEach() {
    outage.failed("subscribing failed", "WRONGPASS");
    pass(Duration.ofSeconds(30));
    outage.failed("subscribing failed", "WRONGPASS");
    pass(Duration.ofSeconds(30));
    outage.failed("subscribing failed", "WRONGPASS");
    outage.failed("subscribing failed", "WRONGPASS");
    assertNotNull(outage.problem());
    assertEquals("subscribing failed: WRONGPASS", outage.problem().reason());
    pass(Duration.ofMillis(400));
    outage.ended();
    outage.ended();
    assertNull(outage.problem());
    assertEquals(
        List.of(
            "WARNING Redis at h:1: subscribing failed: WRONGPASS",
            "WARNING Redis at h:1: subscribing failed: WRONGPASS (for 60 s now)",
            "INFO Redis at h:1: subscribed again after 60 s"),
        log.lines("h:1"));
  }

  @Test
  void eachOfAFewReasonsIsSaidOnce() {
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 50; i++) {
        outage.failed("subscribing failed", "from port " + i);
      }
    }
    assertEquals(5, log.lines("h:1").size());
    outage.ended();
    outage.failed("subscribing failed", "from port 0");
    assertEquals(7, log.lines("h:1").size());
  }

  private void pass(Duration time) {
    now += time.toNanos();
  }
}
