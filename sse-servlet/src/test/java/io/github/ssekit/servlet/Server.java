package io.github.ssekit.servlet;

import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import java.util.List;

/** A servlet container that listens on a free port of the loopback interface. */
interface Server {
  /** The container of this run, named by the build: each has a class path of its own. */
  String CONTAINER = System.getProperty("ssekit.container", "jetty-ee10");

  int port();

  /** How many requests the container has not finished, by its own count. */
  long unfinished();

  void close() throws Exception;

  /** A servlet at a path, or below it where the path ends in {@code /*}. */
  record Served(String path, HttpServlet servlet, boolean async) {}

  /** A filter at a path. */
  record Filtered(String path, Filter filter, boolean async) {}

  /**
   * The servlets and filters of a server.
   *
   * @param compress whether the container itself compresses responses where it can
   */
  record Site(List<Served> servlets, List<Filtered> filters, boolean compress) {}

  static Server start(Protocol protocol, Site site) throws Exception {
    return switch (CONTAINER) {
      case "jetty-ee10" -> new JettyServer(protocol, JettyEe10.context(site), site.compress());
      case "jetty-ee11" -> new JettyServer(protocol, JettyEe11.context(site), site.compress());
      case "tomcat-11", "tomcat-10.1" -> new TomcatServer(protocol, site);
      case "undertow-2.3" -> new UndertowServer(protocol, site);
      default -> throw new IllegalArgumentException("ssekit.container=" + CONTAINER);
    };
  }
}
