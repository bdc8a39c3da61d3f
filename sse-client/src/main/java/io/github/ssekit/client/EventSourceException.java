package io.github.ssekit.client;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The connection of an {@link EventSource} has failed for good (WHATWG HTML 9.2.3, "fail the
 * connection"): trying again would bring the same answer. The message says which answer, and from
 * which address.
 */
public final class EventSourceException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int statusCode;

  EventSourceException(String message, int statusCode) {
    this(message, statusCode, null);
  }

  EventSourceException(String message, int statusCode, @Nullable Throwable cause) {
    super(message, cause);
    this.statusCode = statusCode;
  }

  /** The status code of the answer, or 0 if the failure has another cause. */
  public int statusCode() {
    return statusCode;
  }
}
