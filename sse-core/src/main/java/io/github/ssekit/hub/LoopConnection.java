package io.github.ssekit.hub;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A connection as a member of its delivery loop: the state machine that decides when the loop
 * writes to its transport.
 *
 * <p>It is the lowest of three layers of one object, each of which knows only the layers below it:
 * {@link Connection}, for the application; {@link StreamConnection}, which chooses the bytes of
 * each write; and this layer. Layers rather than objects, since a node may have a hundred thousand
 * connections. The lower two belong to one thread, so nothing in them is synchronised: other
 * threads give the loop a task for each call.
 */
abstract class LoopConnection {
  /**
   * The state of a connection in its loop.
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
     * The transport takes no bytes now, or has not started; the loop waits for {@link
     * Transport.Signals#writable}.
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
  final Transport transport;

  /** In the hub's nanoseconds. */
  final long opened;

  // Touched on the loop only.
  /**
   * The ordinal of the {@link State}. It changes several times with each write, and each store of a
   * reference costs the garbage collector as much as the rest of the state machine costs the loop.
   */
  private byte state;

  /** Whether the last answer of the transport was that it takes no bytes. */
  private boolean blocked = true;

  /** The time of the first such answer. */
  private long blockedSince;

  /** The bytes of the last write; 0 if {@link ReplayRoom} counts them. */
  private int lastWrite;

  /** Whether a write has failed. */
  private boolean failed;

  /** The index in the loop's list of connections; -1 before the connection is added. */
  int index = -1;

  LoopConnection(DeliveryLoop loop, Transport transport) {
    this.loop = loop;
    this.transport = transport;
    this.opened = loop.nanoTime();
    this.blockedSince = opened;
    become(State.BLOCKED);
  }

  // Methods of the layer above, called on the loop.

  /** Writes at most once, to a transport that is ready. Returns whether there is more to write. */
  abstract boolean writeNext(Batches batches) throws IOException;

  /** Checks heartbeat and deadlines. */
  abstract void tick(Tick tick);

  /** Whether a log has events to read. */
  abstract boolean hasPending();

  /** Gives the counters the cursors that are behind their logs. */
  abstract void compare(LoopCounters counters);

  /** Closes the connection once everything is written. */
  abstract void closeGracefully(CloseReason reason);

  /** Ends the connection now; does nothing if it has ended. */
  abstract void finish(CloseReason reason, @Nullable Throwable cause);

  /** Ends the connection now; a connection that is closing already keeps its reason. */
  abstract void cutOff(CloseReason reason);

  final void finish(CloseReason reason) {
    finish(reason, null);
  }

  /** The client is gone. */
  final void fail(Throwable cause) {
    finish(CloseReason.CLIENT_GONE, cause);
  }

  // The state machine.

  @SuppressWarnings("EnumOrdinal") // Read within this class only.
  private boolean is(State other) {
    return state == other.ordinal();
  }

  @SuppressWarnings("EnumOrdinal")
  private void become(State next) {
    state = (byte) next.ordinal();
  }

  /** Begins closed: the transport is never used. */
  final void neverOpen() {
    become(State.CLOSED);
  }

  final boolean isClosed() {
    return is(State.CLOSED);
  }

  final boolean isIdle() {
    return is(State.IDLE);
  }

  final void queueIfIdle() {
    if (is(State.IDLE)) {
      queue();
    }
  }

  /** Adds an idle or blocked connection to the next sweep. */
  final void queue() {
    assert loop.isCurrent();
    if (is(State.IDLE) || is(State.BLOCKED)) {
      // First: if the list can't grow for lack of memory, the state must not become QUEUED.
      loop.queue(this);
      become(State.QUEUED);
    }
  }

  /** Writes once, if the transport takes bytes. Returns false if the write failed. */
  final boolean write(Batches batches) {
    assert loop.isCurrent();
    if (!is(State.QUEUED)) {
      return true;
    }
    try {
      if (!transport.isReady()) {
        block();
        return true;
      }
      unblock();
      become(State.IDLE);
      if (writeNext(batches)) {
        queue();
      }
      return true;
    } catch (Throwable e) {
      failed = true;
      if (e instanceof Error) {
        loop.failed("A write failed; its client is closed as gone", e);
      }
      fail(e);
      return false;
    }
  }

  private void block() {
    become(State.BLOCKED);
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

  /** Sets the bytes that wait on this node if the transport takes no more. */
  final void setLastWrite(int bytes) {
    lastWrite = bytes;
  }

  /** Whether the transport took no bytes when last asked. */
  final boolean isBlocked() {
    return blocked;
  }

  /** Whether the transport has taken no bytes for too long. */
  final boolean isStuck(Tick tick, boolean isRoomScarce) {
    return blocked && tick.isStuck(blockedSince, isRoomScarce);
  }

  /** Whether a write has failed. */
  final boolean hasFailed() {
    return failed;
  }

  /** Leaves the loop, for good. */
  final void leaveLoop() {
    assert loop.isCurrent();
    become(State.CLOSED);
    unblock();
    loop.remove(this);
  }
}
