package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class HubBuilderTest {
  private final HubBuilder builder = Hub.builder();

  @Test
  void aValueOutOfRangeIsRefusedWithItsNameAndLimit() {
    assertRefused(
        "heartbeat PT0S is not above zero and at most 365 days",
        () -> builder.heartbeat(Duration.ZERO));
    assertRefused(
        "linger PT-1S is not above zero and at most 365 days",
        () -> builder.linger(Duration.ofSeconds(-1)));
    assertRefused(
        "stuckWriteDeadline " + Duration.ofDays(366) + " is not above zero and at most 365 days",
        () -> builder.stuckWriteDeadline(Duration.ofDays(366)));
    assertRefused(
        "maxLifetime PT0S is not above zero and at most 365 days",
        () -> builder.maxLifetime(Duration.ZERO));
    assertRefused("maxBatchBytes 0 is not above zero", () -> builder.maxBatchBytes(0));
    assertRefused("maxChannelLog bytes -1 is not above zero", () -> builder.maxChannelLog(1, -1));
    assertRefused("maxReplayBytes 0 is not above zero", () -> builder.maxReplayBytes(0));
    assertRefused("maxSendBytes 17 is under 18 bytes", () -> builder.maxSendBytes(17));
  }

  @Test
  void theTimerTicksForTheShortestTimeAndNotTooOften() {
    assertEquals(Duration.ofSeconds(1), builder.tickInterval());
    assertEquals(Duration.ofMillis(500), builder.maxLifetime(Duration.ofSeconds(2)).tickInterval());
    assertEquals(Duration.ofMillis(50), builder.heartbeat(Duration.ofMillis(200)).tickInterval());
    assertEquals(Duration.ofMillis(10), builder.linger(Duration.ofMillis(1)).tickInterval());
  }

  private static void assertRefused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }
}
