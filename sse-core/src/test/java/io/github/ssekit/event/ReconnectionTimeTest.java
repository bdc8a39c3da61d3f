package io.github.ssekit.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReconnectionTimeTest {
  @ParameterizedTest
  @ValueSource(strings = {"PT-0.000000001S", "PT-1S", "PT2147483.647000001S", "PT2147483.648S"})
  void timeOutOfRangeIsRejected(String time) {
    assertEquals(
        "reconnection time " + Duration.parse(time) + " is not within 0 to 2147483647 ms",
        assertThrows(
                IllegalArgumentException.class, () -> new ReconnectionTime(Duration.parse(time)))
            .getMessage());
  }

  @Test
  void longestPossibleTimeIsRejectedToo() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new ReconnectionTime(Duration.ofSeconds(Long.MAX_VALUE)));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, Integer.MAX_VALUE})
  void timeInRangeIsKept(long millis) {
    assertEquals(Duration.ofMillis(millis), new ReconnectionTime(Duration.ofMillis(millis)).time());
  }

  @Test
  void fractionsOfAMillisecondAreDropped() {
    assertEquals(
        new ReconnectionTime(Duration.ofMillis(1)),
        new ReconnectionTime(Duration.ofNanos(1_999_999)));
  }
}
