package io.github.ssekit.event;

/**
 * What a parser tells of the blocks that it reads, in their order, on the thread that feeds it.
 * Each method does nothing unless overridden.
 */
public interface EventStreamHandler {
  /**
   * An event is dispatched (WHATWG HTML 9.2.6).
   *
   * @param event as it was written: its id is that of its own block, null if that has none; its
   *     data is never null
   * @param lastEventId the id to reconnect with once this event is handled: the event's own, or
   *     that of an earlier block; {@code ""} if no block has set one. What a browser calls {@code
   *     lastEventId}.
   */
  default void onEvent(SseEvent event, String lastEventId) {}

  /** A comment was read. */
  default void onComment(Comment comment) {}

  /** The server set the reconnection time. */
  default void onReconnectionTime(ReconnectionTime time) {}
}
