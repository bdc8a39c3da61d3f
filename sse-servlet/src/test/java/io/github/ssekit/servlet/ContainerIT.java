package io.github.ssekit.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.core.CloseReason;
import io.github.ssekit.core.Connection;
import io.github.ssekit.core.Hub;
import io.github.ssekit.core.SseEvent;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
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
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the adapter does alike in every container. A subclass brings the container. */
abstract class ContainerIT {
  private final Hub hub =
      Hub.builder()
          .heartbeat(Duration.ofMillis(50))
          .reconnectionTime(Duration.ofMillis(1234))
          .create();
  private final Queue<CloseReason> closed = new ConcurrentLinkedQueue<>();
  private final Queue<Connection> opened = new ConcurrentLinkedQueue<>();
  private final LogCapture log = new LogCapture();
  private final HttpClient client = HttpClient.newHttpClient();
  private AutoCloseable container;
  private URI uri;

  /** Starts the container on a free port, with the servlets at their paths, and says the port. */
  abstract Running start(HttpServlet events, HttpServlet opener, HttpServlet notAsync)
      throws Exception;

  record Running(int port, AutoCloseable container) {}

  @BeforeEach
  void startContainer() throws Exception {
    Running running =
        start(
            EventStreamServlet.of(hub, r -> List.of(String.valueOf(r.getParameter("channel")))),
            new Opener(),
            EventStreamServlet.of(hub, r -> List.of("room")));
    container = running.container();
    uri = URI.create("http://localhost:" + running.port());
    log.start();
  }

  @AfterEach
  void stopContainer() throws Exception {
    hub.close();
    log.stop();
    container.close();
  }

  @Test
  void headAndReconnectionTimeGoOutAtOnce() throws Exception {
    HttpResponse<InputStream> response = get("/events?channel=room");
    BufferedReader lines = lines(response);

    assertEquals("retry: 1234", lines.readLine());
    assertEquals(200, response.statusCode());
    assertEquals("text/event-stream", header(response, "Content-Type"));
    assertEquals("no-cache, no-transform", header(response, "Cache-Control"));
    assertEquals("no", header(response, "X-Accel-Buffering"));
  }

  @Test
  void anEventArrivesWithin100Milliseconds() throws Exception {
    BufferedReader lines = lines(get("/events?channel=room"));
    long[] nanos = new long[21];
    for (int i = 0; i < nanos.length; i++) {
      long start = System.nanoTime();
      hub.publish("room", SseEvent.of("tick", "" + i));
      assertEquals("data: " + i, nextData(lines));
      nanos[i] = System.nanoTime() - start;
    }
    Arrays.sort(nanos);
    assertTrue(nanos[nanos.length / 2] < 100_000_000, "median ns: " + nanos[nanos.length / 2]);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2_040, 8_190, 9_000, 65_536, 1_000_000})
  void everySizeOfEventArrivesWhole(int size) throws Exception {
    BufferedReader lines = lines(get("/events?channel=room"));
    for (int i = 0; i < 30; i++) {
      String data = ("" + (char) ('a' + i % 26)).repeat(size);
      hub.publish("room", SseEvent.of(data));
      assertEquals("data: " + data, nextData(lines));
    }
  }

  @Test
  void aBurstArrivesWholeAndInOrder() throws Exception {
    BufferedReader lines = lines(get("/events?channel=room"));
    for (int i = 0; i < 1000; i++) {
      hub.publish("room", SseEvent.of("number " + i));
    }
    for (int i = 0; i < 1000; i++) {
      assertEquals("data: number " + i, nextData(lines));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aClientThatGoesIsClosedWithItsReasonAndNothingIsLogged(boolean abruptly) throws Exception {
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      sockets.add(openSocket());
    }
    for (Socket socket : sockets) {
      if (abruptly) {
        socket.setSoLinger(true, 0);
      }
      socket.close();
    }
    await().atMost(Duration.ofSeconds(10)).until(() -> hub.connectionCount() == 0);
    await().atMost(Duration.ofSeconds(10)).until(() -> closed.size() == 20);
    assertEquals(List.of(CloseReason.CLIENT_GONE), closed.stream().distinct().toList());
    // The container stays usable, and what it has to say about the dead is said by then.
    lines(get("/events?channel=room")).readLine();
    assertEquals(List.of(), log.aboveDebug());
  }

  @Test
  void closingEndsTheResponseCleanlyAfterWhatWaits() throws Exception {
    BufferedReader lines = lines(get("/open"));
    await().until(() -> !opened.isEmpty());
    Connection connection = opened.remove();
    connection.send(SseEvent.of("x".repeat(200_000)));
    connection.send(SseEvent.of("last"));
    connection.close();

    assertEquals("data: " + "x".repeat(200_000), nextData(lines));
    assertEquals("data: last", nextData(lines));
    while (lines.readLine() != null) {
      // Comments may follow; a response that is cut off throws.
    }
    await().until(() -> closed.contains(CloseReason.CLOSED));
    assertFalse(connection.isOpen());
    assertEquals(List.of(), log.aboveDebug());
  }

  @Test
  void theLastEventIdComesFromHeaderOrQuery() throws Exception {
    client.send(
        HttpRequest.newBuilder(uri.resolve("/open?lastEventId=query"))
            .header("Last-Event-ID", "header")
            .build(),
        BodyHandlers.ofInputStream());
    get("/open?lastEventId=a");
    get("/open?last_event_id=b");
    get("/open");
    await().until(() -> opened.size() == 4);
    List<String> ids = new ArrayList<>();
    opened.forEach(c -> ids.add(c.lastEventId()));
    assertEquals(Arrays.asList("header", "a", "b", null), ids);
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
        log.aboveDebug().stream().anyMatch(r -> r.contains("set async-supported to true")),
        "" + log.aboveDebug());
    assertEquals(0, hub.connectionCount());
  }

  /** A servlet whose connections the tests get hold of. */
  private final class Opener extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      Connection connection = EventStreams.open(hub, request, response, "room");
      connection.onClose(closed::add);
      opened.add(connection);
    }
  }

  private HttpResponse<InputStream> get(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri.resolve(path)).build(), BodyHandlers.ofInputStream());
  }

  private Socket openSocket() throws IOException {
    Socket socket = new Socket(uri.getHost(), uri.getPort());
    socket.getOutputStream().write("GET /open HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(UTF_8));
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
    String line;
    do {
      line = lines.readLine();
    } while (!"retry: 1234".equals(line));
    return socket;
  }

  private static BufferedReader lines(HttpResponse<InputStream> response) {
    return new BufferedReader(new InputStreamReader(response.body(), UTF_8));
  }

  private static String nextData(BufferedReader lines) throws IOException {
    String line;
    do {
      line = lines.readLine();
    } while (line != null && !line.startsWith("data: "));
    return line;
  }

  private static String header(HttpResponse<?> response, String name) {
    return String.join("|", response.headers().allValues(name));
  }

  /** What is logged above DEBUG once the container has started. */
  private static final class LogCapture extends Handler {
    private final Queue<String> records = new ConcurrentLinkedQueue<>();

    void start() {
      Logger.getLogger("").addHandler(this);
    }

    void stop() {
      Logger.getLogger("").removeHandler(this);
    }

    List<String> aboveDebug() {
      return List.copyOf(records);
    }

    @Override
    public void publish(LogRecord r) {
      if (r.getLevel().intValue() > Level.FINE.intValue()) {
        records.add(r.getLoggerName() + " " + r.getMessage() + " " + r.getThrown());
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
