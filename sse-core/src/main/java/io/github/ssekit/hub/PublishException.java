package io.github.ssekit.hub;

/**
 * A failure to publish an event, such as a broken connection to Redis. Thrown by {@link
 * EventPublisher#publish}.
 */
public final class PublishException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final boolean mayBeStored;

  /**
   * A failure with its cause.
   *
   * @param mayBeStored see {@link #mayBeStored()}
   */
  public PublishException(String message, Throwable cause, boolean mayBeStored) {
    super(message, cause);
    this.mayBeStored = mayBeStored;
  }

  /**
   * Whether the event may have been published all the same. A second attempt may then publish it
   * twice, unless both attempts have the same token.
   */
  public boolean mayBeStored() {
    return mayBeStored;
  }
}
