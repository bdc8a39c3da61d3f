package io.github.ssekit.event;

/**
 * One block of an event stream: an event with the blank line that ends it, or the line of a comment
 * or of a reconnection time (WHATWG HTML 9.2.5).
 *
 * <pre>{@code
 * EventStreamWriter writer = new EventStreamWriter(out);
 * for (Block each : List.of(new Comment("hello"), SseEvent.of("a"), SseEvent.of("b"))) {
 *   writer.write(each);
 * }
 * }</pre>
 *
 * <p>A client handles a comment or a reconnection time at the end of its line. No blank line
 * follows it: many clients report a message at every blank line, even without data.
 *
 * <p>Blocks are immutable values. Each constructor rejects values that an event stream can't carry,
 * so every block can be written without escaping.
 */
public sealed interface Block permits SseEvent, Comment, ReconnectionTime {
  /**
   * The bytes of this block, encoded anew at each call.
   *
   * @throws IllegalArgumentException if the block exceeds 2147483639 bytes, the longest array
   */
  Frame frame();
}
