package io.github.ssekit.hub;

/**
 * The reason why a connection ended. Each connection ends with exactly one. See {@link
 * Connection#onClose}.
 *
 * <p>An {@code EventSource} reconnects after every end that its page did not cause (WHATWG HTML
 * 9.2.3), whatever the reason. It waits for the reconnection time, and sends its last event ID. To
 * keep a client away, answer that request with 204, or with a status such as 403.
 */
public enum CloseReason {
  /**
   * The client or its network: a write failed, the container reported an error, or the stream could
   * not be opened. A page that was closed stays away; a page that lost its network comes back.
   */
  CLIENT_GONE,

  /** The application: it called {@link Connection#close()}. The client comes back. */
  CLOSED,

  /**
   * The upstream: all channels of the connection have ended, and all their events are written. The
   * client comes back; 204 then keeps it away.
   */
  ENDED,

  /**
   * The client or its network: it did not take the whole of a write within the hub's stuck-write
   * deadline. It may come back.
   */
  STUCK,

  /**
   * The client: it was so slow that a channel's log no longer held its next event, see {@link
   * OverrunPolicy#close}. It comes back, and with history misses nothing.
   */
  SLOW,

  /**
   * The application or a slow client: more bytes of {@linkplain Connection#send sent} events waited
   * for the client than {@link HubBuilder#maxSendBytes} allows. The client comes back.
   */
  OVERFLOW,

  /**
   * The connection never opened: the hub was at one of its limits, or being drained, see {@link
   * OverCapacityException}. The client comes back.
   */
  OVER_CAPACITY,

  /**
   * The client: the connection never opened, since the request was a HEAD, which is answered with
   * the head of an event stream alone.
   */
  HEAD,

  /** The application: it closed the hub. Clients come back, all at about the same time. */
  HUB_CLOSED,

  /**
   * The clock: the time came that the application had set, see {@link Connection#expireAt}. Waiting
   * events are not written. The client comes back, and the application decides anew.
   */
  EXPIRED,

  /**
   * The application: a predicate matched, see {@link Hub#closeIf}; the connections of an owner were
   * closed, see {@link Hub#closeAll}; or {@link Hub#unsubscribe} took the client off a channel
   * while the client was still getting events that it had missed. Waiting events are not written.
   * The client comes back, and the application decides anew.
   */
  REVOKED,

  /**
   * The clock: the hub's {@link HubBuilder#maxLifetime} was over. The client was told a longer
   * reconnection time, and comes back.
   */
  LIFETIME,

  /**
   * The application: {@link Hub#drain}. The client was told a longer reconnection time, and comes
   * back, to another node or a later one.
   */
  DRAINED;

  /** Whether many connections may end like this at once, so that each gets its own random wait. */
  boolean spreadsReturns() {
    return this == LIFETIME || this == DRAINED;
  }
}
