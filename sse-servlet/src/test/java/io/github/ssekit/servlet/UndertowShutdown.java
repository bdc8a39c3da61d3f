package io.github.ssekit.servlet;

import io.github.ssekit.hub.Hub;
import io.undertow.Undertow;
import io.undertow.server.HttpHandler;
import io.undertow.server.handlers.GracefulShutdownHandler;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentInfo;
import io.undertow.servlet.api.DeploymentManager;
import io.undertow.servlet.api.ListenerInfo;
import io.undertow.servlet.util.ImmediateInstanceFactory;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.http.HttpServlet;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.xnio.IoUtils;

/** The stop of Undertow. */
final class UndertowShutdown {
  private UndertowShutdown() {}

  static ShutdownIT.Running wired(Hub hub, HttpServlet events) throws Exception {
    GracefulShutdownHandler graceful =
        new GracefulShutdownHandler(deploy(deployment(events)).start());
    AtomicBoolean stopping = new AtomicBoolean();
    Undertow undertow =
        start(
            exchange -> {
              if (stopping.get() && exchange.isHttp11()) {
                IoUtils.safeClose(exchange.getConnection());
              } else {
                graceful.handleRequest(exchange);
              }
            });
    return new ShutdownIT.Running(
        port(undertow),
        () -> {
          hub.drain(Duration.ofSeconds(5));
          hub.close();
          stopping.set(true);
          graceful.shutdown();
          graceful.awaitShutdown(30_000);
          undertow.stop();
        });
  }

  static ShutdownIT.Running withListener(ServletContextListener listener, HttpServlet events)
      throws Exception {
    DeploymentManager manager =
        deploy(
            deployment(events)
                .addListener(
                    new ListenerInfo(
                        listener.getClass(), new ImmediateInstanceFactory<>(listener))));
    Undertow undertow = start(manager.start());
    return new ShutdownIT.Running(
        port(undertow),
        () -> {
          undertow.stop();
          manager.stop();
          manager.undeploy();
        });
  }

  private static DeploymentInfo deployment(HttpServlet events) {
    return Servlets.deployment()
        .setClassLoader(UndertowShutdown.class.getClassLoader())
        .setContextPath("/")
        .setDeploymentName("test")
        .addServlet(
            Servlets.servlet("events", events.getClass(), new ImmediateInstanceFactory<>(events))
                .addMapping("/events")
                .setAsyncSupported(true));
  }

  private static DeploymentManager deploy(DeploymentInfo info) {
    DeploymentManager manager = Servlets.newContainer().addDeployment(info);
    manager.deploy();
    return manager;
  }

  private static Undertow start(HttpHandler handler) {
    Undertow undertow =
        Undertow.builder().addHttpListener(0, "localhost").setHandler(handler).build();
    undertow.start();
    return undertow;
  }

  private static int port(Undertow undertow) {
    return ((InetSocketAddress) undertow.getListenerInfo().get(0).getAddress()).getPort();
  }
}
