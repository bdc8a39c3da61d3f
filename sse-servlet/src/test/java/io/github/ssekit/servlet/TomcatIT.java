package io.github.ssekit.servlet;

import jakarta.servlet.http.HttpServlet;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.catalina.Context;
import org.apache.catalina.Wrapper;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.io.TempDir;

/** Runs on Tomcat 11 and, with other jars on the class path, on 10.1. */
class TomcatIT extends ContainerIT {
  @TempDir Path folder;

  @Override
  Running start(HttpServlet events, HttpServlet opener, HttpServlet notAsync) throws Exception {
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(Files.createDirectory(folder.resolve("tomcat")).toString());
    tomcat.setPort(0);
    Context context = tomcat.addContext("", null);
    add(context, "/events", events).setAsyncSupported(true);
    add(context, "/open", opener).setAsyncSupported(true);
    add(context, "/not-async", notAsync).setAsyncSupported(false);
    tomcat.getConnector();
    tomcat.start();
    return new Running(
        tomcat.getConnector().getLocalPort(),
        () -> {
          tomcat.stop();
          tomcat.destroy();
        });
  }

  private static Wrapper add(Context context, String path, HttpServlet servlet) {
    Wrapper wrapper = Tomcat.addServlet(context, path, servlet);
    wrapper.addMapping(path);
    return wrapper;
  }
}
