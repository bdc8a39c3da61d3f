package io.github.ssekit.servlet;

import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpHandler;
import io.undertow.server.handlers.encoding.ContentEncodingRepository;
import io.undertow.server.handlers.encoding.EncodingHandler;
import io.undertow.server.handlers.encoding.GzipEncodingProvider;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentInfo;
import io.undertow.servlet.api.DeploymentManager;
import io.undertow.servlet.api.FilterInfo;
import io.undertow.servlet.api.ServletInfo;
import io.undertow.servlet.util.ImmediateInstanceFactory;
import jakarta.servlet.DispatcherType;
import java.net.InetSocketAddress;
import org.xnio.IoUtils;

/** Undertow 2.3. */
final class UndertowServer implements Server {
  private final Undertow undertow;
  private volatile boolean stopping;

  UndertowServer(Protocol protocol, Site site) throws Exception {
    DeploymentInfo info =
        Servlets.deployment()
            .setClassLoader(UndertowServer.class.getClassLoader())
            .setContextPath("/")
            .setDeploymentName("test");
    for (Served s : site.servlets()) {
      info.addServlet(
          new ServletInfo(
                  s.path(), s.servlet().getClass(), new ImmediateInstanceFactory<>(s.servlet()))
              .addMapping(s.path())
              .setAsyncSupported(s.async()));
    }
    for (Filtered f : site.filters()) {
      info.addFilter(
              new FilterInfo(
                      f.path(), f.filter().getClass(), new ImmediateInstanceFactory<>(f.filter()))
                  .setAsyncSupported(f.async()))
          .addFilterUrlMapping(f.path(), f.path(), DispatcherType.REQUEST);
    }
    DeploymentManager manager = Servlets.newContainer().addDeployment(info);
    manager.deploy();
    HttpHandler handler = manager.start();
    if (site.compress()) {
      handler =
          new EncodingHandler(
              handler,
              new ContentEncodingRepository()
                  .addEncodingHandler("gzip", new GzipEncodingProvider(), 50));
    }
    Undertow.Builder builder =
        Undertow.builder()
            .setHandler(endingKeptConnections(handler))
            .setServerOption(UndertowOptions.ENABLE_STATISTICS, true)
            .setServerOption(UndertowOptions.ENABLE_HTTP2, protocol == Protocol.HTTP_2)
            // The tests end more streams a second than Undertow allows on one connection by
            // default.
            .setServerOption(UndertowOptions.MAX_RST_FRAMES_PER_WINDOW, Integer.MAX_VALUE);
    if (protocol.tls()) {
      builder.addHttpsListener(0, "localhost", Tls.context());
    } else {
      builder.addHttpListener(0, "localhost");
    }
    undertow = builder.build();
    undertow.start();
  }

  /**
   * Ends a kept connection that brings a request during the stop, as in docs/deployment.md:
   * Undertow answers 503 once its workers have stopped, and an EventSource gives up on that status.
   */
  private HttpHandler endingKeptConnections(HttpHandler next) {
    return exchange -> {
      if (stopping && exchange.isHttp11()) {
        IoUtils.safeClose(exchange.getConnection());
      } else {
        next.handleRequest(exchange);
      }
    };
  }

  @Override
  public int port() {
    return ((InetSocketAddress) undertow.getListenerInfo().get(0).getAddress()).getPort();
  }

  @Override
  public long unfinished() {
    return undertow.getListenerInfo().get(0).getConnectorStatistics().getActiveRequests();
  }

  @Override
  public void close() {
    stopping = true;
    undertow.stop();
  }
}
