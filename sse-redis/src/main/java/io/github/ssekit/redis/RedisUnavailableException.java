package io.github.ssekit.redis;

/** Redis could not be reached, or did not let us in, when a bridge was made. */
public final class RedisUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  RedisUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
