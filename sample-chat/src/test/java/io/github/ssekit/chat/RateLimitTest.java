package io.github.ssekit.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.chat.RateLimit.Share;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimitTest {
  private static final long SECOND = 1_000_000_000L;

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 3 * SECOND); // about to overflow
  private final RateLimit limit = new RateLimit(now::get);

  private long take(String key, int perMinute) {
    return limit.take(new Share(key, perMinute));
  }

  @Test
  void aRefusalTakesNoPermitAndPushesNobodyOut() {
    Share address = new Share("address", 1);
    assertEquals(0, limit.take(new Share("Ann", 60), address));
    for (int i = 0; i < RateLimit.MAX_KEYS; i++) {
      assertTrue(limit.take(new Share("other " + i, 60), address) > 0);
    }
    assertTrue(limit.take(new Share("Ann", 60), address) > 0);
    for (int i = 0; i < 59; i++) {
      assertEquals(0, take("Ann", 60));
    }
    assertTrue(take("Ann", 60) > 0);
  }

  @Test
  void asManyAtOnceAsInAMinuteThenEvenly() {
    for (int i = 0; i < 60; i++) {
      assertEquals(0, take("Ann", 60));
    }
    assertEquals(SECOND, take("Ann", 60));
    assertEquals(SECOND, take("Ann", 60), "a refusal costs nothing");
    assertEquals(0, take("Bob", 60));
    now.addAndGet(SECOND);
    assertEquals(0, take("Ann", 60));
    assertEquals(SECOND, take("Ann", 60));
    now.addAndGet(3600 * SECOND);
    for (int i = 0; i < 60; i++) {
      assertEquals(0, take("Ann", 60), "not more than a minute's is saved up");
    }
    assertTrue(take("Ann", 60) > 0);
  }

  @Test
  void whoeverDidNothingForLongestIsForgotten() {
    assertEquals(0, take("Ann", 1));
    assertTrue(take("Ann", 1) > 0);
    for (int i = 1; i < RateLimit.MAX_KEYS; i++) {
      assertEquals(0, take("" + i, 1));
    }
    assertTrue(take("Ann", 1) > 0);
    for (int i = 0; i < RateLimit.MAX_KEYS; i++) {
      assertEquals(0, take("other " + i, 1));
    }
    assertEquals(0, take("Ann", 1));
  }
}
