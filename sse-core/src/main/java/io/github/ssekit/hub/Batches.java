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
 * The bytes that one sweep of a delivery loop writes: what stands between the same cursors and the
 * watermark is joined once and shared by all connections at those cursors.
 *
 * <p>A place for another encoding of the same bytes (gzip) would be here.
 */
final class Batches {
  /** Joined frames, and where the cursors stand once they are written. */
  static final class Batch {
    final byte[] bytes;
    final Entry[] ends;
    final int events;

    /** Whether a client that has read it knows a position. */
    final boolean positioned;

    Batch(byte[] bytes, Entry[] ends, int events, boolean positioned) {
      this.bytes = bytes;
      this.ends = ends;
      this.events = events;
      this.positioned = positioned;
    }
  }

  /** The cap where there is no room for more, unless it is lower still. */
  private static final int LOW_CAP = 4 << 10;

  private final int capBytes;

  /** Whether the calling thread is the loop's, for assertions. */
  private final BooleanSupplier isOnLoop;

  private final Map<Object, Batch> made = new HashMap<>();
  private long upTo;
  private long latest;

  /** How many bytes may still be joined in this sweep before the cap is low. */
  private long room;

  Batches(int capBytes, BooleanSupplier isOnLoop) {
    this.capBytes = capBytes;
    this.isOnLoop = isOnLoop;
  }

  /**
   * Begins a sweep.
   *
   * @param upTo its watermark
   * @param latest a later one, for what the next sweep has to do
   * @param room how many bytes may be joined before batches are kept small: each may stay in memory
   *     as long as one client takes nothing, and readers at a thousand cursors have one each
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

  /** What comes behind a cursor in this sweep: an entry, {@link Entry#CUT}, or null. */
  @Nullable Entry next(Entry cursor) {
    return cursor.next(upTo);
  }

  /** The entry behind a cursor, if it is the only one in this sweep; else null. */
  @Nullable Entry only(Entry cursor) {
    Entry entry = next(cursor);
    return entry == null || entry == Entry.CUT || next(entry) != null ? null : entry;
  }

  /** Whether something at or below the ordinal is left behind a cursor for the next sweep. */
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
      // What was appended to several logs at once is read once.
      boolean isNew = entry != null && entry.frame != before;
      // A cut link is the lowest and ends the batch: the next sweep sees it first and says what was
      // missed.
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
    // One alone is the log's own.
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
