package io.github.ssekit.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.redis.RedisBridge;
import io.github.ssekit.redis.RedisBridgeBuilder;
import io.github.ssekit.servlet.EventStreamServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * The main class of a node, the application of the lab.
 *
 * <pre>
 * GET  /events?channel=a&amp;channel=b     the event stream
 * GET  /publish                          204: it serves
 * GET  /page?channel=a                   a page that listens, see EventSourceClient
 * POST /publish?channel=a&amp;token=t      publishes the body; 200 with the id, 503 with "stored?" or "not stored"
 * </pre>
 *
 * A node ends when its standard input does, that is, with the lab at the latest.
 */
final class Node {
  private Node() {}

  /**
   * Runs a node.
   *
   * @param args the port to serve on, the URL of Redis, the events of a channel's log, and {@code
   *     answers} or {@code states} for a node with these, see {@link AnswerServlets} and {@link
   *     StateServlet}
   */
  public static void main(String[] args) throws Exception {
    Threads.daemon("parent", Node::endWithParent);
    Hub hub =
        Hub.builder()
            .heartbeat(Duration.ofSeconds(1))
            .stuckWriteDeadline(Duration.ofSeconds(3))
            .reconnectionTime(Duration.ofMillis(200))
            .maxChannelLog(Integer.parseInt(args[2]), 512 << 10)
            .create();
    String kind = args.length > 3 ? args[3] : "";
    RedisBridgeBuilder settings =
        RedisBridge.builder(hub, URI.create(args[1]))
            .history(channel -> true)
            .silence(Duration.ofSeconds(1))
            // More events than come in the longest fault.
            .maxHistory(20_000, Duration.ofHours(1));
    if (kind.equals("answers")) {
      settings.answers();
    } else if (kind.equals("states")) {
      settings.states(StateServlet::isState);
    }
    RedisBridge bridge = settings.connect();
    ServletContextHandler context = context(hub, bridge);
    if (kind.equals("answers")) {
      AnswerServlets.add(context, hub, bridge.answers());
    } else if (kind.equals("states")) {
      context.addServlet(new ServletHolder(new StateServlet(bridge.states())), "/state");
    }
    Server jetty = server(Integer.parseInt(args[0]), context);
    jetty.start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(hub, jetty, bridge)));
  }

  private static Server server(int port, ServletContextHandler context) {
    Server jetty = new Server();
    ServerConnector connector = new ServerConnector(jetty);
    connector.setHost("127.0.0.1");
    connector.setPort(port);
    // Bytes that the kernel may buffer for a client that doesn't read.
    connector.setAcceptedSendBufferSize(FaultProxy.BUFFER_BYTES);
    jetty.addConnector(connector);
    jetty.setHandler(context);
    return jetty;
  }

  private static ServletContextHandler context(Hub hub, RedisBridge bridge) {
    ServletContextHandler context = new ServletContextHandler();
    ServletHolder events =
        new ServletHolder(
            EventStreamServlet.of(hub, r -> List.of(r.getParameterValues("channel"))));
    events.setAsyncSupported(true);
    context.addServlet(events, "/events");
    context.addServlet(new ServletHolder(new Publish(bridge)), "/publish");
    context.addServlet(new ServletHolder(new Page()), "/page");
    return context;
  }

  private static void endWithParent() {
    try {
      while (System.in.read() >= 0) {}
    } catch (IOException e) {
      System.err.println("The lab is gone: " + e);
    }
    Runtime.getRuntime().halt(2);
  }

  private static void close(Hub hub, Server jetty, RedisBridge bridge) {
    hub.close();
    try {
      jetty.stop();
    } catch (Exception e) {
      System.err.println("Jetty doesn't stop: " + e);
    }
    bridge.close();
  }

  private static final class Page extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.setContentType("text/html;charset=utf-8");
      response.getOutputStream().write(EventSourceClient.page().getBytes(UTF_8));
    }
  }

  private static final class Publish extends HttpServlet {
    private static final long serialVersionUID = 1;

    private final transient RedisBridge bridge;

    Publish(RedisBridge bridge) {
      this.bridge = bridge;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      response.setStatus(
          bridge.health().isSubscribed()
              ? HttpServletResponse.SC_NO_CONTENT
              : HttpServletResponse.SC_SERVICE_UNAVAILABLE);
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      String data = new String(request.getInputStream().readAllBytes(), UTF_8);
      String body;
      try {
        body =
            bridge
                .publish(
                    request.getParameter("channel"),
                    SseEvent.of(data),
                    request.getParameter("token"))
                .toString();
      } catch (PublishException e) {
        response.setStatus(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
        body = e.mayBeStored() ? "stored?" : "not stored";
      }
      response.getOutputStream().write(body.getBytes(UTF_8));
    }
  }
}
