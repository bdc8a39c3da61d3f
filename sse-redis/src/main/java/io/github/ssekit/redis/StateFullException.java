package io.github.ssekit.redis;

/** A state channel has no room for a key: nothing was stored. */
public final class StateFullException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StateFullException(String message) {
    super(message);
  }
}
