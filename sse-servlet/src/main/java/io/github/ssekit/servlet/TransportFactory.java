package io.github.ssekit.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/** Chooses the transport for the container that a request runs in. */
final class TransportFactory {
  /** Whether this class loader has Undertow's classes, as it may in any container's application. */
  private static final boolean UNDERTOW = undertowIsPresent();

  private TransportFactory() {}

  /** A transport for the container that calls on this thread. */
  static ServletTransport create(HttpServletRequest request, HttpServletResponse response) {
    ServletTransport undertow = UNDERTOW ? UndertowTransport.of(request, response) : null;
    if (undertow != null) {
      return undertow;
    }
    String container = ServletTransport.innermost(response).getClass().getName();
    if (container.startsWith("org.eclipse.jetty.")) {
      return new JettyTransport(request, response);
    }
    return container.startsWith("org.apache.catalina.")
        ? new TomcatTransport(request, response)
        : new ServletTransport(request, response);
  }

  private static boolean undertowIsPresent() {
    try {
      Class.forName("io.undertow.servlet.handlers.ServletRequestContext");
      Class.forName("io.undertow.server.BlockingHttpExchange"); // Not in Quarkus's fork.
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
