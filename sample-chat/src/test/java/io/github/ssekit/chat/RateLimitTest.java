package io.github.ssekit.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimitTest {
  private static final long SECOND = 1_000_000_000L;

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 3 * SECOND); // about to overflow
  private final RateLimit limit = new RateLimit(now::get);

  @Test
  void asManyAtOnceAsInAMinuteThenEvenly() {
    for (int i = 0; i < 60; i++) {
      assertEquals(0, limit.take("Ann", 60));
    }
    assertEquals(SECOND, limit.take("Ann", 60));
    assertEquals(SECOND, limit.take("Ann", 60), "a refusal costs nothing");
    assertEquals(0, limit.take("Bob", 60));
    now.addAndGet(SECOND);
    assertEquals(0, limit.take("Ann", 60));
    assertEquals(SECOND, limit.take("Ann", 60));
    now.addAndGet(3600 * SECOND);
    for (int i = 0; i < 60; i++) {
      assertEquals(0, limit.take("Ann", 60), "not more than a minute's is saved up");
    }
    assertTrue(limit.take("Ann", 60) > 0);
  }

  @Test
  void whoeverDidNothingForLongestIsForgotten() {
    assertEquals(0, limit.take("Ann", 1));
    assertTrue(limit.take("Ann", 1) > 0);
    for (int i = 1; i < RateLimit.MAX_KEYS; i++) {
      assertEquals(0, limit.take("" + i, 1));
    }
    assertTrue(limit.take("Ann", 1) > 0);
    for (int i = 0; i < RateLimit.MAX_KEYS; i++) {
      assertEquals(0, limit.take("other " + i, 1));
    }
    assertEquals(0, limit.take("Ann", 1));
  }
}
