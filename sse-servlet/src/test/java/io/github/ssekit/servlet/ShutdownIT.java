package io.github.ssekit.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.hub.CloseReason;
import io.github.ssekit.hub.Hub;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shutdown of a container with open streams, set up as docs/deployment.md says. */
class ShutdownIT {
  private static final int CLIENTS = 20;

  /** The end of a chunked body (RFC 9112, 7.1): the response was completed, not cut off. */
  private static final String CLEAN_END = "0\r\n\r\n";

  private final Hub hub = Hub.builder().reconnectionTime(Duration.ofMillis(1234)).create();
  private final Queue<CloseReason> reasons = new ConcurrentLinkedQueue<>();
  private final List<Socket> clients = new ArrayList<>();

  @TempDir Path folder;

  /** A container, and its shutdown. */
  record Running(int port, AutoCloseable stop) {}

  /** Starts the container as documented, with half a minute to wait for open requests. */
  private Running startWired() throws Exception {
    return switch (Server.CONTAINER) {
      case "jetty-ee10" -> JettyShutdown.wired(hub, JettyEe10.context(site()));
      case "jetty-ee11" -> JettyShutdown.wired(hub, JettyEe11.context(site()));
      case "tomcat-11", "tomcat-10.1" -> TomcatShutdown.wired(hub, new Events(), folder);
      case "undertow-2.3" -> UndertowShutdown.wired(hub, new Events());
      default -> throw new IllegalArgumentException("ssekit.container=" + Server.CONTAINER);
    };
  }

  /** Starts the container with only a listener for the application's end. */
  private Running startWithListener(ServletContextListener listener) throws Exception {
    return switch (Server.CONTAINER) {
      case "jetty-ee10" -> JettyShutdown.withListener(listener, JettyEe10.context(site()));
      case "jetty-ee11" -> JettyShutdown.withListener(listener, JettyEe11.context(site()));
      case "tomcat-11", "tomcat-10.1" ->
          TomcatShutdown.withListener(listener, new Events(), folder);
      case "undertow-2.3" -> UndertowShutdown.withListener(listener, new Events());
      default -> throw new IllegalArgumentException("ssekit.container=" + Server.CONTAINER);
    };
  }

  private Server.Site site() {
    return new Server.Site(
        List.of(new Server.Served("/events", new Events(), true)), List.of(), false);
  }

  @AfterEach
  void closeAll() throws IOException {
    hub.close();
    for (Socket client : clients) {
      client.close();
    }
  }

  @Test
  void aStopDrainsTheHubFirstAndEndsEachResponseCleanly() throws Exception {
    ErrorLog log = new ErrorLog();
    Logger.getLogger("").addHandler(log);
    try {
      Running running = startWired();
      openClients(running.port());
      long start = System.nanoTime();
      running.stop().close();
      Duration taken = Duration.ofNanos(System.nanoTime() - start);
      assertTrue(taken.toSeconds() < 25, "the container's own wait found nothing open: " + taken);

      Set<String> farewells = new HashSet<>();
      for (Socket client : clients) {
        String rest = rest(client);
        assertTrue(rest.endsWith(CLEAN_END), rest);
        if (rest.contains("retry: ")) { // Else a busy machine's drain had no time for it.
          farewells.add(farewell(rest));
        }
      }
      assertTrue(farewells.size() > CLIENTS / 2, "times to come back: " + farewells);
      await().until(() -> reasons.size() == CLIENTS);
      assertEquals(Set.of(CloseReason.DRAINED), Set.copyOf(reasons));
      assertEquals(List.of(), List.copyOf(log.records));
    } finally {
      Logger.getLogger("").removeHandler(log);
    }
  }

  /** If a container waits longer some day, docs/deployment.md must say so. */
  @Test
  void aListenerOfTheApplicationsEndIsTooLate() throws Exception {
    Running running =
        startWithListener(
            new ServletContextListener() {
              @Override
              public void contextDestroyed(ServletContextEvent event) {
                hub.drain(Duration.ofSeconds(5));
                hub.close();
              }
            });
    openClients(running.port());
    running.stop().close();
    int told = 0;
    for (Socket client : clients) {
      told += rest(client).contains("retry: ") ? 1 : 0;
    }
    assertTrue(told < CLIENTS, told + " of " + CLIENTS + " were told when to come back");
  }

  private void openClients(int port) throws IOException {
    for (int i = 0; i < CLIENTS; i++) {
      Socket socket = new Socket("localhost", port);
      socket.setSoTimeout(30_000);
      clients.add(socket);
      socket
          .getOutputStream()
          .write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(UTF_8));
      StringBuilder head = new StringBuilder();
      while (!head.toString().endsWith("retry: 1234\n")) {
        int read = socket.getInputStream().read();
        assertTrue(read >= 0, head.toString());
        head.append((char) read);
      }
    }
    assertEquals(CLIENTS, hub.connectionCount());
  }

  /** Reads until the stream ends, cleanly or not. */
  private static String rest(Socket client) {
    StringBuilder rest = new StringBuilder();
    try {
      for (int b = client.getInputStream().read(); b >= 0; b = client.getInputStream().read()) {
        rest.append((char) b);
        if (rest.toString().endsWith(CLEAN_END)) {
          // The container may keep the connection.
          break;
        }
      }
    } catch (IOException e) {
      rest.append("[").append(e).append("]");
    }
    return rest.toString();
  }

  private static String farewell(String rest) {
    int at = rest.indexOf("retry: ");
    assertTrue(at >= 0, rest);
    String millis = rest.substring(at + 7, rest.indexOf('\n', at));
    int value = Integer.parseInt(millis);
    assertTrue(value >= 1234 && value <= 2468, millis);
    return millis;
  }

  private final class Events extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      EventStreams.open(hub, request, response, "room").onClose(reasons::add);
    }
  }

  /** Errors and stack traces. */
  private static final class ErrorLog extends Handler {
    final Queue<String> records = new ConcurrentLinkedQueue<>();

    @Override
    public void publish(LogRecord r) {
      if (r.getThrown() != null || r.getLevel().intValue() > Level.WARNING.intValue()) {
        records.add(r.getLoggerName() + " " + r.getMessage() + " " + r.getThrown());
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
