package io.github.ssekit.event;

import static io.github.ssekit.event.EventStreamSpecification.event;
import static io.github.ssekit.event.EventStreamSpecification.retry;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventStreamReaderTest {
  @Test
  void eventsAreReturnedInOrderAndThenNull() throws IOException {
    EventStreamReader reader = reader("data: a\n\n: c\n\nevent: x\nid: 1\ndata: b\n\n");

    assertEquals(event("a"), reader.next());
    assertEquals(event("x", "b", "1"), reader.next());
    assertNull(reader.next());
    assertNull(reader.next());
  }

  @ParameterizedTest
  @ValueSource(strings = {"data: a\n\n", "data: a\r\r", "data: a\r\n\r"})
  void eventIsReturnedWithoutReadingPastItsBlankLine(String block) throws IOException {
    EventStreamReader reader = new EventStreamReader(new Parts(block));

    assertEquals(event("a"), reader.next());
    assertThrows(AssertionError.class, reader::next);
  }

  @Test
  void eventIsReturnedWhileTheServerKeepsTheStreamOpen() throws Exception {
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (PipedOutputStream server = new PipedOutputStream();
        EventStreamReader reader = new EventStreamReader(new PipedInputStream(server))) {
      for (String data : List.of("a", "b")) {
        Future<SseEvent> next = executor.submit(reader::next);
        server.write(("data: " + data + "\r\n\r").getBytes(UTF_8));
        server.flush();

        assertEquals(event(data), next.get(10, SECONDS));
        server.write('\n');
      }
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void eventCutOverManyReadsIsReturnedOnce() throws IOException {
    EventStreamReader reader =
        new EventStreamReader(new Parts("\uFEFFda", "ta: a\r", "\n", "\r\nda", "ta\n", "\n", ""));

    assertEquals(event("a"), reader.next());
    assertEquals(event(""), reader.next());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "data: b", "data: b\n", "id: 2\ndata: b\n", "event: x\n"})
  void unfinishedBlockIsDiscardedAtTheEnd(String rest) throws IOException {
    EventStreamReader reader = reader("id: 1\ndata: a\n\n" + rest);

    assertEquals(event(null, "a", "1"), reader.next());
    assertNull(reader.next());
    assertEquals("1", reader.lastEventId());
  }

  @Test
  void lastEventIdIsThatOfTheEventReturnedLastNotOfOnesReadWithIt() throws IOException {
    EventStreamReader reader =
        reader("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\n\ndata: c\n\nid: 4\n\n");

    assertEquals("", reader.lastEventId());
    reader.next();
    assertEquals("1", reader.lastEventId());
    reader.next();
    assertEquals("2", reader.lastEventId());
    reader.next();
    assertEquals("4", reader.lastEventId());
  }

  @Test
  void lastEventIdOfABlockWithoutDataCountsAtTheEnd() throws IOException {
    EventStreamReader reader = reader("id: 1\n\n");

    assertNull(reader.next());
    assertEquals("1", reader.lastEventId());
  }

  @Test
  void reconnectionTimeIsTheOneSetLast() throws IOException {
    EventStreamReader reader = new EventStreamReader(new Parts("retry: 1\ndata\n\n", "retry: 2\n"));

    assertNull(reader.reconnectionTime());
    reader.next();
    assertEquals(retry(1), reader.reconnectionTime());
    assertThrows(AssertionError.class, reader::next);
    assertEquals(retry(2), reader.reconnectionTime());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "data: b", ": hello\n\n", "retry: 5\n\n"})
  void aConnectionThatEndsBeforeAnIdKeepsTheOneThatWasSent(String stream) throws IOException {
    EventStreamReader reader =
        new EventStreamReader(new ByteArrayInputStream(stream.getBytes(UTF_8)), "7-0");

    assertEquals("7-0", reader.lastEventId());
    assertNull(reader.next());
    assertEquals("7-0", reader.lastEventId());
  }

  @Test
  void anEventHasItsOwnIdAndTheLastEventIdStandsBesideIt() throws IOException {
    byte[] stream = "data: a\n\nid: 8-0\ndata: b\n\ndata: c\n\nid\ndata: d\n\n".getBytes(UTF_8);
    EventStreamReader reader = new EventStreamReader(new ByteArrayInputStream(stream), "7-0");

    assertEquals(event("a"), reader.next());
    assertEquals("7-0", reader.lastEventId());
    assertEquals(event(null, "b", "8-0"), reader.next());
    assertEquals("8-0", reader.lastEventId());
    assertEquals(event("c"), reader.next());
    assertEquals("8-0", reader.lastEventId());
    assertEquals(event(null, "d", ""), reader.next());
    assertEquals("", reader.lastEventId());
  }

  @Test
  void limitIsThrownAfterTheEventsBeforeItAndAtEachCall() throws IOException {
    InputStream in = new Parts("data: a\n\ndata: b\n\ndata: 1234567\n\ndata: c\n\n");
    EventStreamReader reader = new EventStreamReader(in, "", 6);

    assertEquals(event("a"), reader.next());
    assertEquals(event("b"), reader.next());
    EventStreamLimitException e = assertThrows(EventStreamLimitException.class, reader::next);
    assertEquals(6, e.maxEventBytes());
    assertSame(e, assertThrows(EventStreamLimitException.class, reader::next));
  }

  @Test
  void exceptionOfTheStreamComesAfterTheEventsBeforeIt() throws IOException {
    IOException reset = new IOException("reset");
    Queue<byte[]> chunks = new ArrayDeque<>(List.of("data: a\n\ndata: b\n\n".getBytes(UTF_8)));
    EventStreamReader reader =
        new EventStreamReader(
            new InputStream() {
              @Override
              public int read() {
                throw new AssertionError("reads one byte");
              }

              @Override
              public int read(byte[] target, int offset, int length) throws IOException {
                byte[] chunk = chunks.poll();
                if (chunk == null) {
                  throw reset;
                }
                System.arraycopy(chunk, 0, target, offset, chunk.length);
                return chunk.length;
              }
            });

    assertEquals(event("a"), reader.next());
    assertEquals(event("b"), reader.next());
    assertSame(reset, assertThrows(IOException.class, reader::next));
  }

  @Test
  void longStreamIsReadInFull() throws IOException {
    int events = 5_000;
    EventStreamReader reader = reader(("data: " + "é".repeat(40) + "\n\n").repeat(events));

    int count = 0;
    for (SseEvent event = reader.next(); event != null; event = reader.next()) {
      assertEquals("é".repeat(40), event.data());
      count++;
    }
    assertEquals(events, count);
  }

  @Test
  void closeClosesTheStream() throws IOException {
    boolean[] closed = new boolean[1];
    InputStream in =
        new ByteArrayInputStream(new byte[0]) {
          @Override
          public void close() {
            closed[0] = true;
          }
        };

    new EventStreamReader(in).close();

    assertTrue(closed[0]);
  }

  private static EventStreamReader reader(String stream) {
    return new EventStreamReader(new ByteArrayInputStream(stream.getBytes(UTF_8)));
  }

  /** Gives one part at each read, and fails when read past the last. */
  private static final class Parts extends InputStream {
    private final Queue<byte[]> parts = new ArrayDeque<>();

    Parts(String... parts) {
      for (String part : parts) {
        this.parts.add(part.getBytes(UTF_8));
      }
    }

    @Override
    public int read() {
      throw new AssertionError("reads one byte");
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      byte[] part = parts.poll();
      if (part == null) {
        throw new AssertionError("read past what there is");
      }
      System.arraycopy(part, 0, target, offset, part.length);
      return part.length;
    }
  }
}
