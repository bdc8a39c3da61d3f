package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import org.jspecify.annotations.Nullable;

/**
 * What this node has heard of one channel with history. Not thread-safe: {@link PositionProtocol}
 * owns it, and {@link HeardChannels} alone changes its state.
 *
 * <pre>
 *   UNSUBSCRIBED ──► AWAITED ──► ACKNOWLEDGED ──► FOLLOWED
 *      ▲  └─────────────┼──────────►    ▲            │
 *      └──── refused ───┘               └── again ───┘
 * </pre>
 */
final class HeardChannel {
  /** How far the subscription to the channel has come, on the present connection. */
  enum State {
    /** Not subscribed to, as far as the protocol was told. */
    UNSUBSCRIBED,
    /** Open when the connection was made: no probe is sent before Redis acknowledges it. */
    AWAITED,
    /** Acknowledged since the last position: complete from the next position on. */
    ACKNOWLEDGED,
    /** Complete up to the node's position. */
    FOLLOWED
  }

  final String name;
  State state = State.UNSUBSCRIBED;

  /** Up to where messages were heard on this connection; null before its first position. */
  @Nullable Position upTo;

  /** Up to where a gap was reported on this connection, or null. */
  private @Nullable Position reportedUpTo;

  /** The last event of the channel, whatever connection brought it; null if unknown. */
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

  /** The channel continues at a position, if it has one. */
  void moveTo(Position position) {
    if (upTo != null) {
      upTo = position;
    }
  }

  /** The channel continues elsewhere: earlier events prove nothing any more. */
  void forgetLastEvent() {
    lastEvent = null;
  }

  /**
   * Notes an event. Returns the event before it, as this node knows it, if Redis has lost that.
   *
   * @param prev the event before it, or a position beyond that, as Redis says
   */
  @Nullable Position note(Position event, Position prev) {
    Position known = lastEvent;
    lastEvent = event;
    return known != null && known.isAfter(prev) ? known : null;
  }

  /**
   * Returns the last event that this node knows, if Redis has lost it.
   *
   * @param last the last event, as Redis says
   * @param asked when Redis said so: events after that prove nothing
   */
  @Nullable Position lostBeyond(Position last, Position asked) {
    Position known = lastEvent;
    return known != null && known.isAfter(last) && !known.isAfter(asked) ? known : null;
  }

  /**
   * Notes that Redis has an event at a position. Returns whether this reveals a gap which has not
   * been reported.
   *
   * @param heardUpTo up to where the node had heard the channel by then
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
