package io.github.ssekit.core;

/**
 * One block of an event stream: what stands between two blank lines (WHATWG HTML 9.2.5).
 *
 * <p>Blocks are immutable values. Each rejects, when it is made, what an event stream cannot carry,
 * so that every block in existence can be written: there is nothing to escape or to clean later.
 */
public sealed interface Block permits SseEvent, Comment, ReconnectionTime {
  /**
   * The bytes of this block, encoded anew at each call.
   *
   * @throws IllegalArgumentException if these are more than an array can have, 2147483639
   */
  Frame frame();
}
