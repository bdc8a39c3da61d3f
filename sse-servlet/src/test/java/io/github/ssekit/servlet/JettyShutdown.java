package io.github.ssekit.servlet;

import io.github.ssekit.hub.Hub;
import jakarta.servlet.ServletContextListener;
import java.time.Duration;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ContextHandler;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.component.LifeCycle;

/** The stop of Jetty, with a context of any of its servlet modules. */
final class JettyShutdown {
  private JettyShutdown() {}

  static ShutdownIT.Running wired(Hub hub, ContextHandler context) throws Exception {
    Server server = new Server(0);
    server.setHandler(new GracefulHandler(context));
    server.setStopTimeout(30_000);
    server.addEventListener(
        new LifeCycle.Listener() {
          @Override
          public void lifeCycleStopping(LifeCycle stopping) {
            hub.drain(Duration.ofSeconds(5));
            hub.close();
          }
        });
    return start(server);
  }

  static ShutdownIT.Running withListener(ServletContextListener listener, ContextHandler context)
      throws Exception {
    Server server = new Server(0);
    server.setHandler(context);
    context.addEventListener(listener);
    return start(server);
  }

  private static ShutdownIT.Running start(Server server) throws Exception {
    server.start();
    return new ShutdownIT.Running(
        ((ServerConnector) server.getConnectors()[0]).getLocalPort(), server::stop);
  }
}
