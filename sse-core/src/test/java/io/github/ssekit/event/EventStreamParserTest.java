package io.github.ssekit.event;

import static io.github.ssekit.event.EventStreamSpecification.event;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventStreamParserTest {
  private static final int EVENT = 12;

  private final Recorder recorder = new Recorder();
  private final EventStreamParser parser = new EventStreamParser(recorder);

  @Test
  void lastEventIdIsEmptyAtFirst() {
    assertEquals("", parser.lastEventId());
  }

  @Test
  void lastEventIdIsSetByABlockWithoutData() {
    feed("id: 7\n\n");

    assertEquals("7", parser.lastEventId());
    assertEquals(List.of(), recorder.blocks());
  }

  @Test
  void lastEventIdIsSetAtTheBlankLineNotBefore() {
    feed("id: 7\ndata: a\n");
    assertEquals("", parser.lastEventId());

    feed("\n");
    assertEquals("7", parser.lastEventId());
  }

  @Test
  void lastEventIdOfAnUnfinishedBlockIsDiscarded() {
    feed("id: 7\n\nid: 8\ndata: a\n");

    assertEquals("7", parser.lastEventId());
  }

  @Test
  void lastEventIdIsThatOfTheEventWithinItsHandler() {
    String[] seen = new String[1];
    EventStreamParser[] self = new EventStreamParser[1];
    self[0] =
        new EventStreamParser(
            new EventStreamHandler() {
              @Override
              public void onEvent(SseEvent event, String lastEventId) {
                assertEquals(lastEventId, self[0].lastEventId());
                seen[0] = lastEventId;
              }
            });

    self[0].feed("id: 7\ndata: a\n\nid: 8\n\n".getBytes(UTF_8));

    assertEquals("7", seen[0]);
    assertEquals("8", self[0].lastEventId());
  }

  @ParameterizedTest
  @ValueSource(strings = {"data: a\n\n", "data: a\r\r", "data: a\r\n\r"})
  void eventIsDispatchedWithoutAByteMoreThanItsBlankLine(String block) {
    feed(block.substring(0, block.length() - 1));
    assertEquals(List.of(), recorder.blocks());

    feed(block.substring(block.length() - 1));
    assertEquals(List.of(event("a")), recorder.blocks());
  }

  @Test
  void lineFeedAfterADispatchingCarriageReturnIsSkippedOnlyOnce() {
    feed("data: a\r\n\r");
    feed("\n");
    feed("data: b\r\n");
    feed("\n");

    assertEquals(List.of(event("a"), event("b")), recorder.blocks());
  }

  @Test
  void onlyTheGivenRangeIsParsedAndTheArrayIsLeftAsItWas() {
    byte[] bytes = "\n\ndata: a\n\ndata: b\n\n".getBytes(UTF_8);
    byte[] copy = bytes.clone();

    parser.feed(bytes, 2, 9);

    assertEquals(List.of(event("a")), recorder.blocks());
    assertArrayEquals(copy, bytes);
  }

  @Test
  void fedArrayMayBeReused() {
    byte[] chunk = new byte[4];
    for (String s : List.of("data", ": ab", "cd\nd", "ata\n", "\n\n\n\n")) {
      System.arraycopy(s.getBytes(UTF_8), 0, chunk, 0, 4);
      parser.feed(chunk);
    }

    assertEquals(List.of(event("abcd\n")), recorder.blocks());
  }

  @Test
  void badRangeIsRefusedAndHarmless() {
    assertThrows(IndexOutOfBoundsException.class, () -> parser.feed(new byte[3], 2, 2));

    feed("data: a\n\n");
    assertEquals(List.of(event("a")), recorder.blocks());
  }

  @ParameterizedTest
  @EnumSource
  void anEventOfExactlyTheLimitPassesInOneLineOrInMany(Chunking chunking) {
    EventStreamParser limited = new EventStreamParser(recorder, EVENT);

    chunking.feed(limited, "data: 123456789012\n\n".getBytes(UTF_8), new Random(2));
    chunking.feed(limited, "data:12345\ndata\ndata:12345\n\n".getBytes(UTF_8), new Random(2));

    assertEquals(List.of(event("123456789012"), event("12345\n\n12345")), recorder.blocks());
  }

  @ParameterizedTest
  @EnumSource
  void oneByteMoreThrowsAndEndsTheParserInOneLineOrInMany(Chunking chunking) {
    for (String over : List.of("data: 1234567890123", "data:12345\ndata:12345\ndata:1")) {
      EventStreamParser limited = new EventStreamParser(recorder, EVENT);
      byte[] bytes = ("data: a\n\n" + over + "\n\n").getBytes(UTF_8);

      EventStreamLimitException e =
          assertThrows(
              EventStreamLimitException.class, () -> chunking.feed(limited, bytes, new Random(3)));

      assertEquals(EVENT, e.maxEventBytes());
      assertEquals(
          "an event of the event stream, or one line, exceeds maxEventBytes 12; raise it where the"
              + " EventStreamParser or EventStreamReader is made",
          e.getMessage());
      assertRefuses(limited);
    }
    assertEquals(List.of(event("a"), event("a")), recorder.blocks());
  }

  @ParameterizedTest
  @EnumSource
  void lineOverTheLimitThrowsBeforeItEnds(Chunking chunking) {
    EventStreamParser limited = new EventStreamParser(recorder, EVENT);
    byte[] bytes = (":" + "x".repeat(EVENT + 6)).getBytes(UTF_8);

    assertThrows(
        EventStreamLimitException.class, () -> chunking.feed(limited, bytes, new Random(4)));
  }

  @Test
  void limitOfAnEventIsNotSpentByCommentsAndOtherFields() {
    EventStreamParser limited = new EventStreamParser(recorder, EVENT);

    limited.feed((":\nx: y\nid: 1\n".repeat(100) + "data: a\n\n").getBytes(UTF_8));

    assertEquals(event(null, "a", "1"), recorder.blocks().get(100));
  }

  @Test
  void defaultLimitIsAsDocumentedForOneLineToo() {
    feed("data: " + "x".repeat(8388608) + "\n\n");
    assertEquals(1, recorder.blocks().size());
    EventStreamLimitException e =
        assertThrows(
            EventStreamLimitException.class, () -> feed("data: " + "x".repeat(8388609) + "\n\n"));

    assertEquals(8388608, e.maxEventBytes());
  }

  @Test
  void limitBelowOneIsRefused() {
    assertEquals(
        "maxEventBytes is 0; give it at least 1",
        assertThrows(IllegalArgumentException.class, () -> new EventStreamParser(recorder, 0))
            .getMessage());
  }

  @Test
  void noLimitIsBeyondTheLongestArray() {
    ByteAccumulator most = new ByteAccumulator(Integer.MAX_VALUE, 6);

    most.checkLimit(Integer.MAX_VALUE - 8);
    assertThrows(EventStreamLimitException.class, () -> most.checkLimit(Integer.MAX_VALUE - 7));
  }

  @Test
  void exceptionOfTheHandlerPassesAndEndsTheParser() {
    RuntimeException own = new RuntimeException("handler");
    EventStreamParser throwing =
        new EventStreamParser(
            new EventStreamHandler() {
              @Override
              public void onComment(Comment comment) {
                throw own;
              }
            });

    assertSame(
        own,
        assertThrows(RuntimeException.class, () -> throwing.feed(":\ndata: a".getBytes(UTF_8))));
    assertRefuses(throwing);
  }

  @Test
  void handlerMayNotFeed() {
    EventStreamParser[] self = new EventStreamParser[1];
    self[0] =
        new EventStreamParser(
            new EventStreamHandler() {
              @Override
              public void onComment(Comment comment) {
                self[0].feed(new byte[] {'\n'});
              }
            });

    assertThrows(IllegalStateException.class, () -> self[0].feed(":\n".getBytes(UTF_8)));
  }

  @Test
  void handlerNeedOverrideNothing() {
    EventStreamParser indifferent = new EventStreamParser(new EventStreamHandler() {});

    indifferent.feed(": c\nretry: 1\nid: 1\ndata: a\n\n".getBytes(UTF_8));

    assertEquals("1", indifferent.lastEventId());
  }

  @Test
  void longLineByteByByteTakesLinearTime() {
    byte[] bytes = ("data:" + "x".repeat(1 << 20) + "\n\n").getBytes(UTF_8);

    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> Chunking.BYTE_BY_BYTE.feed(parser, bytes, new Random(6)),
        "copying the line anew for each byte would take minutes");

    assertEquals(1, recorder.blocks().size());
  }

  @Test
  void manyLinesOfOneEventTakeLinearTime() {
    byte[] bytes = ("data:x\n".repeat(1 << 20) + "\n").getBytes(UTF_8);

    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> Chunking.BY_200.feed(parser, bytes, new Random(7)),
        "copying the data anew for each line would take minutes");

    SseEvent event = (SseEvent) recorder.blocks().get(0);
    assertTrue(event.data() != null && event.data().length() == (2 << 20) - 1);
  }

  @Test
  void aLongIdTakesNoTimeOfTheEventsBehindIt() {
    feed("id:" + "x".repeat(2 << 20) + "\n\n");
    byte[] bytes = "data\n\n".repeat(20_000).getBytes(UTF_8);

    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> parser.feed(bytes),
        "checking the id anew for each event would take many seconds");

    assertEquals(20_000, recorder.blocks().size());
  }

  private void feed(String s) {
    parser.feed(s.getBytes(UTF_8));
  }

  private void assertRefuses(EventStreamParser ended) {
    int before = recorder.blocks().size();
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class, () -> ended.feed("\n\ndata: z\n\n".getBytes(UTF_8)));
    assertEquals(
        "an earlier feed threw, so the place in the stream is lost; make a new parser (and never"
            + " feed from within a handler)",
        e.getMessage());
    assertEquals(before, recorder.blocks().size());
  }
}
