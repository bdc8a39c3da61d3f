package io.github.ssekit.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommentTest {
  @ParameterizedTest
  @CsvSource({"'a\nb', U+000A at index 1", "'a\r', U+000D at index 1", "'\r\n', U+000D at index 0"})
  void lineEndsAreRejected(String text, String where) {
    assertEquals(
        "comment holds " + where + ", which an event stream can't carry there; remove it",
        assertThrows(IllegalArgumentException.class, () -> new Comment(text)).getMessage());
  }

  @Test
  void otherTextIsKept() {
    assertEquals(" a\0\u2028: ", new Comment(" a\0\u2028: ").text());
  }

  @Test
  void unpairedSurrogateBecomesTheReplacementCharacter() {
    assertEquals("\uFFFDa", new Comment("\uD83Da").text());
  }
}
