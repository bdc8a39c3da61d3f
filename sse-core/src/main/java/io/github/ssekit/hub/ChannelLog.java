package io.github.ssekit.hub;

import io.github.ssekit.event.Comment;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The latest events of one channel in the order of their ordinals, bounded in events and bytes: one
 * writer, many readers without locks.
 *
 * <p>It is a linked list from the oldest entry to the newest, so that a quiet channel costs one
 * entry and nothing ever grows by copying. A reader's cursor is the entry that it read last; it has
 * still to read the entries behind its cursor:
 *
 * <pre>
 *     trimmed            retained
 *   e1 ─✂   e2 ──► e3 ──► e4 ──► e5 ──► null
 *           head                 tail
 * </pre>
 *
 * Trimming cuts the link of an entry whose successor has gone. So a reader at {@code e1} sees that
 * it has missed events, a reader at {@code e2} has missed none, and neither keeps a trimmed event
 * in memory: a stalled reader costs one entry however much is published.
 */
final class ChannelLog {
  /** One event in the log. */
  static final class Entry {
    /** The link of an entry whose successor was trimmed. */
    static final Entry CUT = new Entry(Long.MIN_VALUE, new Comment("").frame().toByteArray(), null);

    final long ordinal;
    final byte[] frame;

    /** The event's place in the order of all channels with history, or null if it has none. */
    final @Nullable Position position;

    /** The successor, or {@link #CUT} once it is trimmed. Written by the log's writer. */
    private volatile @Nullable Entry next;

    Entry(long ordinal, byte[] frame, @Nullable Position position) {
      this.ordinal = ordinal;
      this.frame = frame;
      this.position = position;
    }

    /** Whether the event has a position that is after another. */
    boolean isAfter(Position at) {
      return position != null && position.isAfter(at);
    }

    /**
     * The entry behind this one if its ordinal is not above the watermark, {@link #CUT}, or null.
     */
    @Nullable Entry next(long watermark) {
      Entry n = next;
      return n == null || n.ordinal > watermark ? null : n;
    }
  }

  /**
   * The number of entries behind a cursor, up to the watermark; -1 if some of them were trimmed.
   * Any thread.
   */
  static int behind(Entry cursor, long watermark) {
    int count = 0;
    for (Entry e = cursor.next(watermark); e != null; e = e.next(watermark)) {
      if (e == Entry.CUT) {
        return -1;
      }
      count++;
    }
    return count;
  }

  private final int maxEvents;
  private final long maxBytes;

  /** Whether the calling thread is the writer, for assertions. */
  private final BooleanSupplier isWriter;

  // Touched by the writer only, which is the thread that holds the hub's lock.
  private Entry head = new Entry(0, Entry.CUT.frame, null);
  private Entry tail = head;
  private int events;
  private long bytes;

  /** No event above this position is missing; null if there is no such position yet. */
  private @Nullable Position from;

  /** The ordinal of the entry at which the log last restarted: positions before it are void. */
  private long restart;

  /** The highest position behind that entry; null if there is none. */
  private @Nullable Position newest;

  ChannelLog(int maxEvents, long maxBytes, BooleanSupplier isWriter) {
    this.isWriter = isWriter;
    this.maxEvents = maxEvents;
    this.maxBytes = maxBytes;
  }

  /** An index of the newest events by key, with the bounds of this log. */
  NewestByKey newestByKey() {
    return new NewestByKey(maxEvents, maxBytes);
  }

  /** Appends an event. Writer only; ordinals rise from call to call and are above 0. */
  Entry append(long ordinal, byte[] frame, @Nullable Position position) {
    assert isWriter.getAsBoolean();
    Entry entry = new Entry(ordinal, frame, position);
    tail.next = entry;
    tail = entry;
    if (position != null) {
      newest = Position.later(newest, position);
    }
    events++;
    bytes += frame.length;
    while (events > 1 && (events > maxEvents || bytes > maxBytes)) {
      trimOne();
    }
    return entry;
  }

  @Nullable Position from() {
    assert isWriter.getAsBoolean();
    return from;
  }

  /** The number of events in the log. Writer only, as {@link #bytes}. */
  int events() {
    assert isWriter.getAsBoolean();
    return events;
  }

  long bytes() {
    assert isWriter.getAsBoolean();
    return bytes;
  }

  /** Moves the log's start to a position, unless it starts later already. Writer only. */
  void startAt(@Nullable Position position) {
    assert isWriter.getAsBoolean();
    from = Position.later(from, position);
  }

  /**
   * Moves the log's start to its newest entry, whose position may be below earlier positions.
   * Writer only.
   */
  void restartAt(Position position) {
    assert isWriter.getAsBoolean();
    from = position;
    restart = tail.ordinal;
    newest = null;
  }

  /**
   * The cursor of a reader that has read everything up to a position, which is not below {@link
   * #from}. Events without a position are passed over up to the first event after the position.
   * Writer only.
   */
  Entry at(Position position) {
    assert isWriter.getAsBoolean();
    if (newest == null || !newest.isAfter(position)) {
      // Most clients that return have missed nothing: the hub's lock is not held for a search.
      return tail;
    }
    Entry at = head;
    Entry e = at.next;
    while (e != null && (e.ordinal <= restart || !e.isAfter(position))) {
      at = e;
      e = e.next;
    }
    return at;
  }

  /**
   * The cursor of a reader that came when {@code since} was the last entry, and has read everything
   * up to a position elsewhere. No event after both is passed over. If such an event was trimmed,
   * the cursor is at the cut, so that the reader sees it. Writer only.
   */
  Entry at(Position position, Entry since) {
    assert isWriter.getAsBoolean();
    boolean complete = from != null && !from.isAfter(position);
    Entry at = since.next == Entry.CUT && complete ? head : since;
    for (Entry e = at.next; e != null; e = e.next) {
      if (e.ordinal > restart && e.isAfter(position)) {
        break;
      }
      if (e.position != null) {
        at = e;
      }
    }
    return at;
  }

  /**
   * Whether {@link #at(Position, Entry)} passes over an event after a position. Writer only.
   *
   * @param after the position, or null to count any event that has a position
   */
  boolean passesOver(Position position, Entry since, @Nullable Position after) {
    assert isWriter.getAsBoolean();
    Entry first = since.next;
    if (first == Entry.CUT) {
      if (from == null || from.isAfter(position)) {
        return false;
      }
      if (after == null || from.isAfter(after)) {
        return true;
      }
      first = head.next;
    }
    for (Entry e = first; e != null; e = e.next) {
      boolean isNew = e.position != null && (after == null || e.isAfter(after));
      if (e.ordinal > restart && isNew && !e.isAfter(position)) {
        return true;
      }
    }
    return false;
  }

  /** The cursor of a reader that has read everything. Writer only. */
  Entry tail() {
    assert isWriter.getAsBoolean();
    return tail;
  }

  private void trimOne() {
    Entry oldest = head.next;
    if (oldest != null) {
      head.next = Entry.CUT;
      head = oldest;
      if (from != null && oldest.ordinal > restart) {
        startAt(oldest.position);
      }
      events--;
      bytes -= oldest.frame.length;
    }
  }
}
