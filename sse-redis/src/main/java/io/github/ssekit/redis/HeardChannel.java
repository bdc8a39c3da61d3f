package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import org.jspecify.annotations.Nullable;

/**
 * One channel with history, as this node has heard it. Not thread-safe: {@link PositionProtocol}
 * owns the channel, and only {@link HeardChannels} changes its state.
 *
 * <pre>
 *   UNSUBSCRIBED ──► AWAITED ──► ACKNOWLEDGED ──► FOLLOWED
 *      ▲  └─────────────┼──────────►    ▲            │
 *      └──── refused ───┘               └── again ───┘
 * </pre>
 */
final class HeardChannel {
  /** The progress of the subscription to the channel, on the present connection. */
  enum State {
    /** Not subscribed to, as far as the protocol was told. */
    UNSUBSCRIBED,
    /**
     * Open when the connection was made: no probe is sent before Redis acknowledges the channel.
     */
    AWAITED,
    /** Acknowledged since the last position: complete from the next position on. */
    ACKNOWLEDGED,
    /** Complete up to the node's position. */
    FOLLOWED
  }

  final String name;
  State state = State.UNSUBSCRIBED;

  /**
   * The position up to which messages were heard on this connection; null before the first
   * position.
   */
  @Nullable Position upTo;

  /** The position up to which a gap was reported on this connection, or null. */
  private @Nullable Position reportedUpTo;

  /** The position of the last event of the channel, on any connection; null if unknown. */
  private @Nullable Position lastEvent;

  HeardChannel(String name) {
    this.name = name;
  }

  /** A new connection begins: only the last event is still known. */
  void reset() {
    state = State.UNSUBSCRIBED;
    upTo = null;
    reportedUpTo = null;
  }

  /** Everything up to a position was heard. */
  void advance(Position position) {
    if (upTo == null || position.isAfter(upTo)) {
      upTo = position;
    }
  }

  /** The channel continues at a position, unless it has no position yet. */
  void moveTo(Position position) {
    if (upTo != null) {
      upTo = position;
    }
  }

  /** Forgets the last event: earlier events prove nothing any more. */
  void forgetLastEvent() {
    lastEvent = null;
  }

  /**
   * Notes an event. Returns the event before it, as this node knows it, if Redis has lost that
   * event; otherwise null.
   *
   * @param prev the event before it according to Redis, or an upper bound of its position
   */
  @Nullable Position note(Position event, Position prev) {
    Position known = lastEvent;
    lastEvent = event;
    return known != null && known.isAfter(prev) ? known : null;
  }

  /**
   * Returns the last event that this node knows, if Redis has lost it; otherwise null.
   *
   * @param last the last event according to Redis, or an upper bound of its position
   * @param asked the position at which Redis was asked: later events prove nothing
   */
  @Nullable Position lostBeyond(Position last, Position asked) {
    Position known = lastEvent;
    return known != null && known.isAfter(last) && !known.isAfter(asked) ? known : null;
  }

  /**
   * Notes that Redis has an event at a position. Returns whether this reveals a gap that has not
   * been reported.
   *
   * @param heardUpTo the position up to which the node had heard the channel by then
   */
  boolean revealsGap(Position event, Position heardUpTo) {
    Position known = reportedUpTo == null ? heardUpTo : reportedUpTo;
    if (event.isAfter(heardUpTo) && event.isAfter(known)) {
      reportedUpTo = event;
      return true;
    }
    return false;
  }
}
