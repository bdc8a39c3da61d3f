package io.github.ssekit.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.ssekit.event.ReconnectionTime;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private static Backoff backoff(long reconnection, long max, double random) {
    return new Backoff(Duration.ofMillis(reconnection), Duration.ofMillis(max), () -> random);
  }

  private static List<Long> delays(Backoff backoff, int count) {
    return Stream.generate(() -> backoff.next(Duration.ZERO).toMillis()).limit(count).toList();
  }

  @Test
  void theLongestDelayDoublesWithEachFailureUpToTheBound() {
    assertEquals(
        List.of(2500L, 4000L, 8000L, 16_000L, 30_000L, 30_000L),
        delays(backoff(2000, 30_000, 1), 6));
  }

  @Test
  void theReconnectionTimeIsTheLeast() {
    assertEquals(List.of(2000L, 2000L, 2000L), delays(backoff(2000, 30_000, 0), 3));
  }

  @Test
  void aReconnectionTimeOverTheBoundIsKept() {
    assertEquals(List.of(50_000L, 50_000L), delays(backoff(40_000, 30_000, 1), 2));
    Backoff longest = backoff(1, 30_000, 1);
    longest.setReconnectionTime(new ReconnectionTime(Duration.ofMillis(Integer.MAX_VALUE)));
    assertEquals(List.of(2_684_354_558L, 2_684_354_558L), delays(longest, 2));
  }

  @Test
  void withoutReconnectionTimeTheFirstAttemptIsAtOnceAndLaterOnesAreNot() {
    assertEquals(List.of(0L, 500L, 1000L), delays(backoff(0, 30_000, 1), 3));
  }

  @Test
  void afterAStreamWithBytesFailuresAreForgotten() {
    Backoff backoff = backoff(2000, 30_000, 1);
    delays(backoff, 5);
    backoff.succeeded();
    assertEquals(List.of(2500L, 4000L), delays(backoff, 2));
  }

  @Test
  void anyNumberOfFailuresIsCounted() {
    Backoff backoff = backoff(2000, 30_000, 0.5);
    delays(backoff, 100_000);
    assertEquals(List.of(16_000L), delays(backoff, 1));
  }

  @Test
  void theServersRetryAfterIsTheLeastToo() {
    assertEquals(Duration.ofSeconds(60), backoff(2000, 30_000, 0).next(Duration.ofSeconds(60)));
    assertEquals(Duration.ofSeconds(2), backoff(2000, 30_000, 0).next(Duration.ofSeconds(1)));
  }
}
