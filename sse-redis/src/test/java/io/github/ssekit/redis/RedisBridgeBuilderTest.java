package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.ssekit.core.Hub;
import java.net.URI;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.Test;

class RedisBridgeBuilderTest {
  @Test
  void silenceIsATenthOfASecondOrMoreAndUnderAnHour() {
    try (Hub hub = Hub.create()) {
      RedisBridgeBuilder builder = RedisBridge.builder(hub, URI.create("redis://localhost"));
      builder.silence(Duration.ofMillis(100)).silence(Duration.ofHours(1).minusNanos(1));
      // The last is too long to be counted in milliseconds.
      List<Duration> illegal =
          List.of(
              Duration.ofMillis(100).minusNanos(1),
              Duration.ofHours(1),
              ChronoUnit.FOREVER.getDuration());
      for (Duration time : illegal) {
        Exception e =
            assertThrows(IllegalArgumentException.class, () -> builder.silence(time), "" + time);
        assertEquals("silence " + time + " is not 100 ms or more and under 1 h", e.getMessage());
      }
    }
  }
}
