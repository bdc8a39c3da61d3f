package io.github.ssekit.servlet;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.ssekit.hub.Hub;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Illegal settings. */
class AdmissionTest {
  private final Hub hub = Hub.builder().loops(1).create();

  private EventStreamServletBuilder builder() {
    return EventStreamServlet.builder(hub, request -> Admission.to("a"));
  }

  @AfterEach
  void close() {
    hub.close();
  }

  @Test
  void credentialsNeedExactOrigins() {
    assertThrows(
        IllegalArgumentException.class,
        () -> builder().allowOrigins("https://app.example", "*").allowCredentials().create());
    assertThrows(IllegalArgumentException.class, () -> builder().allowCredentials().create());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://app.example",
        "http://localhost:3000",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
        "https://xn--bcher-kva.example",
        "capacitor://localhost"
      })
  void anOriginIsWrittenAsBrowsersDo(String origin) {
    assertDoesNotThrow(() -> builder().allowOrigins(origin).allowCredentials().create());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "app.example",
        "https://",
        "https://*.app.example",
        "https://app.example/",
        "https://app.example/path",
        "https://app.example:443",
        "http://app.example:80",
        "https://App.example",
        "https://bücher.example",
        "https://app.example,https://b.example",
        "https://app.example\r\nX: y"
      })
  void anOriginThatNoBrowserSendsIsRefused(String origin) {
    assertThrows(IllegalArgumentException.class, () -> builder().allowOrigins(origin).create());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "*", "X Y", "X-Api-Key, X-Trace", "X:", "X\r\nY", "\u00dc"})
  void aHeaderIsTheNameOfOne(String header) {
    EventStreamServletBuilder builder = builder().allowOrigins("https://app.example");
    assertThrows(IllegalArgumentException.class, () -> builder.allowHeaders(header).create());
  }

  @Test
  void headersNeedOrigins() {
    assertThrows(IllegalArgumentException.class, () -> builder().allowHeaders("X-Trace").create());
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 200, 201, 301, 307, 399, 600})
  void aStatusThatLetsInOrElsewhereIsNoRefusal(int status) {
    assertThrows(IllegalArgumentException.class, () -> Admission.refuse(status));
  }

  @Test
  void theAnswerOverCapacityHasLimits() {
    Duration second = Duration.ofSeconds(1);
    assertThrows(
        IllegalArgumentException.class,
        () -> new OverCapacityAnswer(second.plusMillis(1), second, 503));
    assertThrows(
        IllegalArgumentException.class,
        () -> new OverCapacityAnswer(second.negated(), second, 503));
    assertThrows(
        IllegalArgumentException.class,
        () -> new OverCapacityAnswer(second, Duration.ofDays(30), 503));
    assertThrows(IllegalArgumentException.class, () -> new OverCapacityAnswer(second, second, 200));
  }
}
