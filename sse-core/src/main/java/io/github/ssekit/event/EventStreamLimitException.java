package io.github.ssekit.event;

/**
 * An event of an event stream, or one of its lines, is longer than the reader's limit: the stream
 * is hostile or broken, or the limit is too low. The message says how to raise it. See {@link
 * EventStreamReader} and {@link EventStreamParser}.
 */
public final class EventStreamLimitException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int maxEventBytes;

  EventStreamLimitException(int maxEventBytes) {
    super(
        "an event of the event stream, or one line, exceeds maxEventBytes "
            + maxEventBytes
            + "; raise it where the EventStreamParser or EventStreamReader is made");
    this.maxEventBytes = maxEventBytes;
  }

  /** The limit that was exceeded, in bytes of an event's data. */
  public int maxEventBytes() {
    return maxEventBytes;
  }
}
