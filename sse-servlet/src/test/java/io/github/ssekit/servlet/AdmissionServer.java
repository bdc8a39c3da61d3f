package io.github.ssekit.servlet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.OverrunPolicy;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * A server whose streams have limits, owners and allowed origins. Tests write requests by hand, and
 * compare the answers as they are on the wire.
 */
abstract class AdmissionServer {
  static final String APP = "https://app.example";

  final Hub hub =
      Hub.builder()
          .maxConnections(4)
          .maxConnectionsPerOwner(2)
          .maxChannelsPerConnection(2)
          .reconnectionTime(Duration.ofMillis(1234))
          .overrunPolicies(
              channel -> channel.startsWith("latest:") ? latest(channel.substring(7)) : null)
          .create();

  /** The connections of {@code /open}. */
  final Queue<Connection> opened = new ConcurrentLinkedQueue<>();

  final List<Socket> sockets = new ArrayList<>();
  private Server server;

  @BeforeEach
  final void startServer() throws Exception {
    server =
        Server.start(
            Protocol.HTTP_1,
            new Server.Site(
                List.of(
                    served("/one-line", EventStreamServlet.of(hub, r -> List.of("news"))),
                    served(
                        "/events", builder().allowOrigins(APP, "http://localhost:3000").create()),
                    served("/cookies", builder().allowOrigins(APP).allowCredentials().create()),
                    served("/null", EventStreamServlet.of(hub, r -> null)),
                    served(
                        "/headers",
                        builder().allowOrigins(APP).allowHeaders("X-Api-Key", "X-Trace").create()),
                    served("/post", builder().acceptPost().create()),
                    served("/any", builder().allowOrigins("*").create()),
                    served(
                        "/own",
                        builder()
                            .overCapacity(
                                new OverCapacityAnswer(
                                    Duration.ofMillis(700), Duration.ofMillis(700), 429))
                            .create()),
                    served("/open", new Opener())),
                List.of(),
                false));
  }

  private static OverrunPolicy latest(String number) {
    return Integer.parseInt(number) > 0 ? OverrunPolicy.skip() : OverrunPolicy.close();
  }

  private static Server.Served served(String path, HttpServlet servlet) {
    return new Server.Served(path, servlet, true);
  }

  /**
   * Admits a user to the requested channels, by default to the channel of the user's name. Refuses
   * a request without a user, with the status that the request names.
   */
  private EventStreamServletBuilder builder() {
    return EventStreamServlet.builder(
            hub,
            request -> {
              String user = request.getParameter("user");
              String channels = request.getParameter("channels");
              if (user == null && "null".equals(request.getParameter("status"))) {
                return null;
              }
              if (user == null && "error".equals(request.getParameter("status"))) {
                throw new AssertionError("secret");
              }
              if (user == null) {
                return Admission.refuse(Integer.parseInt(request.getParameter("status")));
              }
              return channels == null
                  ? Admission.to("of:" + user)
                  : Admission.to(List.of(channels.split(",", -1)));
            })
        .owner(request -> request.getParameter("user"));
  }

  /** A servlet whose connections the tests can use. */
  private final class Opener extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) {
      doGet(request, response);
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      ConnectionOptions options = ConnectionOptions.of("news").withOwner("opener");
      opened.add(EventStreams.open(hub, request, response, options));
    }
  }

  @AfterEach
  final void stop() throws Exception {
    for (Socket socket : sockets) {
      socket.close();
    }
    hub.close();
    server.close();
  }

  final Answer get(String path, String... headers) throws IOException {
    return ask("GET", path, headers);
  }

  final Answer preflight(String path, String origin) throws IOException {
    return ask(
        "OPTIONS",
        path,
        "Origin: " + origin,
        "Access-Control-Request-Method: GET",
        "Access-Control-Request-Headers: last-event-id");
  }

  /** Requests in HTTP/1.0, so that a body ends with the connection and has no chunks. */
  final Answer ask(String method, String path, String... headers) throws IOException {
    int port = server.port();
    Socket socket = new Socket("localhost", port);
    sockets.add(socket);
    socket.setSoTimeout(20_000);
    StringBuilder request = new StringBuilder(method + " " + path + " HTTP/1.0\r\n");
    for (String header : headers) {
      request.append(header.isEmpty() ? "" : header + "\r\n");
    }
    socket.getOutputStream().write(request.append("\r\n").toString().getBytes(ISO_8859_1));
    return new Answer(socket);
  }

  /** A response, as it arrives. */
  static final class Answer {
    final int status;
    private final BufferedReader body;
    private final Map<String, String> headers = new TreeMap<>();

    Answer(Socket socket) throws IOException {
      body = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      status = Integer.parseInt(body.readLine().split(" ", -1)[1]);
      for (String line = body.readLine(); !line.isEmpty(); line = body.readLine()) {
        String[] header = line.split(": ", 2);
        headers.merge(header[0].toLowerCase(Locale.ROOT), header[1], (a, b) -> a + "|" + b);
      }
    }

    @Nullable String header(String name) {
      return headers.get(name.toLowerCase(Locale.ROOT));
    }

    String nextLine() throws IOException {
      return body.readLine();
    }

    /** The next line that begins with this text, or null at the end. */
    String nextLine(String start) throws IOException {
      String line = body.readLine();
      while (line != null && !line.startsWith(start)) {
        line = body.readLine();
      }
      return line;
    }

    /** The whole body, of a response that ends. */
    String whole() throws IOException {
      StringBuilder all = new StringBuilder();
      for (int c = body.read(); c >= 0; c = body.read()) {
        all.append((char) c);
      }
      return all.toString();
    }
  }
}
