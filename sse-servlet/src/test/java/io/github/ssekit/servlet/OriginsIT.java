package io.github.ssekit.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages of other origins that may read a stream, and pages that may not. */
class OriginsIT extends AdmissionServer {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://evil.example",
        "https://app.example.evil.example",
        "http://app.example",
        "https://app.example:8443",
        "https://app.example/",
        "HTTPS://APP.EXAMPLE",
        "null"
      })
  void anotherOriginIsRefused(String origin) throws Exception {
    for (String method : List.of("GET", "HEAD")) {
      Answer answer = ask(method, "/events?user=ann", "Origin: " + origin);
      assertEquals(403, answer.status);
      assertNull(answer.header("Access-Control-Allow-Origin"));
      assertEquals("Origin", answer.header("Vary"));
    }
    Answer preflight = preflight("/events", origin);
    assertEquals(403, preflight.status);
    assertNull(preflight.header("Access-Control-Allow-Origin"));
    assertNull(preflight.header("Access-Control-Allow-Headers"));
    assertEquals(0, hub.connectionCount());
  }

  @ParameterizedTest
  @ValueSource(strings = {APP, "http://localhost:3000"})
  void anAllowedOriginIsNamedExactly(String origin) throws Exception {
    Answer answer = get("/events?user=ann", "Origin: " + origin);
    assertEquals(200, answer.status);
    assertEquals(origin, answer.header("Access-Control-Allow-Origin"));
    assertNull(answer.header("Access-Control-Allow-Credentials"));
    assertEquals("Origin", answer.header("Vary"));

    // A page can also see why it was refused.
    Answer refused = get("/events?status=404", "Origin: " + origin);
    assertEquals(origin, refused.header("Access-Control-Allow-Origin"));
  }

  @Test
  void aRequestWithoutOriginIsLetThroughAndNotShared() throws Exception {
    Answer answer = get("/events?user=ann");
    assertEquals(200, answer.status);
    assertNull(answer.header("Access-Control-Allow-Origin"));
    assertEquals("Origin", answer.header("Vary"));
  }

  @Test
  void credentialsAreAllowedOnlyToTheNamedOrigins() throws Exception {
    Answer answer = get("/cookies?user=ann", "Origin: " + APP);
    assertEquals(APP, answer.header("Access-Control-Allow-Origin"));
    assertEquals("true", answer.header("Access-Control-Allow-Credentials"));
    Answer other = get("/cookies?user=ann", "Origin: https://evil.example");
    assertEquals(403, other.status);
    assertNull(other.header("Access-Control-Allow-Credentials"));
  }

  @Test
  void aPreflightRequestIsAnsweredWithoutAskingTheSelector() throws Exception {
    Answer answer = preflight("/cookies", APP);
    assertEquals(204, answer.status);
    assertEquals(APP, answer.header("Access-Control-Allow-Origin"));
    assertEquals("true", answer.header("Access-Control-Allow-Credentials"));
    assertEquals("GET", answer.header("Access-Control-Allow-Methods"));
    assertEquals(
        "Last-Event-ID, Cache-Control, Authorization",
        answer.header("Access-Control-Allow-Headers"));
    assertEquals("Origin", answer.header("Vary"));
  }

  @Test
  void theHeadersThatPagesMaySendAreASetting() throws Exception {
    Answer answer = preflight("/headers", APP);
    assertEquals(204, answer.status);
    assertEquals("GET", answer.header("Access-Control-Allow-Methods"));
    assertEquals(
        "Last-Event-ID, Cache-Control, Authorization, X-Api-Key, X-Trace",
        answer.header("Access-Control-Allow-Headers"));
    assertNull(
        preflight("/headers", "https://evil.example").header("Access-Control-Allow-Headers"));
  }

  @Test
  void everyOriginMayMeanEveryOneButWithoutCredentials() throws Exception {
    for (String origin : List.of("https://evil.example", "null")) {
      Answer answer = get("/any?user=ann", "Origin: " + origin);
      assertEquals("*", answer.header("Access-Control-Allow-Origin"));
      assertNull(answer.header("Access-Control-Allow-Credentials"));
      assertEquals("*", preflight("/any", origin).header("Access-Control-Allow-Origin"));
    }
  }

  @Test
  void theOneLineServletSaysNothingOfOrigins() throws Exception {
    Answer answer = get("/one-line", "Origin: " + APP);
    assertEquals("retry: 1234", answer.nextLine());
    assertNull(answer.header("Access-Control-Allow-Origin"));
    assertNull(answer.header("Vary"));
    Answer options = preflight("/one-line", APP);
    assertEquals(200, options.status);
    assertNull(options.header("Access-Control-Allow-Origin"));
  }
}
