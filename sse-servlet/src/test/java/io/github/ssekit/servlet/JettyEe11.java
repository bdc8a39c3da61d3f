package io.github.ssekit.servlet;

import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;

/** The context of Jetty's module for Jakarta EE 11. */
final class JettyEe11 {
  private JettyEe11() {}

  static ServletContextHandler context(Server.Site site) {
    ServletContextHandler context = new ServletContextHandler();
    for (Server.Served s : site.servlets()) {
      ServletHolder holder = new ServletHolder(s.servlet());
      holder.setAsyncSupported(s.async());
      context.addServlet(holder, s.path());
    }
    for (Server.Filtered f : site.filters()) {
      FilterHolder holder = new FilterHolder(f.filter());
      holder.setAsyncSupported(f.async());
      context.addFilter(holder, f.path(), EnumSet.of(DispatcherType.REQUEST));
    }
    return context;
  }
}
