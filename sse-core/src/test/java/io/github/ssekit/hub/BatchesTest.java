package io.github.ssekit.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Batches.Batch;
import io.github.ssekit.hub.ChannelLog.Entry;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class BatchesTest {
  private final ChannelLog a = new ChannelLog(4, 1_000_000, () -> true);
  private final ChannelLog b = new ChannelLog(4, 1_000_000, () -> true);
  private final Batches batches = new Batches(30, () -> true);
  private final Entry startA = a.tail();
  private final Entry startB = b.tail();

  private static byte[] frame(String data) {
    return SseEvent.of(data).frame().toByteArray();
  }

  private Batch behind(Entry... cursors) {
    return Objects.requireNonNull(batches.behind(cursors));
  }

  private static String data(Batch batch) {
    return new String(batch.bytes, UTF_8).replace("data: ", "").replace("\n\n", " ").trim();
  }

  @Test
  void channelsAreMergedByOrdinalUpToTheWatermark() {
    a.append(1, frame("a"), null);
    b.append(2, frame("b"), null);
    a.append(3, frame("c"), null);
    batches.begin(2, 3, Long.MAX_VALUE);
    Batch batch = behind(startB, startA);
    assertEquals("a b", data(batch));
    assertEquals(2, batch.ends[0].ordinal);
    assertEquals(1, batch.ends[1].ordinal);
    assertTrue(batches.more(batch.ends[1], Long.MAX_VALUE), "the next sweep has more");
    assertFalse(batches.more(batch.ends[1], 2), "but not for one that reads up to 2 only");
    assertFalse(batches.more(batch.ends[0], Long.MAX_VALUE));
  }

  @Test
  void aBatchEndsBeforeTheFrameThatExceedsTheCap() {
    for (int i = 1; i <= 4; i++) {
      a.append(i, frame("x" + i), null); // 10 bytes each
    }
    batches.begin(4, 4, Long.MAX_VALUE);
    Batch batch = behind(startA);
    assertEquals("x1 x2 x3", data(batch), "exactly the cap");
    assertEquals("x4", data(behind(batch.ends)));
  }

  @Test
  void aFrameLargerThanTheCapIsABatchOfItsOwnAndNotCopied() {
    byte[] large = frame("x".repeat(100));
    a.append(1, frame("1"), null);
    a.append(2, large, null);
    a.append(3, frame("3"), null);
    batches.begin(3, 3, Long.MAX_VALUE);
    Batch first = behind(startA);
    assertEquals("1", data(first));
    Batch second = behind(first.ends);
    assertSame(large, second.bytes);
    assertEquals("3", data(behind(second.ends)));
  }

  @Test
  void anEntryIsTheOnlyOneIfTheSweepHasNothingBehindIt() {
    Entry first = a.append(1, frame("1"), null);
    a.append(2, frame("2"), null);
    batches.begin(0, 2, Long.MAX_VALUE);
    assertNull(batches.only(startA), "nothing yet");
    batches.begin(1, 2, Long.MAX_VALUE);
    assertSame(first, batches.only(startA), "the second is for the next sweep");
    batches.begin(2, 2, Long.MAX_VALUE);
    assertNull(batches.only(startA), "two");
    assertSame(a.tail(), batches.only(first));
    for (int i = 3; i <= 6; i++) {
      a.append(i, frame("x"), null);
    }
    assertNull(batches.only(startA), "the log has left this cursor behind");
  }

  @Test
  void sameCursorsShareOneArrayWithinASweepOnly() {
    a.append(1, frame("1"), null);
    a.append(2, frame("2"), null);
    batches.begin(2, 2, Long.MAX_VALUE);
    Batch one = behind(startA, startB);
    assertSame(one, batches.behind(new Entry[] {startA, startB}));
    assertNotSame(one, batches.behind(new Entry[] {startA}));
    batches.end();
    batches.begin(2, 2, Long.MAX_VALUE);
    assertNotSame(one, batches.behind(new Entry[] {startA, startB}));
  }

  @Test
  void theCursorsOfTheCallerAreNotMoved() {
    a.append(1, frame("1"), null);
    batches.begin(1, 1, Long.MAX_VALUE);
    Entry[] cursors = {startA};
    behind(cursors);
    assertSame(startA, cursors[0]);
  }

  @Test
  void aCutEndsTheBatchRatherThanTheChannel() {
    b.append(1, frame("b"), null);
    for (int i = 2; i <= 6; i++) {
      a.append(i, frame("a" + i), null);
    }
    batches.begin(6, 6, Long.MAX_VALUE);
    assertSame(Entry.CUT, batches.next(startA));
    assertNull(batches.behind(new Entry[] {startA}));
    assertNull(batches.behind(new Entry[] {startB, startA}));
    assertTrue(batches.more(startA, 0), "the next sweep has a cut to see");
  }

  @Test
  void nothingBehindTheCursorsIsNoBatch() {
    batches.begin(0, 0, Long.MAX_VALUE);
    assertNull(batches.behind(new Entry[] {startA, startB}));
    assertNull(batches.behind(new Entry[0]));
  }

  /** A reader whose cursor were the cut entry would wait for ever. */
  @Test
  void noCursorBecomesTheCutHoweverTheWriterTrims() throws Exception {
    ChannelLog log = new ChannelLog(1, 1_000_000, () -> true);
    AtomicReference<Entry> newest = new AtomicReference<>(log.append(1, frame("1"), null));
    AtomicBoolean over = new AtomicBoolean();
    Thread writer =
        new Thread(
            () -> {
              byte[] frame = frame("x");
              for (long ordinal = 2; !over.get(); ordinal++) {
                newest.set(log.append(ordinal, frame, null));
              }
            });
    writer.start();
    try {
      batches.begin(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);
      int joined = 0;
      for (int i = 0; i < 2_000_000 || joined < 1_000; i++) {
        Batch batch = batches.behind(new Entry[] {newest.get()});
        if (batch != null) {
          joined++;
          assertNotSame(Entry.CUT, batch.ends[0]);
        }
        batches.end();
      }
    } finally {
      over.set(true);
      writer.join();
    }
  }
}
