/** Adapts the hub of SSE Kit to async servlets. */
module io.github.ssekit.servlet {
  requires static org.jspecify;
  requires static undertow.servlet;
  requires static undertow.core;
  requires static xnio.api;
  requires transitive io.github.ssekit.core;
  requires transitive jakarta.servlet;

  exports io.github.ssekit.servlet;
}
