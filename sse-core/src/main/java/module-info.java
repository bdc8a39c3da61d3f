/** The event model, the writer (framing), the parser and the hub of SSE Kit. */
module io.github.ssekit.core {
  requires static org.jspecify;

  exports io.github.ssekit.core;
}
