package io.github.ssekit.hub;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.github.ssekit.event.SseEvent;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * One writer appends three events to a log that holds two; one reader follows the log from the
 * start. The reader sees a prefix of the events or the cut, and never less than the watermark
 * promised.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "nothing promised, nothing read")
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "all that was promised")
@Outcome(id = "2, 2", expect = ACCEPTABLE, desc = "all that was promised")
@Outcome(id = "3, 3", expect = ACCEPTABLE, desc = "all that was promised")
@Outcome(id = "[0123], -1", expect = ACCEPTABLE, desc = "trimmed meanwhile, and the reader knows")
@State
public class ChannelLogStress {
  private static final byte[] FRAME = SseEvent.of("x").frame().toByteArray();

  private final ChannelLog log = new ChannelLog(2, 1_000_000, () -> true);
  private final ChannelLog.Entry start = log.tail();
  private volatile long watermark;

  /** The writer, as {@code Hub.deliver}. */
  @Actor
  public void write() {
    for (int i = 1; i <= 3; i++) {
      log.append(i, FRAME, null);
      watermark = i;
    }
  }

  /** The reader, as a delivery loop. */
  @Actor
  public void read(II_Result r) {
    long upTo = watermark;
    r.r1 = (int) upTo;
    ChannelLog.Entry cursor = start;
    for (ChannelLog.Entry next = cursor.next(upTo); next != null; next = cursor.next(upTo)) {
      if (next == ChannelLog.Entry.CUT) {
        r.r2 = -1 - (int) cursor.ordinal; // -1: cut before the first event, the only legal place
        return;
      }
      if (next.ordinal != cursor.ordinal + 1) {
        r.r2 = 99;
        return;
      }
      cursor = next;
    }
    r.r2 = (int) cursor.ordinal;
  }
}
