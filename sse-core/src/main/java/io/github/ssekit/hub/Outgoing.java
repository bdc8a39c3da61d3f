package io.github.ssekit.hub;

import io.github.ssekit.event.Comment;
import io.github.ssekit.hub.Batches.Batch;
import io.github.ssekit.hub.ChannelLog.Entry;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that one connection has still to write, in this order: blocks that were sent to it
 * alone, a heartbeat or greeting, a page of what it missed, the events of its channels. Everything
 * except {@link #reserve} belongs to the loop.
 */
final class Outgoing {
  static final byte[] COMMENT = new Comment("").frame().toByteArray();

  /** Static: an atomic integer for each connection would be one more object. */
  private static final AtomicIntegerFieldUpdater<Outgoing> OUTBOX_BYTES =
      AtomicIntegerFieldUpdater.newUpdater(Outgoing.class, "outboxBytes");

  /** The bytes in {@link #outbox} or on their way there. Any thread. */
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
   * The subscriptions whose logs have grown, as a linked list; without meaning unless {@link
   * #hasPending}. The list stays here once it is read: on a connection with one channel the next
   * list is the same, and nothing has to be stored.
   */
  private @Nullable Subscription pending;

  /**
   * The watermark of the moment in which the connection began to close: a subscription that has
   * read up to it has nothing more to come.
   */
  private long upTo = Long.MAX_VALUE;

  /** Whether heartbeats are positions: the connection is live on channels with history. */
  private boolean positioned;

  /** Whether the bytes that were polled last say a position, or are a heartbeat. */
  private boolean polledHeartbeat;

  private long events;
  private long bytes;

  /** The time of the last write; or, if positioned, of the last write that said a position. */
  private long lastHeartbeat;

  Outgoing(DeliveryLoop loop, long now) {
    this.loop = loop;
    this.lastHeartbeat = now;
  }

  /**
   * Counts the bytes of a block that is to be {@linkplain #send sent}, and returns the total that
   * waits then. Any thread.
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

  /** Enqueues a heartbeat or greeting, ahead of what comes from channels. */
  void enqueue(byte[] block) {
    assert loop.isCurrent();
    this.block = block;
  }

  /** Enqueues a page, ahead of the channels' logs. */
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

  /** Lets go of the list that was read, which may hold the log of a channel that was left. */
  void forgetRead() {
    assert loop.isCurrent();
    if (!hasPending) {
      pending = null;
    }
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

  /** Events after this ordinal make a subscription pending no more: the connection closes. */
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

  /** Whether a log has something to read. */
  boolean hasPending() {
    return hasPending;
  }

  /** Gives counters all subscriptions whose logs have grown. */
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

  /** Whether it keeps a page that was read for this client. */
  boolean hasReplay() {
    return replay != null;
  }

  /** Whether the page was polled last: it is taken once the transport is ready again. */
  boolean isReplayUntaken() {
    return replayUntaken;
  }

  /** The resets that the page begins with. */
  List<StreamReset> resets() {
    return replay == null ? List.of() : replay.resets();
  }

  /** Forgets the page, which the transport has taken, or never will. */
  void dropReplay() {
    assert loop.isCurrent();
    replay = null;
    replayUntaken = false;
  }

  /**
   * If the next write is from the logs: a subscription that its log has left behind, or null.
   * Nothing is polled before that is settled, by {@link #skipTo} or {@link #pollNewest}.
   */
  @Nullable Subscription overrun(Batches batches) {
    assert loop.isCurrent();
    if (outbox == null && block == null && replay == null) {
      for (Subscription s = firstPending(); s != null; s = s.nextPending) {
        if (batches.next(s.cursor) == Entry.CUT && !s.ended) {
          return s;
        }
      }
    }
    return null;
  }

  /** Moves a subscription to the end of its log. A reset, which counts as an event, is written. */
  void skipTo(Subscription s, Entry end) {
    assert loop.isCurrent();
    s.cursor = end;
    events++;
    polledHeartbeat = false;
  }

  /** Takes the newest entries by key for a subscription, which continues behind the last one. */
  byte @Nullable [] pollNewest(Subscription s, List<Entry> newest) {
    assert loop.isCurrent();
    if (newest.isEmpty()) {
      return null;
    }
    // The log may have trimmed that entry too; then the next are the newest by key again.
    s.cursor = newest.get(newest.size() - 1);
    events += newest.size();
    polledHeartbeat = false;
    return Batches.join(newest);
  }

  /** Takes the bytes of the next write, of which {@link #length} are to be written; or null. */
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

  /** How many of the bytes that were polled last are for this client. */
  int length(byte[] polled, boolean idsOnEventsOnly) {
    Replay missed = replay;
    return replayUntaken && missed != null ? missed.length(idsOnEventsOnly) : polled.length;
  }

  /** Counts the first bytes of the stream. */
  void began(int length) {
    bytes += length;
  }

  /** Counts the bytes that the transport was given. */
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
      // The other frames are reconnection times: "retry: ...".
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
    count = 0;
    for (Subscription s = firstPending(); s != null; s = s.nextPending) {
      if (!s.ended) {
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
    if (batch == null) {
      return null;
    }
    events += batch.events;
    polledHeartbeat = batch.positioned;
    return batch.bytes;
  }

  /** Moves a subscription, which is pending again if the next sweep has something to read. */
  private void moveTo(Entry end, Subscription s, Batches batches) {
    s.cursor = end;
    s.pending = false;
    if (batches.more(end, upTo)) {
      markPending(s);
    }
  }
}
