package io.github.ssekit.core;

/**
 * Says that a hub has no room for a connection now: one of its limits is reached, or it is being
 * drained. It is not an error of the client's, which may come back later. Carries no stack trace: a
 * node that refuses many has no time for them.
 */
public final class OverCapacityException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String limit;
  private final int value;

  private OverCapacityException(String limit, int value, String message) {
    super(message, null, false, false);
    this.limit = limit;
    this.value = value;
  }

  /** A limit, named as its method in {@link HubBuilder}, is reached. */
  static OverCapacityException reached(String limit, int value) {
    return new OverCapacityException(
        limit,
        value,
        limit + " " + value + " is reached: let the client come back later, or raise the limit");
  }

  /** The hub takes no more connections. */
  static OverCapacityException draining() {
    return new OverCapacityException(
        "drain", 0, "the hub is being drained: let the client come back, to another node");
  }

  /** The method of {@link HubBuilder} that set the limit, or {@code drain}. */
  public String limit() {
    return limit;
  }

  /** How many the limit lets in; 0 when draining. */
  public int value() {
    return value;
  }
}
