package io.github.ssekit.core;

/** A publish that failed on its way, such as by a broken connection to Redis. */
public final class PublishException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** An exception that says what failed and why. */
  public PublishException(String message, Throwable cause) {
    super(message, cause);
  }
}
