package io.github.ssekit.hub;

/** A publish that failed on its way, such as by a broken connection to Redis. */
public final class PublishException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final boolean mayBeStored;

  /**
   * An exception that says what failed and why.
   *
   * @param mayBeStored see {@link #mayBeStored()}
   */
  public PublishException(String message, Throwable cause, boolean mayBeStored) {
    super(message, cause);
    this.mayBeStored = mayBeStored;
  }

  /**
   * Whether the event may have been published all the same: then a second try may publish it twice,
   * unless both are made with one token.
   */
  public boolean mayBeStored() {
    return mayBeStored;
  }
}
