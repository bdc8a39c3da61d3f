package io.github.ssekit.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.harness.LogCapture;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Behaviour that is the same in every container and with every protocol. */
class ContainerIT {
  private final Hub hub =
      Hub.builder()
          .heartbeat(Duration.ofMillis(50))
          .reconnectionTime(Duration.ofMillis(1234))
          .create();
  private final Queue<Connection> opened = new ConcurrentLinkedQueue<>();
  private LogCapture log;
  private final HttpClient client = HttpClient.newHttpClient();
  private Server server;
  private URI uri;

  @BeforeEach
  void startContainer() throws Exception {
    server =
        Server.start(
            Protocol.HTTP_1,
            new Server.Site(
                List.of(
                    new Server.Served("/events", servlet(r -> r.getParameter("channel")), true),
                    new Server.Served("/open", new Opener(), true),
                    new Server.Served("/not-async", servlet(r -> "room"), false)),
                List.of(),
                false));
    uri = URI.create("http://localhost:" + server.port());
    log = LogCapture.of("", Level.CONFIG);
  }

  private HttpServlet servlet(Function<HttpServletRequest, String> channel) {
    return EventStreamServlet.of(hub, r -> List.of(String.valueOf(channel.apply(r))));
  }

  @AfterEach
  void stopContainer() throws Exception {
    hub.close();
    log.close();
    server.close();
  }

  @Test
  void headAndReconnectionTimeGoOutAtOnce() throws Exception {
    HttpResponse<InputStream> response = get("/events?channel=room");
    BufferedReader lines = lines(response);

    assertEquals("retry: 1234", lines.readLine());
    assertEquals(200, response.statusCode());
    assertEquals("text/event-stream;charset=utf-8", header(response, "Content-Type"));
    assertEquals("no-cache, no-transform", header(response, "Cache-Control"));
    assertEquals("no", header(response, "X-Accel-Buffering"));
  }

  @Test
  void theLastEventIdComesFromHeaderOrQuery() throws Exception {
    client.send(
        HttpRequest.newBuilder(uri.resolve("/open?lastEventId=query"))
            .header("Last-Event-ID", "header")
            .build(),
        BodyHandlers.ofInputStream());
    int streams = 1;
    for (String path :
        List.of("/open?x&lastEventId=a%3A1", "/open?last_event_id=b", "/open?last")) {
      // The head arrives before the handler continues.
      int before = streams++;
      await().until(() -> opened.size() == before);
      get(path);
    }
    await().until(() -> opened.size() == 4);
    List<String> ids = new ArrayList<>();
    opened.forEach(c -> ids.add(c.lastEventId()));
    assertEquals(Arrays.asList("header", "a:1", "b", null), ids);
  }

  @Test
  void anIllegalChannelIsAnsweredWith400() throws Exception {
    HttpResponse<InputStream> response = get("/events?channel=a%0Ab");
    assertEquals(400, response.statusCode());
    assertEquals(
        "channel name holds the control character U+000A at index 1; remove it",
        new String(response.body().readAllBytes(), UTF_8));
    assertEquals(0, hub.connectionCount());
  }

  @Test
  void aServletWithoutAsyncSupportIsToldSo() throws Exception {
    assertEquals(500, get("/not-async").statusCode());
    assertTrue(
        log.details().stream().anyMatch(r -> r.contains("set async-supported to true")),
        "" + log.details());
    assertEquals(0, hub.connectionCount());
  }

  /** A servlet whose connections the tests can use. */
  private final class Opener extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      opened.add(EventStreams.open(hub, request, response, "room"));
    }
  }

  private HttpResponse<InputStream> get(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri.resolve(path)).build(), BodyHandlers.ofInputStream());
  }

  private static BufferedReader lines(HttpResponse<InputStream> response) {
    return new BufferedReader(new InputStreamReader(response.body(), UTF_8));
  }

  private static String header(HttpResponse<?> response, String name) {
    return String.join("|", response.headers().allValues(name));
  }
}
