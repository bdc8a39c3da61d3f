package io.github.ssekit.event;

/**
 * One block of an event stream: an event with the blank line that ends it, or the line of a comment
 * or of a reconnection time (WHATWG HTML 9.2.5).
 *
 * <p>Comments and reconnection times count from the end of their line. They have no blank line:
 * many clients take each blank line for a message, and would see one without data.
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
