package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.ChannelLog.Entry;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ChannelLogTest {
  private static final long ALL = Long.MAX_VALUE;

  private final ChannelLog log = new ChannelLog(3, 1_000, () -> true);

  private void append(long... ordinals) {
    for (long o : ordinals) {
      log.append(o, SseEvent.of("e" + o).frame().toByteArray(), null);
    }
  }

  /** The ordinals behind a cursor, -1 for a cut. */
  private static List<Long> behind(Entry cursor, long watermark) {
    List<Long> ordinals = new ArrayList<>();
    Entry e = cursor.next(watermark);
    while (e != null && e != Entry.CUT) {
      ordinals.add(e.ordinal);
      e = e.next(watermark);
    }
    if (e == Entry.CUT) {
      ordinals.add(-1L);
    }
    return ordinals;
  }

  @Test
  void aReaderAtTheEndSeesNothingUntilSomethingIsAppended() {
    Entry cursor = log.tail();
    assertNull(cursor.next(ALL));
    append(5, 9);
    assertEquals(List.of(5L, 9L), behind(cursor, ALL));
    assertNull(log.tail().next(ALL));
  }

  /** A search of the whole log each time would take minutes. */
  @Test
  @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void theEndIsFoundWithoutASearch() {
    ChannelLog large = new ChannelLog(1_000_000, Long.MAX_VALUE, () -> true);
    byte[] frame = SseEvent.of("x").frame().toByteArray();
    for (int i = 1; i <= 300_000; i++) {
      large.append(i, frame, new Position(i, 0));
    }
    Entry last = large.append(300_001, frame, null);
    for (int i = 0; i < 300_000; i++) {
      assertSame(last, large.at(new Position(300_000, 0)));
    }
    assertEquals(299_999, large.at(new Position(299_999, 0)).ordinal);
    large.restartAt(new Position(5, 0));
    assertSame(last, large.at(new Position(5, 0)));
    large.append(300_002, frame, new Position(6, 0));
    assertSame(last, large.at(new Position(5, 0)));
  }

  @Test
  void nothingAboveTheWatermarkIsRead() {
    Entry cursor = log.tail();
    append(5, 9);
    assertEquals(List.of(), behind(cursor, 4));
    assertEquals(List.of(5L), behind(cursor, 8));
    assertEquals(List.of(5L, 9L), behind(cursor, 9));
  }

  @Test
  void aReaderWhoseNextEventWasTrimmedSeesTheCutAtOnce() {
    Entry cursor = log.tail();
    append(1, 2, 3);
    assertEquals(List.of(1L, 2L, 3L), behind(cursor, ALL), "three events fit");
    append(4);
    assertSame(Entry.CUT, cursor.next(ALL));
    assertSame(Entry.CUT, cursor.next(0), "whatever the watermark");
  }

  @Test
  void aReaderWhoseLastReadEventWasTrimmedHasMissedNothing() {
    Entry start = log.tail();
    append(1);
    Entry one = Objects.requireNonNull(start.next(ALL));
    append(2, 3, 4);
    assertEquals(List.of(2L, 3L, 4L), behind(one, ALL));
    append(5);
    assertEquals(List.of(-1L), behind(one, ALL));
  }

  @Test
  void bytesAreBoundedButTheNewestEventAlwaysFits() {
    ChannelLog small = new ChannelLog(100, 40, () -> true);
    Entry start = small.tail();
    small.append(1, SseEvent.of("x".repeat(20)).frame().toByteArray(), null);
    Entry one = Objects.requireNonNull(start.next(ALL));
    small.append(2, SseEvent.of("x".repeat(4)).frame().toByteArray(), null);
    assertEquals(List.of(1L, 2L), behind(start, ALL), "28 + 12 bytes fit into 40");
    small.append(3, SseEvent.of("x".repeat(500)).frame().toByteArray(), null);
    assertEquals(List.of(-1L), behind(one, ALL));
    Entry last = small.tail();
    assertEquals(3L, last.ordinal);
    small.append(4, SseEvent.of("").frame().toByteArray(), null);
    assertEquals(List.of(4L), behind(last, ALL), "the large one was trimmed in its turn");
  }

  @Test
  void aStalledReaderKeepsNoTrimmedEventInMemory() {
    ChannelLog ten = new ChannelLog(10, ALL, () -> true);
    Entry stalled = ten.tail();
    List<WeakReference<byte[]>> frames = new ArrayList<>();
    for (int i = 1; i <= 10_000; i++) {
      byte[] frame = SseEvent.of("x".repeat(1_000)).frame().toByteArray();
      frames.add(new WeakReference<>(frame));
      ten.append(i, frame, null);
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> {
              System.gc();
              // The log retains ten, and its head is the entry that it trimmed last.
              return frames.stream().filter(f -> f.get() != null).count() <= 11;
            });
    assertSame(Entry.CUT, stalled.next(ALL));
    assertEquals(10_000, ten.tail().ordinal);
  }
}
