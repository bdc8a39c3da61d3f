package io.github.ssekit.hub;

import io.github.ssekit.event.ReconnectionTime;
import org.jspecify.annotations.Nullable;

/**
 * The hub has no room for another connection now: a limit is reached, or the hub is being drained.
 * The client has made no mistake and may come back later. The exception has no stack trace, which
 * would cost too much on a node that refuses many clients. See {@link UnopenedConnection}.
 */
public final class OverCapacityException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Refusal why;
  private final int value;

  private final transient @Nullable ReconnectionTime comeBackIn;

  private OverCapacityException(
      Refusal why, int value, @Nullable ReconnectionTime comeBackIn, String message) {
    super(message, null, false, false);
    this.why = why;
    this.value = value;
    this.comeBackIn = comeBackIn;
  }

  /** A limit is reached. */
  static OverCapacityException reached(Refusal why, int value) {
    String message =
        why.limit + " " + value + " is reached: let the client come back later, or raise the limit";
    return new OverCapacityException(why, value, null, message);
  }

  /** The hub takes no more connections. */
  static OverCapacityException draining(ReconnectionTime comeBackIn) {
    return new OverCapacityException(
        Refusal.DRAINING,
        0,
        comeBackIn,
        "the hub is being drained: let the client come back, to another node");
  }

  /** The reason of the refusal. */
  public Refusal why() {
    return why;
  }

  /** The method of {@link HubBuilder} that set the limit, or {@code drain}. */
  public String limit() {
    return why.limit;
  }

  /** The limit's value, a number of connections; 0 when draining. */
  public int value() {
    return value;
  }

  /**
   * The time that this client should wait, or null if the adapter chooses the time. A hub that is
   * being drained sets it: other nodes have room then, so the time is as short as for connected
   * clients, and random for each client.
   */
  public @Nullable ReconnectionTime comeBackIn() {
    return comeBackIn;
  }
}
