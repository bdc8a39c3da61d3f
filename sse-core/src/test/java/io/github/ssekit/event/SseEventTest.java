package io.github.ssekit.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SseEventTest {
  @Test
  void eventOfNothingIsRejected() {
    assertRejected(
        "event without type, data and id; give it data", () -> new SseEvent(null, null, null));
    // An empty type and "message" count as no type.
    assertThrows(IllegalArgumentException.class, () -> new SseEvent("", null, null));
    assertThrows(IllegalArgumentException.class, () -> new SseEvent("message", null, null));
  }

  @Test
  void lineEndsInTheTypeAreRejected() {
    assertRejected(
        "event type holds U+000A at index 1, which an event stream can't carry there; remove it",
        () -> SseEvent.of("a\nb", "data"));
    assertRejected(
        "event type holds U+000D at index 0, which an event stream can't carry there; remove it",
        () -> SseEvent.of("\r", "data"));
  }

  @Test
  void lineEndsAndNulInTheIdAreRejected() {
    assertRejected(
        "event id holds U+000A at index 2, which an event stream can't carry there; remove it",
        () -> SseEvent.idOnly("ab\n"));
    assertRejected(
        "event id holds U+000D at index 0, which an event stream can't carry there; remove it",
        () -> SseEvent.idOnly("\rab"));
    assertRejected(
        "event id holds U+0000 at index 1, which an event stream can't carry there; remove it",
        () -> SseEvent.of("data").withId("a\0"));
  }

  @Test
  @SuppressWarnings("NullAway") // The test passes nulls on purpose.
  void nullWhereAValueIsDueIsRejected() {
    assertEquals("data", nullRejected(() -> SseEvent.of(null)));
    assertEquals("data", nullRejected(() -> SseEvent.of("type", null)));
    assertEquals("type", nullRejected(() -> SseEvent.of(null, "data")));
    assertEquals("id", nullRejected(() -> SseEvent.idOnly(null)));
    assertEquals("id", nullRejected(() -> SseEvent.of("data").withId(null)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "message"})
  void typeThatABrowserAssumesIsNull(String type) {
    assertNull(SseEvent.of(type, "data").type());
    assertEquals(SseEvent.of("data"), SseEvent.of(type, "data"));
  }

  @Test
  void otherTypesAreKept() {
    assertEquals("Message", SseEvent.of("Message", "data").type());
    assertEquals(" message", SseEvent.of(" message", "data").type());
    assertEquals("a\0\u2028", SseEvent.of("a\0\u2028", "data").type());
  }

  @Test
  void lineEndsInDataBecomeLineFeeds() {
    assertEquals("a\nb\nc\nd", SseEvent.of("a\r\nb\rc\nd").data());
    assertEquals("\n\n\n", SseEvent.of("\r\r\n\n").data());
    assertEquals("\n\n", SseEvent.of("\n\r").data());
  }

  @Test
  void dataKeepsWhatEndsNoLine() {
    String data = " \u0085\u2028\u2029\u000B\f\0\uFEFF: ";

    assertEquals(data, SseEvent.of(data).data());
  }

  @ParameterizedTest
  @CsvSource({
    "\uD83D, ?",
    "\uDE00, ?",
    "a\uD83Db, a?b",
    "\uDE00\uD83D, ??",
    "\uD83D\uD83D\uDE00, ?\uD83D\uDE00",
    "\uD83D\uDE00\uDE00, \uD83D\uDE00?",
    "\uD83D\uDE00, \uD83D\uDE00",
  })
  void unpairedSurrogateBecomesTheReplacementCharacter(String given, String pattern) {
    String expected = pattern.replace('?', '\uFFFD');
    SseEvent event = new SseEvent(given, given, given);

    assertEquals(new SseEvent(expected, expected, expected), event);
    assertEquals(expected, event.type());
    assertEquals(expected, event.data());
    assertEquals(expected, event.id());
  }

  @Test
  void nullDataIsNotEmptyData() {
    SseEvent idOnly = SseEvent.idOnly("1");

    assertNull(idOnly.data());
    assertNotEquals(idOnly, new SseEvent(null, "", "1"));
  }

  @Test
  void nullIdIsNotEmptyId() {
    assertNull(SseEvent.of("data").id());
    assertEquals("", SseEvent.of("data").withId("").id());
  }

  @Test
  void withIdKeepsTheRest() {
    assertEquals(new SseEvent("type", "data", "1"), SseEvent.of("type", "data").withId("1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"open", "error"})
  void typesOfEventSourceItselfAreLegalButNotSendable(String type) {
    SseEvent event = SseEvent.of(type, "data");

    assertRejected(
        "event type \""
            + type
            + "\" collides with EventSource's own event of that name; choose another type",
        event::requireSendable);
  }

  @Test
  void theTypeOfAResetIsTheHubsAlone() {
    assertRejected(
        "event type \"stream-reset\" is reserved: a hub uses it to tell pages that events are"
            + " missing; choose another type",
        SseEvent.of("stream-reset", "data")::requireSendable);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Open", "errors", "message"})
  void otherTypesAreSendable(String type) {
    SseEvent event = SseEvent.of(type, "data");

    assertSame(event, event.requireSendable());
  }

  private static void assertRejected(String message, Executable executable) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, executable).getMessage());
  }

  private static @Nullable String nullRejected(Executable executable) {
    return assertThrows(NullPointerException.class, executable).getMessage();
  }
}
