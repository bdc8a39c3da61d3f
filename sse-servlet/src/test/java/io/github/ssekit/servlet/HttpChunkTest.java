package io.github.ssekit.servlet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpChunkTest {
  @ParameterizedTest
  @CsvSource({"1, 1", "15, f", "16, 10", "4096, 1000", "4097, 1001", "1048576, 100000"})
  void aChunkIsItsSizeItsBytesAndTheLineEnds(int length, String size) {
    String data = "d".repeat(length);
    byte[] bytes = ("before" + data + "after").getBytes(ISO_8859_1);
    assertEquals(size + "\r\n" + data + "\r\n", text(HttpChunk.of(bytes, 6, length)));
  }

  @Test
  void theSameBytesShareTheirChunkAndOthersDoNot() {
    byte[] bytes = "data: one\n\n".getBytes(ISO_8859_1);
    byte[] first = HttpChunk.of(bytes, 0, 11)[0].array();
    assertSame(first, HttpChunk.of(bytes, 0, 11)[0].array());
    assertNotSame(first, HttpChunk.of(bytes.clone(), 0, 11)[0].array());
    assertEquals("a\r\ndata: one\n\r\n", text(HttpChunk.of(bytes, 0, 10)));
    assertEquals("a\r\nata: one\n\n\r\n", text(HttpChunk.of(bytes, 1, 10)));
  }

  private static String text(ByteBuffer[] buffers) {
    StringBuilder text = new StringBuilder();
    for (ByteBuffer buffer : buffers) {
      text.append(ISO_8859_1.decode(buffer));
    }
    return text.toString();
  }
}
