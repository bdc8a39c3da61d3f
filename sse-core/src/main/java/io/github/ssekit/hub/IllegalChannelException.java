package io.github.ssekit.hub;

/**
 * A channel's name is not legal, see {@link EventPublisher}, or there are more channels than one
 * connection may have. If clients name the channels, the mistake is theirs, and an adapter may send
 * them the message: it holds only the problem and the limit.
 */
public final class IllegalChannelException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /**
   * For code that checks channels itself, such as a selector.
   *
   * @param message the message for the client: name the problem and the limit, and nothing secret
   */
  public IllegalChannelException(String message) {
    super(message);
  }
}
