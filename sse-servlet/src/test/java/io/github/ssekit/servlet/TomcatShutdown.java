package io.github.ssekit.servlet;

import io.github.ssekit.hub.Hub;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.http.HttpServlet;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.catalina.Context;
import org.apache.catalina.Lifecycle;
import org.apache.catalina.Wrapper;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.Tomcat;

/** The stop of Tomcat. */
final class TomcatShutdown {
  private TomcatShutdown() {}

  static ShutdownIT.Running wired(Hub hub, HttpServlet events, Path folder) throws Exception {
    Tomcat tomcat = tomcat(folder);
    Context context = tomcat.addContext("", null);
    ((StandardContext) context).setUnloadDelay(30_000);
    tomcat
        .getServer()
        .addLifecycleListener(
            event -> {
              if (Lifecycle.BEFORE_STOP_EVENT.equals(event.getType())) {
                hub.drain(Duration.ofSeconds(5));
                hub.close();
              }
            });
    return start(tomcat, context, events);
  }

  static ShutdownIT.Running withListener(
      ServletContextListener listener, HttpServlet events, Path folder) throws Exception {
    Tomcat tomcat = tomcat(folder);
    Context context = tomcat.addContext("", null);
    context.addLifecycleListener(
        event -> {
          if (Lifecycle.CONFIGURE_START_EVENT.equals(event.getType())) {
            context.getServletContext().addListener(listener);
          }
        });
    return start(tomcat, context, events);
  }

  private static Tomcat tomcat(Path folder) {
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(folder.toString());
    tomcat.setPort(0);
    return tomcat;
  }

  private static ShutdownIT.Running start(Tomcat tomcat, Context context, HttpServlet events)
      throws Exception {
    Wrapper wrapper = Tomcat.addServlet(context, "/events", events);
    wrapper.setAsyncSupported(true);
    wrapper.addMapping("/events");
    tomcat.getConnector();
    tomcat.start();
    return new ShutdownIT.Running(
        tomcat.getConnector().getLocalPort(),
        () -> {
          tomcat.stop();
          tomcat.destroy();
        });
  }
}
