/** The event stream format (values, framing, parser) and the hub of SSE Kit. */
module io.github.ssekit.core {
  requires static org.jspecify;

  exports io.github.ssekit.event;
  exports io.github.ssekit.hub;
}
