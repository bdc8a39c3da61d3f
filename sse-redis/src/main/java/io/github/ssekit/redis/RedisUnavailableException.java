package io.github.ssekit.redis;

/**
 * Redis could not be reached, did not let us in, or did not answer: when a bridge was made, or when
 * {@link RedisBridge#recent} asked.
 */
public final class RedisUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  RedisUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
