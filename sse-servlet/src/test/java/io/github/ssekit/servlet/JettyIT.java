package io.github.ssekit.servlet;

import jakarta.servlet.http.HttpServlet;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

class JettyIT extends ContainerIT {
  @Override
  Running start(HttpServlet events, HttpServlet opener, HttpServlet notAsync) throws Exception {
    Server server = new Server(0);
    ServletContextHandler context = new ServletContextHandler();
    context.addServlet(holder(events, true), "/events");
    context.addServlet(holder(opener, true), "/open");
    context.addServlet(holder(notAsync, false), "/not-async");
    server.setHandler(context);
    server.start();
    return new Running(((ServerConnector) server.getConnectors()[0]).getLocalPort(), server::stop);
  }

  private static ServletHolder holder(HttpServlet servlet, boolean async) {
    ServletHolder holder = new ServletHolder(servlet);
    holder.setAsyncSupported(async);
    return holder;
  }
}
