package io.github.ssekit.redis;

/**
 * A state channel has no room for a key: nothing was stored. Thrown by {@link
 * StateChannels#publish}.
 */
public final class StateFullException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StateFullException(String message) {
    super(message);
  }
}
