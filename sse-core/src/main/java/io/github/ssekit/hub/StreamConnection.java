package io.github.ssekit.hub;

import io.github.ssekit.hub.ChannelLog.Entry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The event stream of one connection, as its delivery loop writes it: decides which bytes the
 * client gets in each write, and when and why the stream ends. The middle of three layers, see
 * {@link LoopConnection}.
 */
abstract class StreamConnection extends LoopConnection {
  /** The source of a resuming client's pages. */
  interface PageSource {
    /** The client's transport has taken the page. Called on the connection's loop. */
    void taken();

    /** Whether the client has lost the right to the page that may be under way. Any thread. */
    boolean isRevoked();

    /** Whether other clients wait for the memory that this client's page takes. Any thread. */
    boolean isRoomScarce();
  }

  /** The bytes of resets after which a write ends, however many channels are behind. */
  private static final int MOST_RESETS = 16 << 10;

  // Set once.
  final boolean idsOnEventsOnly;
  final Outgoing outgoing;

  // Any thread.
  /** In milliseconds since 1970. */
  volatile long expiresAt = Long.MAX_VALUE;

  // Touched on the loop only.
  /** The reason with which the connection closes once everything is written. */
  private @Nullable CloseReason closing;

  /** The source of the page that waits in {@link #outgoing}. */
  private @Nullable PageSource replaying;

  StreamConnection(DeliveryLoop loop, Transport transport, boolean idsOnEventsOnly) {
    super(loop, transport);
    this.idsOnEventsOnly = idsOnEventsOnly;
    this.outgoing = new Outgoing(loop, opened);
  }

  // Methods of the layer above, called on the loop.

  /** Ends all subscriptions, and returns them. Takes the hub's lock. */
  abstract List<Subscription> release();

  /** The last call. Closes the transport, off the loop. */
  abstract void finished(
      CloseReason reason,
      long events,
      long bytes,
      List<Subscription> subscriptions,
      @Nullable Throwable cause);

  /** Closes the connection, once everything is written, if all its channels have ended. */
  abstract void closeIfEnded();

  /** The client is live on the channels that it resumed. */
  abstract void resumed(ResumeOutcome outcome);

  /** The client is sent a reset. */
  abstract void reset(StreamReset reset);

  /** The frame of a new reconnection time, which spreads the return of clients. */
  abstract byte[] farewell();

  // Tasks, which other threads give the loop.

  /** Counts the first bytes of the stream, which the transport sends when it starts. */
  final void started(int length) {
    assert loop.isCurrent();
    outgoing.began(length);
    if (loop.counters != null) {
      loop.counters.wrote(0, length);
    }
  }

  /** See {@link Outgoing#reserve}. Any thread. */
  final int reserve(int bytes) {
    return outgoing.reserve(bytes);
  }

  /** Sends a block to this client alone, whose bytes were {@linkplain #reserve reserved}. */
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
    // A connection that closes reads no new events: else it might never get to the end.
    if (closing == null) {
      outgoing.markPending(s);
      queueIfIdle();
    }
  }

  /**
   * Subscriptions are live, from their cursors on.
   *
   * @param greeting a block to write first, or null
   * @param outcome of the resume that ended with this, or null
   */
  final void join(
      List<Subscription> subscriptions,
      byte @Nullable [] greeting,
      @Nullable ResumeOutcome outcome) {
    assert loop.isCurrent();
    if (isClosed()) {
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

  /** A subscription has ended. */
  final void left(Subscription s) {
    assert loop.isCurrent();
    s.subscribers.remove(s);
    outgoing.forgetRead();
  }

  private void enqueue(byte[] block) {
    outgoing.enqueue(block);
    queueIfIdle();
  }

  /** Queues a page of missed events, and tells its source once the client has taken the page. */
  final void replay(PageSource source, Replay page) {
    assert loop.isCurrent();
    if (isClosing()) {
      return;
    }
    if (page.length(idsOnEventsOnly) == 0) {
      source.taken();
    } else {
      replaying = source;
      outgoing.enqueue(page);
      queueIfIdle();
    }
  }

  private boolean isClosing() {
    return closing != null || isClosed();
  }

  @Override
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

  /** Closes the connection and discards waiting bytes: the client has no right to them now. */
  final void cut(CloseReason reason) {
    clear();
    closeGracefully(reason);
  }

  private void clear() {
    outgoing.clear();
    replaying = null;
  }

  @Override
  final boolean writeNext(Batches batches) throws IOException {
    settleReplay();
    boolean wrote = writeOnce(batches);
    if (!outgoing.isEmpty() || (wrote && closing != null)) {
      return true;
    }
    if (closing != null) {
      finish(closing);
    }
    return false;
  }

  /**
   * Reports a written page as taken, now that the transport is ready again, or discards a revoked
   * page.
   */
  private void settleReplay() {
    PageSource source = replaying;
    if (source == null) {
      return;
    }
    if (outgoing.isReplayUntaken()) {
      outgoing.dropReplay();
      replaying = null;
      source.taken();
    } else if (source.isRevoked()) {
      clear();
    }
  }

  private boolean writeOnce(Batches batches) throws IOException {
    long events = outgoing.events();
    byte[] bytes = poll(batches);
    if (bytes == null) {
      return false;
    }
    int length = outgoing.length(bytes, idsOnEventsOnly);
    transport.write(bytes, 0, length);
    outgoing.written(length, loop.nanoTime());
    setLastWrite(outgoing.hasReplay() ? 0 : length);
    if (loop.counters != null) {
      loop.counters.wrote((int) (outgoing.events() - events), length);
    }
    if (outgoing.isReplayUntaken()) {
      outgoing.resets().forEach(this::reset);
    }
    return true;
  }

  private byte @Nullable [] poll(Batches batches) {
    Subscription behind = outgoing.overrun(batches);
    return behind == null ? outgoing.poll(batches) : overrun(behind, batches);
  }

  /**
   * Returns the bytes to write, by the channels' policies, where events were trimmed; or null. A
   * reset goes out together with the events of the other channels, ahead of them: it holds up none,
   * and no later id reaches the client before it.
   */
  private byte @Nullable [] overrun(Subscription first, Batches batches) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Subscription behind = first;
    while (behind != null && bytes.size() < MOST_RESETS) {
      Channel channel = behind.channel;
      if (channel.policy.closes) {
        cutOff(CloseReason.SLOW);
        return null;
      }
      List<Entry> newest = channel.newestBehind(behind.cursor);
      if (newest != null) {
        append(bytes, outgoing.pollNewest(behind, newest));
        return bytes.size() == 0 ? null : bytes.toByteArray();
      }
      outgoing.skipTo(behind, channel.end());
      StreamReset reset = new StreamReset(channel.name, StreamReset.Reason.OVERRUN);
      reset(reset);
      append(bytes, reset.event().frame().toByteArray());
      behind = outgoing.overrun(batches);
    }
    if (behind == null) {
      append(bytes, outgoing.poll(batches));
    }
    return bytes.toByteArray();
  }

  private static void append(ByteArrayOutputStream bytes, byte @Nullable [] more) {
    if (more != null) {
      bytes.writeBytes(more);
    }
  }

  @Override
  final void tick(Tick tick) {
    assert loop.isCurrent();
    if (hasFailed()) {
      finish(CloseReason.CLIENT_GONE);
    } else if (isStuck(tick, isRoomScarce())) {
      cutOff(CloseReason.STUCK);
    } else if (tick.millis >= expiresAt) {
      cut(CloseReason.EXPIRED);
    } else if (tick.isOld(opened)) {
      closeGracefully(CloseReason.LIFETIME);
    } else if (isIdle()) {
      byte[] heartbeat = outgoing.dueHeartbeat(tick);
      if (heartbeat != null) {
        enqueue(heartbeat);
      }
    }
  }

  /** Whether other clients wait for the memory of bytes that this client doesn't take. */
  private boolean isRoomScarce() {
    PageSource source = replaying;
    return source == null ? loop.isOverStalled() : source.isRoomScarce();
  }

  @Override
  final void compare(LoopCounters counters) {
    outgoing.compare(counters);
  }

  @Override
  final boolean hasPending() {
    return outgoing.hasPending();
  }

  @Override
  final void cutOff(CloseReason reason) {
    finish(closing == null ? reason : closing);
  }

  @Override
  final void finish(CloseReason reason, @Nullable Throwable cause) {
    assert loop.isCurrent();
    if (isClosed()) {
      return;
    }
    // First: if this throws, the next tick tries again.
    List<Subscription> subscriptions = release();
    leaveLoop();
    for (Subscription s : subscriptions) {
      s.subscribers.remove(s);
    }
    clear();
    finished(reason, outgoing.events(), outgoing.bytes(), subscriptions, cause);
  }
}
