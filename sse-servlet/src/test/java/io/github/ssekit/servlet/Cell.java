package io.github.ssekit.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.LogCapture;
import io.github.ssekit.hub.CloseReason;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.HubBuilder;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One cell of the matrix: the container of this run and one protocol, and a hub that is new for
 * each test. The build runs the subclasses once on each container.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("protocols")
@ExtendWith(MatrixReport.class)
@Timeout(300)
abstract class Cell {
  /** Whether this is the long form, {@code mvn -Pmatrix verify}. */
  static final boolean LONG = Boolean.getBoolean("ssekit.matrix.long");

  /**
   * Each container speaks HTTP/1.1, and one of each kind also HTTP/2; in the long forms, each
   * speaks all three protocols.
   */
  static List<Protocol> protocols() {
    if (LONG || Boolean.getBoolean("ssekit.long")) {
      return List.of(Protocol.values());
    }
    boolean newest = List.of("jetty-ee10", "tomcat-11", "undertow-2.3").contains(Server.CONTAINER);
    return newest ? List.of(Protocol.HTTP_1, Protocol.HTTP_2) : List.of(Protocol.HTTP_1);
  }

  static final Duration HEARTBEAT = Duration.ofMillis(200);

  /** Longer than a busy machine stalls a client that reads. */
  static final Duration STUCK = Duration.ofSeconds(6);

  /** How late a busy machine may be. */
  static final Duration LATE = Duration.ofSeconds(20);

  private static Server server;
  private static volatile Cell running;

  @Parameter Protocol protocol;

  LogCapture log;
  final Queue<Connection> opened = new ConcurrentLinkedQueue<>();
  final Queue<CloseReason> closed = new ConcurrentLinkedQueue<>();
  private volatile Hub hub;

  /** The number of requests that the container had not finished when the test began. */
  private long unfinishedBefore;

  /** How many requests of this test the container may leave unfinished. */
  int mayBeUnfinished;

  /** Lets Tomcat's race leave requests of departed clients unfinished: docs/decisions/0016. */
  final void allowTomcatsRace(int requests) {
    mayBeUnfinished = Server.CONTAINER.startsWith("tomcat") ? requests : 0;
  }

  /** Checks that nothing was logged, except Tomcat's reports that it mended this race. */
  final void assertNothingWasLogged() {
    List<String> logged =
        log.details().stream().filter(line -> !line.contains("recycled it forcedly")).toList();
    assertEquals(List.of(), logged);
    assertTrue(log.details().size() - logged.size() <= mayBeUnfinished, "" + log.details());
  }

  @BeforeParameterizedClassInvocation
  static void startServer(Protocol protocol) throws Exception {
    server = Server.start(protocol, site(false));
  }

  @AfterParameterizedClassInvocation
  static void stopServer() throws Exception {
    server.close();
  }

  static Server.Site site(boolean compress) {
    return new Server.Site(
        List.of(
            new Server.Served("/open/*", new Opener(), true),
            new Server.Served("/answer/*", new Answerer(), true),
            new Server.Served("/json", new Json(), true)),
        Filters.ALL,
        compress);
  }

  @BeforeEach
  void startHub() {
    hub = settings(Hub.builder().heartbeat(HEARTBEAT).stuckWriteDeadline(STUCK)).create();
    running = this;
    unfinishedBefore = server.unfinished();
    log = LogCapture.of("", Level.CONFIG);
  }

  @AfterEach
  void stopHub() {
    hub.close();
    log.close();
    assertNothingIsUnfinished();
  }

  /** Checks the container's own count: a request that it has not finished would delay its stop. */
  final void assertNothingIsUnfinished() {
    await()
        .pollInterval(Duration.ofMillis(10))
        .atMost(LATE)
        .until(() -> server.unfinished() - unfinishedBefore, left -> left <= mayBeUnfinished);
  }

  /** The hub's settings, for the tests of a class. */
  HubBuilder settings(HubBuilder builder) {
    return builder;
  }

  final Hub hub() {
    return hub;
  }

  final int port() {
    return server.port();
  }

  final Client client() throws Exception {
    return new Client(protocol, port());
  }

  /** Waits until this many connections have opened. */
  final void awaitOpened(int count) {
    await().atMost(LATE).until(() -> opened.size() == count);
  }

  /**
   * Waits until this many connections have ended, and checks that each ended once, with this
   * reason, and that no connection is left.
   */
  final void awaitClosed(int count, CloseReason reason, Duration atMost) {
    await()
        .pollInterval(Duration.ofMillis(10))
        .atMost(atMost)
        .until(() -> closed.size() >= count && hub.connectionCount() == 0);
    assertEquals(List.of(reason), closed.stream().distinct().toList());
    assertEquals(count, closed.size());
  }

  /** The work of one of several clients. */
  interface ClientRun {
    void run(int client) throws Exception;
  }

  /**
   * Runs this many clients in parallel to their ends, while a thread publishes events, a pause
   * apart.
   */
  final void underFire(int count, long pauseNanos, ClientRun client) throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    Thread publisher =
        new Thread(
            () -> {
              while (!over.get()) {
                hub.publish("room", SseEvent.of("a foreign byte"));
                LockSupport.parkNanos(pauseNanos);
              }
            });
    publisher.start();
    ExecutorService clients = Executors.newFixedThreadPool(count);
    try {
      List<Future<?>> runs = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int number = i;
        runs.add(
            clients.submit(
                () -> {
                  client.run(number);
                  return null;
                }));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    } finally {
      over.set(true);
      publisher.join();
      clients.shutdown();
    }
  }

  /** Adds a figure to the running test's result in the report. */
  static void note(String text) {
    MatrixReport.note(text);
  }

  static String seconds(long sinceNanos) {
    return String.format("%.1f s", (System.nanoTime() - sinceNanos) / 1e9);
  }

  /** Opens event streams of channel {@code room} on the running test's hub. */
  private static final class Opener extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      Cell test = running;
      test.onOpen(test.open(request, response), request);
    }
  }

  /** Passes each request to the running test. */
  private static final class Answerer extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      running.answer(request, response);
    }
  }

  /** Called on the request's thread. */
  void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {}

  /** Opens a stream of channel {@code room}, and records its connection and its close reason. */
  final Connection open(HttpServletRequest request, HttpServletResponse response) {
    Connection connection = EventStreams.open(hub, request, response, "room");
    opened.add(connection);
    connection.onClose(closed::add);
    return connection;
  }

  /** Called on the request's thread. */
  void onOpen(Connection connection, HttpServletRequest request) {}

  /** Answers with the request's id, in a small body of known length. */
  private static final class Json extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      byte[] body = json(request.getParameter("id")).getBytes(UTF_8);
      response.setContentType("application/json");
      response.setContentLength(body.length);
      response.getOutputStream().write(body);
    }
  }

  static String json(String id) {
    return "{\"id\":\"" + id + "\",\"text\":\"not an event\"}";
  }
}
