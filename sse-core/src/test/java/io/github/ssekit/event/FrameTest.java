package io.github.ssekit.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FrameTest {
  private static final String NASTY = "\r\n\0\uFEFF\u0085\u2028\u2029\u000B\f :é☃😀\uD83D?\uDE00";
  private static final String NASTY_LINE = NASTY.substring(2);
  private static final String NASTY_ID = NASTY.substring(3);

  @Test
  void aFrameBeyondTheLongestArrayIsRefusedBeforeItIsMade() {
    long lineFeeds = 320_000_000;

    assertEquals(Integer.MAX_VALUE - 8, Frame.arrayLength(Integer.MAX_VALUE - 8));
    assertEquals(
        "event of 2240000008 bytes as a frame is over the limit of 2147483639; split it",
        assertThrows(IllegalArgumentException.class, () -> Frame.arrayLength(7 * lineFeeds + 7 + 1))
            .getMessage());
  }

  @ParameterizedTest
  @MethodSource
  void frameIsTheseBytes(Block block, String expected) throws CharacterCodingException {
    Frame frame = block.frame();

    assertEquals(expected, strictUtf8(frame.toByteArray()));
    assertEquals(expected.getBytes(UTF_8).length, frame.length());
  }

  static List<Arguments> frameIsTheseBytes() {
    return List.of(
        Arguments.of(SseEvent.of("a"), "data: a\n\n"),
        Arguments.of(SseEvent.of(""), "data: \n\n"),
        Arguments.of(SseEvent.of("\n"), "data: \ndata: \n\n"),
        Arguments.of(
            SseEvent.of("a\r\nb\rc\nd\n"), "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"),
        Arguments.of(SseEvent.of(" a"), "data:  a\n\n"),
        Arguments.of(
            SseEvent.of("a\u0085\u2028\u2029\u000B\fb"), "data: a\u0085\u2028\u2029\u000B\fb\n\n"),
        Arguments.of(SseEvent.of("\uFEFF"), "data: \uFEFF\n\n"),
        Arguments.of(SseEvent.of("\uD83D?\uDE00😀"), "data: \uFFFD?\uFFFD😀\n\n"),
        Arguments.of(SseEvent.of("add", "a"), "event: add\ndata: a\n\n"),
        Arguments.of(SseEvent.of("message", "a"), "data: a\n\n"),
        Arguments.of(new SseEvent("add", "a", "1"), "id: 1\nevent: add\ndata: a\n\n"),
        Arguments.of(new SseEvent("add", null, "1"), "id: 1\nevent: add\n\n"),
        Arguments.of(SseEvent.idOnly("1"), "id: 1\n\n"),
        Arguments.of(SseEvent.idOnly(""), "id: \n\n"),
        Arguments.of(new Comment(""), ":\n"),
        Arguments.of(new Comment("hi"), ": hi\n"),
        Arguments.of(new Comment(" \uFEFFé"), ":  \uFEFFé\n"),
        Arguments.of(new ReconnectionTime(Duration.ZERO), "retry: 0\n"),
        Arguments.of(new ReconnectionTime(Duration.ofMinutes(1)), "retry: 60000\n"));
  }

  @ParameterizedTest
  @MethodSource
  void frameIsWellFormedUtf8WithLineFeedsOnlyAndBeginsWithoutByteOrderMark(Block block)
      throws CharacterCodingException {
    String frame = strictUtf8(block.frame().toByteArray());

    assertFalse(frame.contains("\r"));
    assertFalse(frame.startsWith("\uFEFF"));
    assertEquals(questionMarks(block.toString()), questionMarks(frame), "no surrogate became one");
  }

  static List<Block> frameIsWellFormedUtf8WithLineFeedsOnlyAndBeginsWithoutByteOrderMark() {
    return List.of(
        new SseEvent(NASTY_LINE, NASTY, NASTY_ID),
        SseEvent.of(NASTY),
        SseEvent.idOnly(NASTY_ID),
        new Comment(NASTY_LINE),
        new Comment(NASTY_ID));
  }

  @Test
  void bytesGivenOutAreACopy() {
    Frame frame = SseEvent.of("a").frame();

    frame.toByteArray()[0] = 'x';

    assertArrayEquals("data: a\n\n".getBytes(UTF_8), frame.toByteArray());
  }

  @Test
  void writeToWritesTheBytes() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    SseEvent.of("a\nb").frame().writeTo(out);

    assertEquals("data: a\ndata: b\n\n", out.toString(UTF_8));
  }

  private static long questionMarks(String s) {
    return s.chars().filter(c -> c == '?').count();
  }

  private static String strictUtf8(byte[] bytes) throws CharacterCodingException {
    return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }
}
