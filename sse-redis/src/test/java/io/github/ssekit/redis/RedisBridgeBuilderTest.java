package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.hub.Hub;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

class RedisBridgeBuilderTest {
  @Test
  void silenceIsATenthOfASecondOrMoreAndUnderAnHour() {
    try (Hub hub = Hub.create()) {
      RedisBridgeBuilder builder = RedisBridge.builder(hub, URI.create("redis://localhost"));
      builder.silence(Duration.ofMillis(100)).silence(Duration.ofHours(1).minusNanos(1));
      // The last duration is too long to be counted in milliseconds.
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

  @Test
  void historyIsKeptForASecondTo365Days() {
    try (Hub hub = Hub.create()) {
      RedisBridgeBuilder builder = RedisBridge.builder(hub, URI.create("redis://localhost"));
      Duration longest = Duration.ofDays(365);
      RedisBridgeBuilder unused =
          builder.maxHistory(1, longest).maxHistory(1, Duration.ofSeconds(1));
      for (Duration age : List.of(longest.plusNanos(1), Duration.ofMillis(999))) {
        assertThrows(IllegalArgumentException.class, () -> builder.maxHistory(1, age), "" + age);
      }
    }
  }

  /** Returns null, as a caller without null checks may pass it. */
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T none() {
    return null;
  }

  private static DynamicTest named(String name, Executable call) {
    return DynamicTest.dynamicTest(
        name,
        () -> assertEquals(name, assertThrows(NullPointerException.class, call).getMessage()));
  }

  @TestFactory
  Stream<DynamicTest> whatIsNullIsNamed() {
    Hub hub = Hub.create();
    RedisBridgeBuilder builder = builder(hub, "redis://localhost");
    Path file = Path.of("some.p12");
    return Stream.of(
            named("name", () -> builder.scope(none())),
            named("time", () -> builder.silence(none())),
            named("channels", () -> builder.history(none())),
            named("age", () -> builder.maxHistory(1, none())),
            named("typeOfChannel", () -> builder.eventTypes(none())),
            named("messages", () -> builder.ignore(none())),
            named("file", () -> builder.trustStore(none(), "s3cret")),
            named("password", () -> builder.trustStore(file, none())),
            named("file", () -> builder.keyStore(none(), "s3cret")),
            named("password", () -> builder.keyStore(file, none())),
            named("context", () -> builder.sslContext(none())),
            named("source", () -> builder.login(none())),
            named("password", () -> new RedisLogin("u", none())))
        .onClose(hub::close);
  }

  private static String refusal(RedisBridgeBuilder builder) {
    return assertThrows(IllegalArgumentException.class, builder::connect).getMessage();
  }

  private static RedisBridgeBuilder builder(Hub hub, String uri) {
    return RedisBridge.builder(hub, URI.create(uri));
  }

  @Test
  void tlsIsBySslContextOrByFilesAndNotByBoth() throws Exception {
    try (Hub hub = Hub.create()) {
      String both = "sslContext, and trustStore or keyStore besides: give one or the other";
      Path file = Path.of("some.p12");
      SSLContext context = SSLContext.getDefault();
      assertEquals(
          both,
          refusal(
              builder(hub, "rediss://localhost").sslContext(context).trustStore(file, "s3cret")));
      assertEquals(
          both,
          refusal(builder(hub, "rediss://localhost").keyStore(file, "s3cret").sslContext(context)));
    }
  }

  @Test
  void tlsThatTheUriDoesNotAskForIsRefused() throws Exception {
    try (Hub hub = Hub.create()) {
      String refusal =
          refusal(builder(hub, "redis://:s3cret@localhost").sslContext(SSLContext.getDefault()));
      assertTrue(refusal.startsWith("Redis URI without TLS"), refusal);
    }
  }

  @Test
  void aKeyStoreThatCanNotBeReadIsNamedWithoutItsPassword() throws Exception {
    try (Hub hub = Hub.create()) {
      String refusal =
          refusal(builder(hub, "rediss://localhost").trustStore(Path.of("none.p12"), "s3cret"));
      assertTrue(refusal.startsWith("key store none.p12: "), refusal);
      assertFalse(refusal.contains("s3cret"), refusal);
    }
  }
}
