package io.github.ssekit.redis;

/**
 * Redis can't be reached, refuses the login, or does not answer a question. Thrown by {@link
 * RedisBridgeBuilder#connect}, {@link RedisBridge#recent}, {@link AnswerStreams} and {@link
 * Presence#here}.
 */
public final class RedisUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  RedisUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
