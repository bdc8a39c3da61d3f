package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.List;
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
    assertRefused("maxSendBytes 0 is not above zero", () -> builder.maxSendBytes(0));
  }

  @Test
  void eachSettingArrivesInItsPlace() {
    HubSettings settings =
        builder
            .heartbeat(Duration.ofSeconds(1))
            .stuckWriteDeadline(Duration.ofSeconds(2))
            .linger(Duration.ofSeconds(3))
            .maxLifetime(Duration.ofSeconds(4))
            .reconnectionTime(Duration.ofSeconds(5))
            .idsOnEventsOnly()
            .loops(6)
            .maxEventBytes(7)
            .maxChannelLog(8, 9)
            .maxBatchBytes(10)
            .maxSendBytes(110)
            .maxReplayBytes(12)
            .maxConnections(13)
            .maxConnectionsPerOwner(14)
            .maxConnectionsPerChannel(15)
            .maxChannelsPerConnection(16)
            .settings();
    assertEquals(
        List.of(7, 8, 10, 110),
        List.of(
            settings.maxEventBytes(),
            settings.logEvents(),
            settings.maxBatchBytes(),
            settings.maxSendBytes()));
    assertEquals(List.of(9L, 12L), List.of(settings.logBytes(), settings.maxReplayBytes()));
    assertEquals(
        List.of(6, 13, 14, 15, 16),
        List.of(
            settings.loops(),
            settings.maxConnections(),
            settings.maxConnectionsPerOwner(),
            settings.maxConnectionsPerChannel(),
            settings.maxChannelsPerConnection()));
    assertEquals(
        List.of(1L, 2L, 3L, 4L),
        List.of(
            settings.heartbeat().toSeconds(),
            settings.stuckWriteDeadline().toSeconds(),
            settings.linger().toSeconds(),
            settings.maxLifetime().toSeconds()));
  }

  @Test
  void theTimerTicksForTheShortestTimeAndNotTooOften() {
    assertEquals(Duration.ofSeconds(1), builder.settings().tickInterval());
    assertEquals(
        Duration.ofMillis(500),
        builder.maxLifetime(Duration.ofSeconds(2)).settings().tickInterval());
    assertEquals(
        Duration.ofMillis(50), builder.heartbeat(Duration.ofMillis(200)).settings().tickInterval());
    assertEquals(
        Duration.ofMillis(10), builder.linger(Duration.ofMillis(1)).settings().tickInterval());
  }

  private static void assertRefused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }
}
