package io.github.ssekit.hub;

import java.util.Objects;

/**
 * The connection that an adapter to a container returns to its caller if {@link
 * Hub#connect(Transport, ConnectionOptions)} has refused the client, or was not called.
 *
 * <pre>{@code
 * try {
 *   connection = hub.connect(transport, options);
 * } catch (OverCapacityException e) {
 *   connection = UnopenedConnection.of(hub, options, CloseReason.OVER_CAPACITY);
 * }
 * }</pre>
 */
public final class UnopenedConnection {
  private UnopenedConnection() {}

  /**
   * A connection that has been closed from the start: all calls on it do nothing.
   *
   * @param why the connection's reason: {@link CloseReason#OVER_CAPACITY} or {@link
   *     CloseReason#HEAD}
   */
  public static Connection of(Hub hub, ConnectionOptions options, CloseReason why) {
    Objects.requireNonNull(hub, "hub");
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(why, "why");
    return hub.unopened(options, why);
  }
}
