package io.github.ssekit.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventStreamWriterTest {
  private final Calls out = new Calls();
  private final EventStreamWriter writer = new EventStreamWriter(out);

  @Test
  void oneBlockIsOneWriteAndOneFlush() throws IOException {
    writer.write(new SseEvent("add", "a\nb", "1"));
    writer.write(new Comment(""));
    writer.write(new ReconnectionTime(Duration.ofSeconds(1)));

    assertEquals(
        List.of(
            "id: 1\nevent: add\ndata: a\ndata: b\n\n",
            "flush",
            ":\n",
            "flush",
            "retry: 1000\n",
            "flush"),
        out.calls);
  }

  @ParameterizedTest
  @ValueSource(strings = {"open", "error"})
  void typesOfEventSourceItselfAreRefusedAndNothingIsWritten(String type) throws IOException {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> writer.write(SseEvent.of(type, "data")));
    assertEquals(
        "event type \""
            + type
            + "\" collides with EventSource's own event of that name; choose another type",
        e.getMessage());
    assertEquals(List.of(), out.calls);

    writer.write(SseEvent.of("data"));
    assertEquals(List.of("data: data\n\n", "flush"), out.calls);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void nothingIsWrittenBehindABlockThatMayBeTorn(boolean inFlush) {
    IOException gone = new IOException("timed out");
    Failing torn = new Failing(inFlush, gone);
    EventStreamWriter broken = new EventStreamWriter(torn);

    assertSame(gone, assertThrows(IOException.class, () -> broken.write(SseEvent.of("a"))));
    int written = torn.bytes.size();
    for (Block block : List.of(SseEvent.of("b"), new Comment(""))) {
      IOException e = assertThrows(IOException.class, () -> broken.write(block));
      assertEquals(
          "An earlier write failed, perhaps inside a block, so this block would be read as part of"
              + " that one; close this writer",
          e.getMessage());
      assertSame(gone, e.getCause());
    }
    assertEquals(written, torn.bytes.size());
  }

  @Test
  void anErrorWithinAWriteBreaksItToo() {
    EventStreamWriter broken = new EventStreamWriter(new Failing(false, new StackOverflowError()));

    assertThrows(StackOverflowError.class, () -> broken.write(SseEvent.of("a")));
    assertThrows(IOException.class, () -> broken.write(SseEvent.of("b")));
  }

  @Test
  void aRefusedBlockBreaksNothing() throws IOException {
    assertThrows(IllegalArgumentException.class, () -> writer.write(SseEvent.of("open", "a")));

    writer.write(SseEvent.of("b"));
    assertEquals(List.of("data: b\n\n", "flush"), out.calls);
  }

  @Test
  void closeClosesTheStream() throws IOException {
    writer.close();

    assertEquals(List.of("close"), out.calls);
  }

  @Test
  void concurrentWritersNeverTearABlock()
      throws InterruptedException, ExecutionException, TimeoutException {
    int threads = 4;
    int blocks = 500;
    Torn torn = new Torn();
    EventStreamWriter shared = new EventStreamWriter(torn);
    CyclicBarrier start = new CyclicBarrier(threads);
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> writers = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        String type = "writer" + t;
        writers.add(
            executor.submit(
                () -> {
                  start.await();
                  for (int n = 0; n < blocks; n++) {
                    shared.write(SseEvent.of(type, n + "\n" + "x".repeat(50)));
                  }
                  return null;
                }));
      }
      for (Future<?> each : writers) {
        each.get(30, SECONDS);
      }
    } finally {
      executor.shutdownNow();
    }

    assertFalse(torn.flushedWithinAWrite);
    Map<String, Integer> next = new HashMap<>();
    for (Block block : Chunking.WHOLE.parse(torn.toByteArray(), new Random(1))) {
      SseEvent event = (SseEvent) block;
      int n = next.merge(String.valueOf(event.type()), 1, Integer::sum) - 1;
      assertEquals(n + "\n" + "x".repeat(50), event.data());
    }
    assertEquals(threads, next.size());
    next.values().forEach(count -> assertEquals(blocks, count));
  }

  /** Takes half of the first block, or fails to flush it; then takes everything. */
  private static final class Failing extends OutputStream {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final boolean inFlush;
    private @Nullable Throwable failure;

    Failing(boolean inFlush, Throwable failure) {
      this.inFlush = inFlush;
      this.failure = failure;
    }

    @Override
    public void write(int b) {
      bytes.write(b);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      bytes.write(source, offset, inFlush ? length : length / 2);
      failUnless(inFlush);
    }

    @Override
    public void flush() throws IOException {
      failUnless(!inFlush);
    }

    private void failUnless(boolean spared) throws IOException {
      Throwable due = failure;
      if (due == null || spared) {
        return;
      }
      failure = null;
      if (due instanceof Error e) {
        throw e;
      }
      throw (IOException) due;
    }
  }

  /** Keeps each call. */
  private static final class Calls extends OutputStream {
    final List<String> calls = new ArrayList<>();

    @Override
    public void write(int b) {
      calls.add("one byte");
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      calls.add(new String(bytes, offset, length, UTF_8));
    }

    @Override
    public void flush() {
      calls.add("flush");
    }

    @Override
    public void close() {
      calls.add("close");
    }
  }

  /** Writes byte by byte, so that other threads can run between any two bytes. */
  private static final class Torn extends OutputStream {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private volatile boolean writing;
    volatile boolean flushedWithinAWrite;

    @Override
    public void write(int b) {
      bytes.write(b);
    }

    @Override
    public void write(byte[] source, int offset, int length) {
      writing = true;
      for (int i = offset; i < offset + length; i++) {
        bytes.write(source[i]);
      }
      writing = false;
    }

    @Override
    public void flush() {
      flushedWithinAWrite |= writing;
    }

    byte[] toByteArray() {
      return bytes.toByteArray();
    }
  }
}
