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
 * What one connection has still to write, in this order: what was sent to it alone, a sign of life,
 * what it has missed, what its channels have. The loop's, but for the count of bytes.
 */
final class Outgoing {
  static final byte[] HEARTBEAT = new Comment("").frame().toByteArray();

  /** Apart from the object: there is one for each connection. */
  private static final AtomicIntegerFieldUpdater<Outgoing> OUTBOX_BYTES =
      AtomicIntegerFieldUpdater.newUpdater(Outgoing.class, "outboxBytes");

  /** Bytes in {@link #outbox} or on their way there. */
  @SuppressWarnings("UnusedVariable") // Through OUTBOX_BYTES.
  private volatile int outboxBytes;

  private @Nullable Queue<byte[]> outbox;
  private byte @Nullable [] sign;

  /** What it has missed and is to be written, and what comes then. */
  private @Nullable Replay replay;

  private @Nullable Resume resuming;

  /** Whether the replay was written, and the transport has not been ready since. */
  private boolean untaken;

  /** The subscriptions whose logs have news. */
  private @Nullable Subscription pending;

  /** Up to where it reads: once closing, not beyond what was delivered by then. */
  private long upTo = Long.MAX_VALUE;

  /** Whether it is live on channels with history, so that its signs of life are positions. */
  private boolean positioned;

  /** How many events, and how many bytes, it has given to be written. */
  private long events;

  private long bytes;

  /** When the last sign of life was written: anything, or a position if it is positioned. */
  private long lastSign;

  Outgoing(long now) {
    this.lastSign = now;
  }

  /**
   * Counts bytes that are to be {@linkplain #offer offered}, and returns how many there are then.
   * Any thread.
   */
  int reserve(int bytes) {
    return OUTBOX_BYTES.addAndGet(this, bytes);
  }

  void offer(byte[] frame) {
    if (outbox == null) {
      outbox = new ArrayDeque<>(2);
    }
    outbox.add(frame);
  }

  /** Has a block written before what its channels have. */
  void say(byte[] block) {
    sign = block;
  }

  void replay(Resume resume, Replay missed) {
    resuming = resume;
    replay = missed;
  }

  /** The subscription's log has grown. */
  void pend(Subscription s) {
    if (!s.pending) {
      s.pending = true;
      s.nextPending = pending;
      pending = s;
    }
  }

  /** From now on positions are its signs of life. */
  void positioned(long now) {
    if (!positioned) {
      positioned = true;
      // A tick that is under way knows an older position, perhaps below the client's.
      lastSign = now;
    }
  }

  /** Has nothing read beyond an ordinal. */
  void endAt(long ordinal) {
    upTo = ordinal;
  }

  /** The sign of life that is due, or null; made of the block that says the node's position. */
  byte @Nullable [] dueSign(long now, long interval, byte[] position) {
    return now - lastSign < interval ? null : positioned ? position : HEARTBEAT;
  }

  long events() {
    return events;
  }

  long bytes() {
    return bytes;
  }

  boolean hasNews() {
    return pending != null;
  }

  /** Has a tally look at all subscriptions with news. */
  void look(Tally tally) {
    for (Subscription s = pending; s != null; s = s.nextPending) {
      tally.look(s);
    }
  }

  boolean isEmpty() {
    return outbox == null && sign == null && replay == null && pending == null;
  }

  void clear() {
    outbox = null;
    sign = null;
    replay = null;
    resuming = null;
    untaken = false;
    pending = null;
  }

  /**
   * The bytes of the next write, or null: the transport is ready, so it has taken all before. Ends
   * a connection that has fallen behind a log whose policy is to close.
   */
  byte @Nullable [] next(Connection connection, Batches batches) {
    if (untaken) {
      taken(connection.hub);
    }
    if (outbox != null) {
      return nextPrivate(outbox);
    }
    byte[] block = sign;
    if (block != null) {
      sign = null;
      lastSign = connection.hub.nanoTime();
      return block;
    }
    if (resuming != null && resuming.dropped) {
      clear();
      return null;
    }
    if (replay != null) {
      if (replay.length(connection.idsOnEventsOnly) == 0) {
        taken(connection.hub);
        return null;
      }
      events += replay.events();
      return replay.bytes();
    }
    return nextBatch(connection, batches);
  }

  /** The transport was given the first bytes. */
  void began(byte[] first) {
    bytes += first.length;
  }

  /** How many of the bytes that {@link #next} gave are for this client. */
  int length(Connection connection, byte[] next) {
    Replay missed = replay;
    return missed != null && missed.bytes() == next
        ? missed.length(connection.idsOnEventsOnly)
        : next.length;
  }

  /** The transport has got that many bytes of what {@link #next} gave. */
  void written(Connection connection, byte[] written, int length) {
    Hub hub = connection.hub;
    bytes += length;
    if (!positioned) {
      lastSign = hub.nanoTime();
    }
    Replay missed = replay;
    if (missed != null && missed.bytes() == written) {
      untaken = true;
      if (hub.observation != null) {
        for (StreamReset reset : missed.resets()) {
          hub.observation.tell(o -> o.reset(connection, reset));
        }
      }
    }
  }

  /** The replay is with the client, or with its kernel: only now may it have the next. */
  private void taken(Hub hub) {
    Resume resumed = resuming;
    Replay missed = replay;
    untaken = false;
    replay = null;
    resuming = null;
    if (resumed != null && missed != null) {
      hub.feed.replayed(resumed, missed);
    }
  }

  /** Whether it keeps bytes that were read for this client. */
  boolean hasReplay() {
    return replay != null;
  }

  private byte @Nullable [] nextPrivate(Queue<byte[]> frames) {
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

  private byte @Nullable [] nextBatch(Connection connection, Batches batches) {
    int count = 0;
    for (Subscription s = pending; s != null; s = s.nextPending) {
      if (batches.next(s.cursor) == Entry.CUT && !s.ended) {
        return overrun(connection, s, batches.upTo());
      }
      count++;
    }
    Subscription[] readers = new Subscription[count];
    Entry[] cursors = new Entry[count];
    count = 0;
    for (Subscription s = pending; s != null; s = s.nextPending) {
      if (!s.ended) {
        readers[count] = s;
        cursors[count++] = s.cursor;
      }
    }
    // Most often all are at one cursor, and none has left.
    Batch batch = batches.behind(count == cursors.length ? cursors : Arrays.copyOf(cursors, count));
    pending = null;
    for (int i = 0; i < count; i++) {
      Subscription s = readers[i];
      if (batch != null) {
        s.cursor = batch.ends[i];
      }
      s.pending = false;
      if (batches.more(s.cursor, upTo)) {
        pend(s);
      }
    }
    if (batch == null) {
      return null;
    }
    events += batch.events;
    if (batch.positioned) {
      lastSign = connection.hub.nanoTime();
    }
    return batch.bytes;
  }

  /** The log has left the client behind: what its channel's policy has for it, or null. */
  private byte @Nullable [] overrun(Connection connection, Subscription s, long upTo) {
    if (s.channel.policy.closes) {
      connection.finish(CloseReason.SLOW);
      return null;
    }
    Channels channels = connection.hub.channels;
    List<Entry> newest = channels.newestBehind(s, upTo);
    if (newest != null) {
      if (newest.isEmpty()) {
        return null;
      }
      // From there on in the log if that still has it, else among the newest again.
      s.cursor = newest.get(newest.size() - 1);
      events += newest.size();
      return Batches.join(newest);
    }
    channels.skipToEnd(s);
    events++;
    StreamReset reset = new StreamReset(s.channel.name, StreamReset.Reason.OVERRUN);
    if (connection.hub.observation != null) {
      connection.hub.observation.tell(o -> o.reset(connection, reset));
    }
    return reset.event().frame().toByteArray();
  }
}
