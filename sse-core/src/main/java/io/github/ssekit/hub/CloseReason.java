package io.github.ssekit.hub;

/**
 * Why a connection ended. Each connection ends with exactly one.
 *
 * <p>An {@code EventSource} connects again after every end that it did not ask for itself (WHATWG
 * HTML 9.2.3), whatever the reason, once the reconnection time has passed; with what it had last as
 * {@code Last-Event-ID}. To keep one away, answer that request: with 204, or with a status such as
 * 403.
 */
public enum CloseReason {
  /**
   * The client's doing, or its network's: a write failed, or the container said so; or the stream
   * could not be opened. A page that was closed stays away, one that lost its network comes back.
   */
  CLIENT_GONE,

  /** The application's doing: it called {@link Connection#close()}. The client comes back. */
  CLOSED,

  /**
   * The client's doing, or its network's: it took no byte for longer than the hub's stuck-write
   * deadline. It may come back.
   */
  STUCK,

  /**
   * The client's doing: it was so slow that a channel's log left it behind, see {@link
   * OverrunPolicy#close}. It comes back, and with history misses nothing.
   */
  SLOW,

  /**
   * The application's doing, or a slow client's: more private events waited for the client than the
   * hub keeps for one. The client comes back.
   */
  OVERFLOW,

  /**
   * The connection never opened: the hub was at one of its limits, or being drained, see {@link
   * OverCapacityException}. The client comes back.
   */
  OVER_CAPACITY,

  /**
   * The client's doing: the connection never opened, since the request was a HEAD, which is
   * answered with the head of an event stream alone.
   */
  HEAD,

  /** The application's doing: it closed the hub. Clients come back, all at about the same time. */
  HUB_CLOSED,

  /**
   * The clock's doing: the time came that the application had set, see {@link Connection#expireAt}.
   * What waited is not written. The client comes back, and the application decides anew.
   */
  EXPIRED,

  /**
   * The application's doing: a predicate said so, see {@link Hub#closeIf}; or the client was taken
   * off a channel while it was being sent what it had missed, see {@link Hub#unsubscribe}. What
   * waited is not written. The client comes back, and the application decides anew.
   */
  REVOKED,

  /**
   * The clock's doing: the hub's {@link HubBuilder#maxLifetime} was over. The client was told a
   * longer reconnection time, and comes back.
   */
  LIFETIME,

  /**
   * The application's doing: {@link Hub#drain}. The client was told a longer reconnection time, and
   * comes back, to another node or a later one.
   */
  DRAINED;

  /** Whether many may end like this at once, so that each is told a time of its own. */
  boolean spreadsReturns() {
    return this == LIFETIME || this == DRAINED;
  }
}
