package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.EventStreamParser;
import io.github.ssekit.event.Recorder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PositionTest {
  private static Position position(String text) {
    Position position = Position.parse(text);
    if (position == null) {
      throw new AssertionError("no position: " + text);
    }
    return position;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0-0", "1-0", "0-1", "10-20", "1764000000000-7", "999999999999999-9999999"})
  void whatIsParsedIsWrittenAsItWas(String text) {
    assertEquals(text, position(text).toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "$",
        "*",
        "+",
        "1",
        "1-",
        "-1",
        "--1",
        "1--1",
        "1-1-1",
        "-1-1",
        "+1-1",
        "1-+1",
        "1-*",
        "00-0",
        "0-00",
        "01-1",
        "1-01",
        " 1-1",
        "1-1 ",
        "1 -1",
        "1-1\n",
        "1-1\u0000",
        "1.0-1",
        "1e3-1",
        "0x1-1",
        "a-b",
        "1_000-1",
        "1,1-1",
        "1\u20131",
        "\u0661-\u0661",
        "\u0967-1",
        "1-\uff11",
        "\ud835\udfcf-1",
        "1000000000000000-0",
        "1-10000000",
        "12345678901234567890-0",
        "1-12345678901234567890",
        "18446744073709551615-18446744073709551615",
        "9223372036854775808-0"
      })
  void whatIsNotOfTheGrammarIsNoPosition(String text) {
    assertNull(Position.parse(text));
  }

  @Test
  void aTextOf64KilobytesIsNoPosition() {
    assertNull(Position.parse("1".repeat(65_536)));
    assertNull(Position.parse("-".repeat(65_536)));
    assertNull(Position.parse("1".repeat(65_536) + "-0"));
    assertNull(Position.parse("1-" + "0".repeat(65_536)));
  }

  @ParameterizedTest
  @CsvSource({"0-0,0-1", "0-9999999,1-0", "9-0,10-0", "1-9,1-10", "2-5,10-1"})
  void theOrderIsOfNumbersAndTheTimeCountsFirst(String earlier, String later) {
    assertTrue(position(later).isAfter(position(earlier)));
    assertFalse(position(earlier).isAfter(position(later)));
    assertFalse(position(earlier).isAfter(position(earlier)));
    assertTrue(position(earlier).compareTo(position(later)) < 0);
    assertEquals(0, position(later).compareTo(position(later)));
  }

  @Test
  void theLaterOfTwoIsTheOneThatThereIs() {
    Position one = new Position(1, 0);
    Position two = new Position(2, 0);
    assertNull(Position.later(null, null));
    assertEquals(one, Position.later(one, null));
    assertEquals(one, Position.later(null, one));
    assertEquals(two, Position.later(one, two));
    assertEquals(two, Position.later(two, one));
  }

  @Test
  void numbersBeyondTheDigitsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Position(-1, 0));
    assertThrows(IllegalArgumentException.class, () -> new Position(0, -1));
    assertThrows(IllegalArgumentException.class, () -> new Position(1_000_000_000_000_000L, 0));
    assertThrows(IllegalArgumentException.class, () -> new Position(0, 10_000_000));
  }

  @Test
  void itsBlockSetsTheLastEventIdAndFiresNothing() {
    Recorder recorder = new Recorder();
    EventStreamParser parser = new EventStreamParser(recorder);
    parser.feed(new Position(12, 3).block().frame().toByteArray());
    assertEquals("12-3", parser.lastEventId());
    assertEquals(List.of(), recorder.blocks());
  }
}
