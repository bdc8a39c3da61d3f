package io.github.ssekit.bench;

import io.github.ssekit.hub.Hub;
import io.github.ssekit.redis.RedisBridge;
import io.github.ssekit.redis.RedisBridgeBuilder;
import io.github.ssekit.servlet.EventStreams;
import io.undertow.Undertow;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentInfo;
import io.undertow.servlet.api.DeploymentManager;
import io.undertow.servlet.api.ServletInfo;
import io.undertow.servlet.util.ImmediateInstanceFactory;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.apache.catalina.Context;
import org.apache.catalina.Wrapper;
import org.apache.catalina.startup.Tomcat;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.xnio.Options;

/** This library on each container, as its users write it. */
final class Ours {
  /** Bytes that the kernel may buffer for a client that doesn't read. */
  private static final int SEND_BUFFER = 64 << 10;

  private static final boolean ANSWERS = Boolean.getBoolean("bench.answers");

  private Ours() {}

  private static HttpServlet servlet(String redis) {
    Duration stuck = Duration.ofSeconds(Integer.getInteger("bench.stuck", 30));
    Hub hub = Hub.builder().stuckWriteDeadline(stuck).create();
    RedisBridgeBuilder builder =
        RedisBridge.builder(hub, URI.create(redis))
            .history(channel -> Boolean.getBoolean("bench.history"));
    (ANSWERS ? builder.answers() : builder).connect();
    return new Events(hub);
  }

  /**
   * As {@link io.github.ssekit.servlet.EventStreamServlet}, and counts the close reasons of
   * connections.
   */
  private static final class Events extends HttpServlet {
    private static final long serialVersionUID = 1;

    private final transient Hub hub;

    Events(Hub hub) {
      this.hub = hub;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      EventStreams.open(hub, request, response, channels(request)).onClose(Closed::add);
    }
  }

  private static List<String> channels(HttpServletRequest request) {
    int first = Integer.parseInt(request.getParameter("first"));
    int count = Integer.parseInt(request.getParameter("count"));
    return IntStream.range(first, first + count)
        .mapToObj(i -> (ANSWERS ? "answer:c" : "c") + i)
        .toList();
  }

  static final class OnJetty implements ToIntFunction<String> {
    @Override
    public int applyAsInt(String redis) {
      Server jetty = new Server();
      HttpConfiguration http = new HttpConfiguration();
      int buffer = Integer.getInteger("bench.jetty.buffer", 0);
      if (buffer > 0) {
        http.setOutputBufferSize(buffer);
        http.setOutputAggregationSize(buffer);
        http.setRequestHeaderSize(buffer);
        http.setResponseHeaderSize(buffer);
      }
      ServerConnector connector = new ServerConnector(jetty, new HttpConnectionFactory(http));
      connector.setHost("127.0.0.1");
      connector.setAcceptQueueSize(1024);
      connector.setAcceptedSendBufferSize(SEND_BUFFER);
      connector.setIdleTimeout(Integer.getInteger("bench.jetty.idle", 30_000));
      jetty.addConnector(connector);
      ServletContextHandler context = new ServletContextHandler();
      ServletHolder holder = new ServletHolder(servlet(redis));
      holder.setAsyncSupported(true);
      context.addServlet(holder, "/events");
      jetty.setHandler(context);
      try {
        jetty.start();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
      return connector.getLocalPort();
    }
  }

  static final class OnTomcat implements ToIntFunction<String> {
    @Override
    public int applyAsInt(String redis) {
      return tomcat(servlet(redis), "/events");
    }
  }

  static final class OnUndertow implements ToIntFunction<String> {
    @Override
    public int applyAsInt(String redis) {
      HttpServlet servlet = servlet(redis);
      DeploymentInfo info =
          Servlets.deployment()
              .setClassLoader(Ours.class.getClassLoader())
              .setContextPath("/")
              .setDeploymentName("bench")
              .addServlet(
                  new ServletInfo(
                          "events", servlet.getClass(), new ImmediateInstanceFactory<>(servlet))
                      .addMapping("/events")
                      .setAsyncSupported(true));
      DeploymentManager manager = Servlets.defaultContainer().addDeployment(info);
      manager.deploy();
      try {
        Undertow undertow =
            Undertow.builder()
                .addHttpListener(0, "127.0.0.1")
                .setHandler(manager.start())
                .setSocketOption(Options.SEND_BUFFER, SEND_BUFFER)
                .setSocketOption(Options.BACKLOG, 1024)
                .setSocketOption(Options.WRITE_TIMEOUT, 30_000)
                .build();
        undertow.start();
        return ((InetSocketAddress) undertow.getListenerInfo().get(0).getAddress()).getPort();
      } catch (ServletException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** A Tomcat with one async servlet. */
  static int tomcat(HttpServlet servlet, String path) {
    try {
      Path folder = Files.createTempDirectory("bench-tomcat");
      folder.toFile().deleteOnExit();
      Tomcat tomcat = new Tomcat();
      tomcat.setBaseDir(folder.toString());
      tomcat.setPort(0);
      Context context = tomcat.addContext("", null);
      Wrapper wrapper = Tomcat.addServlet(context, "events", servlet);
      wrapper.addMapping(path);
      wrapper.setAsyncSupported(true);
      tomcat.getConnector().setProperty("address", "127.0.0.1");
      tomcat.getConnector().setProperty("maxConnections", "20000");
      tomcat.getConnector().setProperty("acceptCount", "1024");
      tomcat.getConnector().setProperty("socket.txBufSize", "" + SEND_BUFFER);
      tomcat.start();
      return tomcat.getConnector().getLocalPort();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
