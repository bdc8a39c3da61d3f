package io.github.ssekit.hub;

import io.github.ssekit.hub.ChannelLog.Entry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that one sweep of a delivery loop writes. All connections at the same cursors share one
 * batch: the frames between these cursors and the watermark, joined once.
 *
 * <p>Another encoding of the same bytes (gzip) would have its place here.
 */
final class Batches {
  /** Joined frames, and the places of the cursors once the frames are written. */
  static final class Batch {
    final byte[] bytes;
    final Entry[] ends;
    final int events;

    /** Whether an event of the batch has a position. */
    final boolean positioned;

    Batch(byte[] bytes, Entry[] ends, int events, boolean positioned) {
      this.bytes = bytes;
      this.ends = ends;
      this.events = events;
      this.positioned = positioned;
    }
  }

  /** The cap once the room is used up, unless {@link #capBytes} is lower. */
  private static final int LOW_CAP = 4 << 10;

  private final int capBytes;

  /** Whether the calling thread is the loop's, for assertions. */
  private final BooleanSupplier isOnLoop;

  private final Map<Object, Batch> made = new HashMap<>();
  private long upTo;
  private long latest;

  /** How many bytes may still be joined in this sweep before {@link #LOW_CAP} applies. */
  private long room;

  Batches(int capBytes, BooleanSupplier isOnLoop) {
    this.capBytes = capBytes;
    this.isOnLoop = isOnLoop;
  }

  /**
   * Begins a sweep.
   *
   * @param upTo the sweep's watermark
   * @param latest a watermark that was read later, to tell whether events are left for the next
   *     sweep
   * @param room how many bytes may be joined before batches are kept small: a batch stays in memory
   *     while one client doesn't take it, and clients at a thousand cursors have a thousand batches
   */
  void begin(long upTo, long latest, long room) {
    assert isOnLoop.getAsBoolean();
    this.upTo = upTo;
    this.latest = latest;
    this.room = room;
  }

  /** Ends the sweep: a loop that goes to sleep keeps no events. */
  void end() {
    assert isOnLoop.getAsBoolean();
    made.clear();
  }

  /** The next entry behind a cursor in this sweep, {@link Entry#CUT}, or null. */
  @Nullable Entry next(Entry cursor) {
    return cursor.next(upTo);
  }

  /** The entry behind a cursor if it is the only entry there in this sweep; otherwise null. */
  @Nullable Entry only(Entry cursor) {
    Entry entry = next(cursor);
    return entry == null || entry == Entry.CUT || next(entry) != null ? null : entry;
  }

  /** Whether an event up to the ordinal is left behind a cursor for the next sweep. */
  boolean more(Entry cursor, long ordinal) {
    return cursor.next(Math.min(ordinal, latest)) != null;
  }

  /**
   * The frames behind the cursors, merged by ordinal, at least one and then as many as fit the cap;
   * null if there are none.
   */
  @Nullable Batch behind(Entry[] cursors) {
    assert isOnLoop.getAsBoolean();
    Object key = cursors.length == 1 ? cursors[0] : Arrays.asList(cursors);
    Batch batch = made.get(key);
    if (batch == null) {
      batch = merge(cursors.clone());
      if (batch != null) {
        made.put(key, batch);
      }
    }
    return batch;
  }

  private @Nullable Batch merge(Entry[] at) {
    List<Entry> entries = new ArrayList<>();
    int cap = room > 0 ? capBytes : Math.min(capBytes, LOW_CAP);
    int length = 0;
    boolean positioned = false;
    byte[] before = null;
    while (true) {
      int lowest = -1;
      Entry entry = null;
      // Each link is read once: the log's writer may cut it meanwhile.
      for (int i = 0; i < at.length; i++) {
        Entry behind = next(at[i]);
        if (behind != null && (entry == null || behind.ordinal < entry.ordinal)) {
          lowest = i;
          entry = behind;
        }
      }
      // An event that was appended to several logs at once has one frame, which is joined once.
      boolean isNew = entry != null && entry.frame != before;
      // CUT has the lowest ordinal and ends the batch: the next sweep sees it first and handles the
      // overrun.
      if (entry == null
          || entry == Entry.CUT
          || (isNew && length > 0 && length + entry.frame.length > cap)) {
        break;
      }
      if (isNew) {
        entries.add(entry);
        length += entry.frame.length;
      }
      before = entry.frame;
      positioned |= entry.position != null;
      at[lowest] = entry;
    }
    // A single frame is the log's own array, and takes no more memory.
    room -= entries.size() > 1 ? length : 0;
    return entries.isEmpty() ? null : new Batch(join(entries), at, entries.size(), positioned);
  }

  /** The frames of some entries, one behind the other. */
  static byte[] join(List<Entry> entries) {
    if (entries.size() == 1) {
      return entries.get(0).frame;
    }
    int length = 0;
    for (Entry entry : entries) {
      length += entry.frame.length;
    }
    byte[] out = new byte[length];
    int at = 0;
    for (Entry entry : entries) {
      byte[] frame = entry.frame;
      System.arraycopy(frame, 0, out, at, frame.length);
      at += frame.length;
    }
    return out;
  }
}
