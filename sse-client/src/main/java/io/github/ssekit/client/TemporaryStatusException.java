package io.github.ssekit.client;

import java.io.IOException;
import java.time.Duration;

/** A status after which another attempt is worth while. */
final class TemporaryStatusException extends IOException {
  private static final long serialVersionUID = 1L;

  private final Duration retryAfter;

  TemporaryStatusException(String message, Duration retryAfter) {
    super(message);
    this.retryAfter = retryAfter;
  }

  /** The wait that the server's {@code Retry-After} asks for, or zero. */
  Duration retryAfter() {
    return retryAfter;
  }
}
