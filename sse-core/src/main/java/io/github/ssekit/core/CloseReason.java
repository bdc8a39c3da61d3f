package io.github.ssekit.core;

/** Why a connection ended. Each connection ends with exactly one. */
public enum CloseReason {
  /** The client went away, or its network did: a write failed or the container said so. */
  CLIENT_GONE,
  /** The application called {@link Connection#close()}. */
  CLOSED,
  /** The client took no byte for longer than the hub's stuck-write deadline. */
  STUCK,
  /**
   * The client was so slow that a channel's log left it behind, see {@link OverrunPolicy#close}.
   */
  SLOW,
  /** More private events waited for the client than the hub keeps for one. */
  OVERFLOW,
  /**
   * The connection never opened: the hub was at one of its limits, or being drained, see {@link
   * OverCapacityException}.
   */
  OVER_CAPACITY,
  /** The hub was closed. */
  HUB_CLOSED
}
