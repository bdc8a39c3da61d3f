package io.github.ssekit.hub;

import io.github.ssekit.event.Comment;
import io.github.ssekit.hub.Batches.Batch;
import io.github.ssekit.hub.ChannelLog.Entry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that one connection has still to write, in this order: blocks sent to it alone, a
 * heartbeat or greeting, a page of missed events, the events of its channels. Confined to the
 * loop's thread, except {@link #reserve}.
 */
final class Outgoing {
  static final byte[] COMMENT = new Comment("").frame().toByteArray();

  /** Saves one AtomicInteger object for each connection. */
  private static final AtomicIntegerFieldUpdater<Outgoing> OUTBOX_BYTES =
      AtomicIntegerFieldUpdater.newUpdater(Outgoing.class, "outboxBytes");

  /** The bytes in {@link #outbox}, or reserved for it. Any thread. */
  @SuppressWarnings("UnusedVariable") // Through OUTBOX_BYTES.
  private volatile int outboxBytes;

  private final DeliveryLoop loop;

  private @Nullable Queue<byte[]> outbox;

  /** A heartbeat or greeting. */
  private byte @Nullable [] block;

  private @Nullable Replay replay;

  /** Whether the replay was polled, and the transport has not been ready since. */
  private boolean replayUntaken;

  /** Whether a log has grown. */
  private boolean hasPending;

  /**
   * The first of a linked list of the subscriptions whose logs have grown; meaningless unless
   * {@link #hasPending}. A list that was read stays here: on a connection with one channel the next
   * list is the same, which saves a store.
   */
  private @Nullable Subscription pending;

  /**
   * The watermark when the connection began to close. A subscription that has read all events up to
   * it is no longer pending.
   */
  private long upTo = Long.MAX_VALUE;

  /** Whether heartbeats are positions: the connection is live on channels with history. */
  private boolean positioned;

  /** Whether the last polled bytes contain a position, or are a heartbeat. */
  private boolean polledHeartbeat;

  private long events;
  private long bytes;

  /** The time of the last write; or, if positioned, of the last write that contained a position. */
  private long lastHeartbeat;

  Outgoing(DeliveryLoop loop, long now) {
    this.loop = loop;
    this.lastHeartbeat = now;
  }

  /**
   * Counts the bytes of a block before it is {@linkplain #send sent}, and returns the new total of
   * waiting bytes. Any thread.
   */
  int reserve(int bytes) {
    return OUTBOX_BYTES.addAndGet(this, bytes);
  }

  /** Enqueues a block for this client alone, whose bytes were {@linkplain #reserve reserved}. */
  void send(byte[] frame) {
    assert loop.isCurrent();
    if (outbox == null) {
      outbox = new ArrayDeque<>(2);
    }
    outbox.add(frame);
  }

  /** Enqueues a heartbeat or greeting, ahead of pages and channel events. */
  void enqueue(byte[] block) {
    assert loop.isCurrent();
    this.block = block;
  }

  /** Enqueues a page, ahead of channel events. */
  void enqueue(Replay missed) {
    assert loop.isCurrent();
    replay = missed;
  }

  /** Notes that a subscription's log has grown. */
  void markPending(Subscription s) {
    assert loop.isCurrent();
    if (!s.pending) {
      s.pending = true;
      s.nextPending = firstPending();
      hasPending = true;
      if (pending != s) {
        pending = s;
      }
    }
  }

  /** Drops the list if it was read: it may keep the log of an unsubscribed channel in memory. */
  void forgetRead() {
    assert loop.isCurrent();
    if (!hasPending) {
      pending = null;
    }
  }

  /** Ends the reading of a subscription that has passed the events that a closing client gets. */
  private void unmarkIfPassed(Subscription s) {
    if (s.cursor.ordinal < upTo) {
      return;
    }
    Subscription before = null;
    for (Subscription p = firstPending(); p != s && p != null; p = p.nextPending) {
      before = p;
    }
    if (before == null) {
      pending = s.nextPending;
      hasPending = pending != null;
    } else {
      before.nextPending = s.nextPending;
    }
    s.pending = false;
    s.nextPending = null;
  }

  private @Nullable Subscription firstPending() {
    return hasPending ? pending : null;
  }

  /** Makes heartbeats positions, from now on. */
  void usePositions(long now) {
    assert loop.isCurrent();
    if (!positioned) {
      positioned = true;
      // A tick that is under way has an older position, perhaps below the client's.
      lastHeartbeat = now;
    }
  }

  /** Stops events above this ordinal from making a subscription pending: the connection closes. */
  void endAt(long ordinal) {
    assert loop.isCurrent();
    upTo = ordinal;
  }

  /** The heartbeat that is due, or null. */
  byte @Nullable [] dueHeartbeat(Tick tick) {
    boolean isDue = tick.now - lastHeartbeat >= tick.heartbeatInterval;
    return isDue ? positioned ? tick.position : COMMENT : null;
  }

  /** The number of events that were polled. */
  long events() {
    return events;
  }

  /** The number of bytes that were written. */
  long bytes() {
    return bytes;
  }

  /** Whether a log has events to read. */
  boolean hasPending() {
    return hasPending;
  }

  /** Gives the counters the cursor of each subscription whose log has grown. */
  void compare(LoopCounters counters) {
    for (Subscription s = firstPending(); s != null; s = s.nextPending) {
      counters.compare(s.cursor, s.channel);
    }
  }

  boolean isEmpty() {
    return outbox == null && block == null && replay == null && !hasPending;
  }

  void clear() {
    assert loop.isCurrent();
    outbox = null;
    block = null;
    dropReplay();
    hasPending = false;
    pending = null;
  }

  /** Whether it holds a page, polled or not. */
  boolean hasReplay() {
    return replay != null;
  }

  /** Whether the page was polled: the client has taken it once the transport is ready again. */
  boolean isReplayUntaken() {
    return replayUntaken;
  }

  /** The resets that the page begins with. */
  List<StreamReset> resets() {
    return replay == null ? List.of() : replay.resets();
  }

  /** Forgets the page: the transport has taken it, or never will. */
  void dropReplay() {
    assert loop.isCurrent();
    replay = null;
    replayUntaken = false;
  }

  /**
   * Returns a subscription whose next event its log has trimmed, or null; null too if the next
   * write isn't from the logs. The caller must not {@link #poll} before it has settled that by
   * {@link #skipTo} or {@link #pollNewest}. After pollNewest the other channels come first: a
   * channel on which the client is always behind must not hold up the others. Only channels without
   * positions conflate, so no id gets ahead of what they are still to write.
   */
  @Nullable Subscription overrun(Batches batches) {
    assert loop.isCurrent();
    if (outbox != null || block != null || replay != null) {
      return null;
    }
    Subscription later = null;
    boolean haveOthers = false;
    for (Subscription s = firstPending(); s != null; s = s.nextPending) {
      Entry next = s.ended ? null : batches.next(s.cursor);
      if (next == Entry.CUT && !s.tookNewest) {
        return s;
      } else if (next == Entry.CUT) {
        later = s;
      } else if (next != null) {
        haveOthers = true;
      }
    }
    if (haveOthers || later == null) {
      return null;
    }
    // All have had their turn.
    for (Subscription s = firstPending(); s != null; s = s.nextPending) {
      s.tookNewest = false;
    }
    return later;
  }

  /** Moves a subscription to the end of its log, and counts the reset that the caller writes. */
  void skipTo(Subscription s, Entry end) {
    assert loop.isCurrent();
    s.cursor = end;
    events++;
    polledHeartbeat = false;
    unmarkIfPassed(s);
  }

  /** Takes the newest entries by key as the next write; the subscription moves to their end. */
  byte @Nullable [] pollNewest(Subscription s, List<Entry> newest) {
    assert loop.isCurrent();
    if (newest.isEmpty()) {
      return null;
    }
    // If the log has trimmed that entry too, the next write takes the newest entries by key again.
    s.cursor = newest.get(newest.size() - 1);
    s.tookNewest = true;
    events += newest.size();
    polledHeartbeat = false;
    unmarkIfPassed(s);
    return Batches.join(newest);
  }

  /** Takes the bytes of the next write, or null; the caller writes {@link #length} of them. */
  byte @Nullable [] poll(Batches batches) {
    assert loop.isCurrent();
    polledHeartbeat = false;
    if (outbox != null) {
      return pollOutbox(outbox);
    }
    byte[] next = block;
    if (next != null) {
      block = null;
      polledHeartbeat = true;
      return next;
    }
    Replay missed = replay;
    if (missed != null) {
      replayUntaken = true;
      events += missed.events();
      return missed.bytes();
    }
    return pollBatch(batches);
  }

  /** The number of polled bytes that this client gets. */
  int length(byte[] polled, boolean idsOnEventsOnly) {
    Replay missed = replay;
    return replayUntaken && missed != null ? missed.length(idsOnEventsOnly) : polled.length;
  }

  /** Counts the first bytes of the stream. */
  void began(int length) {
    bytes += length;
  }

  /** Counts the bytes of a write. */
  void written(int length, long now) {
    assert loop.isCurrent();
    bytes += length;
    if (!positioned || polledHeartbeat) {
      lastHeartbeat = now;
    }
  }

  private byte @Nullable [] pollOutbox(Queue<byte[]> frames) {
    byte[] frame = frames.poll();
    if (frames.isEmpty()) {
      outbox = null;
    }
    if (frame != null) {
      // Reconnection times, "retry: ...", don't count as events.
      events += frame[0] == 'r' ? 0 : 1;
      OUTBOX_BYTES.addAndGet(this, -frame.length);
    }
    return frame;
  }

  private byte @Nullable [] pollBatch(Batches batches) {
    Subscription first = firstPending();
    if (first != null && first.nextPending == null && !first.ended) {
      Entry only = batches.only(first.cursor);
      if (only != null) {
        hasPending = false;
        moveTo(only, first, batches);
        events++;
        polledHeartbeat = only.position != null;
        return only.frame;
      }
    }
    return pollMerged(batches);
  }

  private byte @Nullable [] pollMerged(Batches batches) {
    int count = 0;
    for (Subscription s = firstPending(); s != null; s = s.nextPending) {
      count++;
    }
    Subscription[] readers = new Subscription[count];
    Entry[] cursors = new Entry[count];
    List<Subscription> overrun = List.of();
    count = 0;
    for (Subscription s = firstPending(); s != null; s = s.nextPending) {
      if (s.tookNewest && !s.ended && batches.next(s.cursor) == Entry.CUT) {
        overrun = overrun.isEmpty() ? new ArrayList<>() : overrun;
        overrun.add(s);
      } else if (!s.ended) {
        readers[count] = s;
        cursors[count++] = s.cursor;
      }
    }
    // Most often no subscription has ended, and the array is used as it is.
    Batch batch = batches.behind(count == cursors.length ? cursors : Arrays.copyOf(cursors, count));
    hasPending = false;
    if (count < cursors.length) {
      forgetRead();
    }
    for (int i = 0; i < count; i++) {
      readers[i].nextPending = null;
      moveTo(batch == null ? cursors[i] : batch.ends[i], readers[i], batches);
    }
    for (Subscription s : overrun) {
      s.tookNewest = false;
      s.pending = false;
      markPending(s);
    }
    if (batch == null) {
      return null;
    }
    events += batch.events;
    polledHeartbeat = batch.positioned;
    return batch.bytes;
  }

  /** Moves a subscription, and marks it pending again if the next sweep has events for it. */
  private void moveTo(Entry end, Subscription s, Batches batches) {
    s.cursor = end;
    s.pending = false;
    if (s.tookNewest) {
      s.tookNewest = false;
    }
    // The link behind a closing client's last event may be cut: that was no event for it.
    if (end.ordinal < upTo && batches.more(end, upTo)) {
      markPending(s);
    }
  }
}
