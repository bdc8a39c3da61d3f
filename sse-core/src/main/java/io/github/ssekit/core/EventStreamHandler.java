package io.github.ssekit.core;

/**
 * What a parser tells of the blocks that it reads, in their order, on the thread that feeds it.
 * Each method does nothing unless overridden.
 */
public interface EventStreamHandler {
  /**
   * An event is dispatched (WHATWG HTML 9.2.6). Its id is the last event ID, {@code ""} where the
   * stream has set none; its data is never null.
   */
  default void onEvent(SseEvent event) {}

  /** A comment was read. */
  default void onComment(Comment comment) {}

  /** The server set the reconnection time. */
  default void onReconnectionTime(ReconnectionTime time) {}
}
