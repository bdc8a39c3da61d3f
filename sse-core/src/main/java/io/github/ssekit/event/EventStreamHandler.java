package io.github.ssekit.event;

/**
 * Receives the blocks that an {@link EventStreamParser} reads, in order, on the thread that feeds
 * the parser. Each method does nothing unless overridden. An exception reaches the caller of {@code
 * feed} and ends the parser.
 */
public interface EventStreamHandler {
  /**
   * An event is dispatched (WHATWG HTML 9.2.6).
   *
   * @param event its id is the id of its own block, or null if that block has none; its data is
   *     never null
   * @param lastEventId the id to reconnect with once this event is handled, as in a browser's
   *     {@code MessageEvent}: the event's own id, or the id of an earlier block, or {@code ""} if
   *     no block had one
   */
  default void onEvent(SseEvent event, String lastEventId) {}

  /** A comment. The space after the colon is not part of its text. */
  default void onComment(Comment comment) {}

  /**
   * The server sets the reconnection time.
   *
   * @param time at most {@link Integer#MAX_VALUE} ms; a longer time in the stream is cut to that
   */
  default void onReconnectionTime(ReconnectionTime time) {}
}
