package io.github.ssekit.core;

/**
 * A line or an event of an event stream is longer than its reader allows: the stream is hostile or
 * broken, or the limit too low. The message says which limit it was and how to raise it.
 */
public final class EventStreamLimitException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What is limited. */
  public enum Limit {
    /** The bytes of one line, without its line end. */
    LINE("a line of the event stream", "maxLineBytes"),
    /** The bytes of one event's data, its lines joined by LF. */
    EVENT("the data of one event", "maxEventBytes");

    private final String subject;
    private final String parameter;

    Limit(String subject, String parameter) {
      this.subject = subject;
      this.parameter = parameter;
    }

    /** The name of the parameter that sets it. */
    String parameter() {
      return parameter;
    }
  }

  private final Limit limit;
  private final int maxBytes;

  EventStreamLimitException(Limit limit, int maxBytes) {
    super(
        "%s exceeds %d bytes; raise %s where the EventStreamParser or EventStreamReader is made"
            .formatted(limit.subject, maxBytes, limit.parameter));
    this.limit = limit;
    this.maxBytes = maxBytes;
  }

  /** The limit that was exceeded. */
  public Limit limit() {
    return limit;
  }

  /** Its value in bytes. */
  public int maxBytes() {
    return maxBytes;
  }
}
