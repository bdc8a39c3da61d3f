package io.github.ssekit.hub;

import io.github.ssekit.hub.ChannelLog.Entry;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection as its delivery loop has it: the state machine that writes to one transport.
 *
 * <p>It is the half of {@link Connection} that one thread owns, so that nothing here is
 * synchronised: a write is a few calls on one thread, whatever the application does meanwhile.
 * Other threads give the loop a task for each call. This half knows what lies below it - loop,
 * logs, transport - and reports to the other half by the abstract methods.
 */
abstract class LoopConnection {
  /**
   * What the loop does with it next.
   *
   * <pre>
   *               writable             nothing left
   *   BLOCKED ──────────────► QUEUED ──────────────► IDLE
   *      ▲                     │  ▲                   │
   *      └───── not ready ─────┘  └── appended, ... ──┘
   *
   *   every state ── finish ──► CLOSED
   * </pre>
   */
  private enum State {
    /**
     * The transport takes no bytes now, or has not begun; {@link Transport.Signals#writable} is
     * awaited.
     */
    BLOCKED,
    /** Takes part in the loop's next sweep. */
    QUEUED,
    /** Everything is written. */
    IDLE,
    /** Over; the transport is not used any more. */
    CLOSED
  }

  // Set once.
  final DeliveryLoop loop;
  final boolean idsOnEventsOnly;

  /** In the hub's nanoseconds. */
  final long opened;

  final Transport transport;
  final Outgoing outgoing;

  // Any thread.
  /** In milliseconds since 1970. */
  volatile long expiresAt = Long.MAX_VALUE;

  // The loop's.
  private State state = State.BLOCKED;

  /** The reason with which the connection closes once everything is written. */
  private @Nullable CloseReason closing;

  /** The resume whose page waits in {@link #outgoing}. */
  private @Nullable Resume resuming;

  /** Whether the last answer of the transport was that it takes no bytes. */
  private boolean blocked = true;

  /** The time of the first such answer. */
  private long blockedSince;

  /** The bytes of the last write, without those that {@link ReplayRoom} counts. */
  private int lastWrite;

  /** Whether a write has failed. */
  private boolean failed;

  /** The index in the loop's list of connections. */
  int index;

  LoopConnection(DeliveryLoop loop, Transport transport, boolean idsOnEventsOnly) {
    this.loop = loop;
    this.transport = transport;
    this.idsOnEventsOnly = idsOnEventsOnly;
    this.opened = loop.nanoTime();
    this.blockedSince = opened;
    this.outgoing = new Outgoing(opened, idsOnEventsOnly);
  }

  /** Begins closed: the transport is never used. */
  final void neverOpen() {
    state = State.CLOSED;
  }

  // What the other half does, called on the loop.

  /** Ends all subscriptions, which are returned. Takes the hub's lock. */
  abstract List<Subscription> release();

  /** The last call: the transport is to be closed, off the loop. */
  abstract void finished(
      CloseReason reason,
      long events,
      long bytes,
      List<Subscription> subscriptions,
      @Nullable Throwable cause);

  /** The client is live on the channels that it resumed. */
  abstract void resumed(Resume.Outcome outcome);

  /** The client is sent a reset. */
  abstract void reset(StreamReset reset);

  /** A new reconnection time, for the client of a connection that is closed; taken from any. */
  abstract byte[] farewell();

  // Tasks, which other threads give the loop.

  /** The transport has started with so many bytes. */
  final void started(int length) {
    assert loop.isCurrent();
    outgoing.began(length);
    if (loop.counters != null) {
      loop.counters.wrote(0, length);
    }
  }

  /** Counts the bytes of a block to be sent, and returns the total that waits. Any thread. */
  final int reserve(int bytes) {
    return outgoing.reserve(bytes);
  }

  /** Sends a block to this client alone; its bytes are reserved. */
  final void sendReserved(byte[] frame) {
    assert loop.isCurrent();
    if (!isClosing()) {
      outgoing.send(frame);
      queueIfIdle();
    }
  }

  /** A subscription's log has grown. */
  final void appended(Subscription s) {
    assert loop.isCurrent();
    // A connection that closes reads nothing new: else it might never get to the end.
    if (closing == null) {
      outgoing.markPending(s);
      queueIfIdle();
    }
  }

  /**
   * Subscriptions are live, from their cursors on.
   *
   * @param greeting a block to write first, or null
   * @param outcome of the resume before, or null
   */
  final void join(
      List<Subscription> subscriptions,
      byte @Nullable [] greeting,
      Resume.@Nullable Outcome outcome) {
    assert loop.isCurrent();
    if (state == State.CLOSED) {
      return;
    }
    for (Subscription s : subscriptions) {
      if (!s.ended) {
        s.subscribers.add(s);
        appended(s);
        if (s.channel.hasHistory && s.resumed && !idsOnEventsOnly) {
          outgoing.usePositions(loop.nanoTime());
        }
      }
    }
    if (greeting != null) {
      enqueue(greeting);
    }
    if (outcome != null) {
      resumed(outcome);
    }
  }

  private void enqueue(byte[] block) {
    outgoing.enqueue(block);
    queueIfIdle();
  }

  /** Writes a page of what the client missed; the resume is told once it is taken. */
  final void replay(Resume resume, Replay page) {
    assert loop.isCurrent();
    if (isClosing()) {
      return;
    }
    if (page.length(idsOnEventsOnly) == 0) {
      resume.taken();
    } else {
      resuming = resume;
      outgoing.enqueue(page);
      queueIfIdle();
    }
  }

  private boolean isClosing() {
    return closing != null || state == State.CLOSED;
  }

  /** Closes the connection once everything is written. */
  final void closeGracefully(CloseReason reason) {
    assert loop.isCurrent();
    if (closing == null) {
      closing = reason;
      outgoing.endAt(loop.watermark());
      if (reason.spreadsReturns()) {
        byte[] farewell = farewell();
        outgoing.reserve(farewell.length);
        outgoing.send(farewell);
      }
      queueIfIdle();
    }
  }

  /** Closes the connection without writing what waits: the client may no longer have it. */
  final void cut(CloseReason reason) {
    clear();
    closeGracefully(reason);
  }

  private void clear() {
    outgoing.clear();
    resuming = null;
  }

  private void queueIfIdle() {
    if (state == State.IDLE) {
      queue();
    }
  }

  /** Takes part in the next sweep, if there is a reason to. */
  final void queue() {
    assert loop.isCurrent();
    if (state == State.IDLE || state == State.BLOCKED) {
      state = State.QUEUED;
      loop.queue(this);
    }
  }

  /** Writes once, if the transport takes bytes. Returns false if that failed. */
  final boolean write(Batches batches) {
    assert loop.isCurrent();
    if (state != State.QUEUED) {
      return true;
    }
    try {
      if (!transport.isReady()) {
        block();
        return true;
      }
      unblock();
      state = State.IDLE;
      settleReplay();
      boolean wrote = writeNext(batches);
      if (!outgoing.isEmpty() || (wrote && closing != null)) {
        queue();
      } else if (closing != null) {
        finish(closing);
      }
      return true;
    } catch (Throwable e) {
      failed = true;
      fail(e);
      return false;
    }
  }

  private void block() {
    state = State.BLOCKED;
    if (!blocked) {
      blocked = true;
      blockedSince = loop.nanoTime();
      loop.stalledBytes += lastWrite;
    }
  }

  private void unblock() {
    if (blocked) {
      blocked = false;
      loop.stalledBytes -= lastWrite;
    }
  }

  /** A page that was written is taken, now that the transport is ready again. */
  private void settleReplay() {
    Resume resume = resuming;
    if (resume == null) {
      return;
    }
    if (outgoing.isReplayUntaken()) {
      outgoing.dropReplay();
      resuming = null;
      resume.taken();
    } else if (resume.isRevoked()) {
      clear();
    }
  }

  private boolean writeNext(Batches batches) throws IOException {
    long events = outgoing.events();
    Subscription behind = outgoing.overrun(batches);
    byte[] bytes = behind == null ? outgoing.poll(batches) : overrun(behind, batches.upTo());
    if (bytes == null) {
      return false;
    }
    int length = outgoing.length(bytes);
    transport.write(bytes, 0, length);
    outgoing.written(length, loop.nanoTime());
    lastWrite = outgoing.hasReplay() ? 0 : length;
    if (loop.counters != null) {
      loop.counters.wrote((int) (outgoing.events() - events), length);
    }
    if (outgoing.isReplayUntaken()) {
      outgoing.resets().forEach(this::reset);
    }
    return true;
  }

  /** A log has left the client behind: the channel's policy says what is written, if anything. */
  private byte @Nullable [] overrun(Subscription s, long upTo) {
    Channel channel = s.channel;
    if (channel.policy.closes) {
      finish(CloseReason.SLOW);
      return null;
    }
    List<Entry> newest = channel.newestBehind(s.cursor, upTo);
    if (newest != null) {
      return outgoing.pollNewest(s, newest);
    }
    outgoing.skipTo(s, channel.end());
    StreamReset reset = new StreamReset(channel.name, StreamReset.Reason.OVERRUN);
    reset(reset);
    return reset.event().frame().toByteArray();
  }

  /** Looks at the clocks. */
  final void tick(Tick tick) {
    if (failed) {
      finish(CloseReason.CLIENT_GONE);
    } else if (blocked && tick.isStuck(blockedSince, isRoomScarce())) {
      finish(closing == null ? CloseReason.STUCK : closing);
    } else if (tick.millis >= expiresAt) {
      cut(CloseReason.EXPIRED);
    } else if (tick.isOld(opened)) {
      closeGracefully(CloseReason.LIFETIME);
    } else if (state == State.IDLE) {
      byte[] heartbeat = outgoing.dueHeartbeat(tick);
      if (heartbeat != null) {
        enqueue(heartbeat);
      }
    }
  }

  /** Whether what this client doesn't take is wanted for others. */
  private boolean isRoomScarce() {
    Resume resume = resuming;
    return resume == null ? loop.isOverStalled() : resume.isRoomScarce();
  }

  /** Has counters compare how far the client is behind. */
  final void compare(LoopCounters counters) {
    outgoing.compare(counters);
  }

  /** Whether the transport took no bytes when last asked. */
  final boolean isBlocked() {
    return blocked;
  }

  /** Whether a log has something to read. */
  final boolean hasPending() {
    return outgoing.hasPending();
  }

  /** The client is gone. */
  final void fail(Throwable cause) {
    finish(CloseReason.CLIENT_GONE, cause);
  }

  final void finish(CloseReason reason) {
    finish(reason, null);
  }

  private void finish(CloseReason reason, @Nullable Throwable cause) {
    assert loop.isCurrent();
    if (state == State.CLOSED) {
      return;
    }
    // First: if this throws, the next tick tries again.
    List<Subscription> subscriptions = release();
    state = State.CLOSED;
    unblock();
    loop.remove(this);
    for (Subscription s : subscriptions) {
      s.subscribers.remove(s);
    }
    clear();
    finished(reason, outgoing.events(), outgoing.bytes(), subscriptions, cause);
  }
}
