package io.github.ssekit.hub;

/**
 * Says that a channel's name is not legal, see {@link EventPublisher}, or that they are more than
 * one connection may have. Where clients name channels, the mistake is theirs: an adapter may tell
 * them the message, which holds no more than what is wrong and its limit.
 */
public final class IllegalChannelException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  IllegalChannelException(String message) {
    super(message);
  }
}
