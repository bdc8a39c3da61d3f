/** Adapts the hub of SSE Kit to async servlets. */
module io.github.ssekit.servlet {
  requires static org.jspecify;
  requires static org.eclipse.jetty.http;
  requires static org.eclipse.jetty.io;
  requires static org.eclipse.jetty.server;
  requires static org.eclipse.jetty.util;
  requires static undertow.servlet;
  requires static undertow.core;
  requires static xnio.api;
  requires transitive io.github.ssekit.core;
  requires transitive jakarta.servlet;

  exports io.github.ssekit.servlet;
}
