package io.github.ssekit.hub;

import io.github.ssekit.event.ReconnectionTime;
import org.jspecify.annotations.Nullable;

/**
 * Says that a hub has no room for a connection now: one of its limits is reached, or it is being
 * drained. It is not an error of the client's, which may come back later. Carries no stack trace: a
 * node that refuses many has no time for them.
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

  /** What the hub had no room for. */
  public Refusal why() {
    return why;
  }

  /** The method of {@link HubBuilder} that set the limit, or {@code drain}. */
  public String limit() {
    return why.limit;
  }

  /** How many the limit lets in; 0 when draining. */
  public int value() {
    return value;
  }

  /**
   * When this client is to come back, if the hub knows better than the adapter: while it is
   * drained, the time that those who were there are told, another for each, since other nodes have
   * room. Else null.
   */
  public @Nullable ReconnectionTime comeBackIn() {
    return comeBackIn;
  }
}
