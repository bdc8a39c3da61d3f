package io.github.ssekit.servlet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.CloseReason;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.Feed;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.Replay;
import io.github.ssekit.hub.Upstream;
import io.github.ssekit.testing.LogCapture;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is let in, and how the others are answered, as it is on the wire. */
class AdmissionIT {
  private static final String APP = "https://app.example";

  private final Hub hub =
      Hub.builder()
          .maxConnections(4)
          .maxConnectionsPerOwner(2)
          .maxChannelsPerConnection(2)
          .reconnectionTime(Duration.ofMillis(1234))
          .create();
  private final Queue<Connection> opened = new ConcurrentLinkedQueue<>();
  private final List<Socket> sockets = new ArrayList<>();
  private Server server;

  @BeforeEach
  void startServer() throws Exception {
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

  private static Server.Served served(String path, HttpServlet servlet) {
    return new Server.Served(path, servlet, true);
  }

  /** Users may listen to the channels of their name; who has none is refused as he asks. */
  private EventStreamServletBuilder builder() {
    return EventStreamServlet.builder(
            hub,
            request -> {
              String user = request.getParameter("user");
              String channels = request.getParameter("channels");
              if (user == null && "null".equals(request.getParameter("status"))) {
                return null;
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

  /** A servlet whose connections the tests get hold of. */
  private final class Opener extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      ConnectionOptions options = ConnectionOptions.of("news").withOwner("opener");
      opened.add(EventStreams.open(hub, request, response, options));
    }
  }

  @AfterEach
  void stop() throws Exception {
    for (Socket socket : sockets) {
      socket.close();
    }
    hub.close();
    server.close();
  }

  // Over capacity.

  @ParameterizedTest
  @ValueSource(
      strings = {"", "Accept: text/event-stream", "Accept: */*", "Accept: text/html, TEXT/*;q=0.5"})
  void aBrowserForWhichThereIsNoRoomIsToldToComeBackLater(String accept) throws Exception {
    fill("ann");
    Set<String> waits = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      Answer answer = get("/events?user=ann", accept);
      assertEquals(200, answer.status);
      assertEquals("text/event-stream;charset=utf-8", answer.header("Content-Type"));
      assertEquals("no-cache, no-transform", answer.header("Cache-Control"));
      // Over a new connection, a load balancer may send the client to another node.
      assertEquals("close", answer.header("Connection"));
      String body = answer.whole();
      assertTrue(body.matches(": over capacity, come back later\nretry: [0-9]+\n"), body);
      int wait = Integer.parseInt(body.substring(body.indexOf("retry: ") + 7).strip());
      assertTrue(wait >= 5_000 && wait <= 15_000, body);
      waits.add(body);
    }
    assertTrue(waits.size() > 10, "" + waits);
    assertEquals(2, hub.connectionCount());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Accept: application/json",
        "Accept: text/event-stream;q=0",
        "Accept: */*;q=0.000, text/html;q=0.9"
      })
  void aClientThatTakesNoEventStreamGets503AndRetryAfter(String accept) throws Exception {
    fill("ann");
    Answer answer = get("/events?user=ann", accept);
    assertEquals(503, answer.status);
    int seconds = Integer.parseInt(answer.header("Retry-After"));
    assertTrue(seconds >= 5 && seconds <= 15, "" + seconds);
    assertEquals("", answer.whole());
    assertEquals("no-store", answer.header("Cache-Control"));
  }

  @Test
  void timesAndStatusOfTheAnswerCanBeChosen() throws Exception {
    fill("ann");
    assertTrue(get("/own?user=ann").whole().contains("\nretry: 700\n"));
    Answer answer = get("/own?user=ann", "Accept: application/json");
    assertEquals(429, answer.status);
    assertEquals("1", answer.header("Retry-After"));
  }

  @Test
  void theOldStaySoThatWhoComesLaterGetsInOnceOneHasGone() throws Exception {
    fill("ann");
    Answer other = get("/events?user=bob");
    assertEquals("retry: 1234", other.nextLine());
    assertTrue(get("/events?user=ann").whole().startsWith(": over capacity"));
    // An owner is not joined with a channel: bob's owner and another's channel are two names.
    assertEquals("retry: 1234", get("/events?user=eve&channels=bob,of:bob").nextLine());
    assertTrue(get("/one-line").whole().startsWith(": over capacity")); // maxConnections

    sockets.get(0).close();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              hub.publish("of:ann", SseEvent.of("x")); // A write finds that the client has gone.
              return hub.connectionCount() == 3;
            });
    assertEquals("retry: 1234", get("/events?user=ann").nextLine());
    hub.publish("of:bob", SseEvent.of("still here"));
    assertEquals("data: still here", other.nextLine("data: "));
  }

  @Test
  void aControllerGetsAConnectionThatIsClosedAlready() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertEquals(200, get("/open").status);
    }
    await().until(() -> opened.size() == 3);
    Connection refused = opened.stream().filter(c -> !c.isOpen()).findFirst().orElseThrow();
    Queue<CloseReason> told = new ConcurrentLinkedQueue<>();
    refused.onClose(told::add);
    refused.send(SseEvent.of("x"));
    await().until(() -> !told.isEmpty());
    assertEquals(List.of(CloseReason.OVER_CAPACITY), List.copyOf(told));
  }

  private void fill(String user) throws Exception {
    for (int i = 0; i < 2; i++) {
      assertEquals("retry: 1234", get("/events?user=" + user).nextLine());
    }
  }

  // Who may listen.

  @ParameterizedTest
  @ValueSource(ints = {204, 401, 403, 404, 503})
  void whoIsRefusedGetsTheStatusAndNothingElse(int status) throws Exception {
    for (String method : List.of("GET", "HEAD")) {
      Answer answer = ask(method, "/events?status=" + status);
      assertEquals(status, answer.status);
      assertEquals("no-store", answer.header("Cache-Control"));
      assertNull(answer.header("Content-Type"));
    }
    assertEquals(0, hub.connectionCount());
  }

  @ParameterizedTest
  @CsvSource({
    "secret, java.lang.NumberFormatException: For input string: \"secret\"",
    "999, java.lang.IllegalArgumentException: status 999 does not refuse a client",
    "null, returned null: return Admission.to(channels) or Admission.refuse(status)"
  })
  void aMistakeOfTheSelectorIsLoggedAndNotToldToTheClient(String status, String logged)
      throws Exception {
    LogCapture log = LogCapture.of("", Level.CONFIG);
    for (String method : List.of("GET", "HEAD")) {
      Answer answer = ask(method, "/events?status=" + status);
      assertEquals(500, answer.status);
      assertEquals("", answer.whole());
    }
    log.close();
    assertEquals(2, log.details().size(), "" + log.details());
    for (String line : log.details()) {
      assertTrue(line.contains(logged) && line.contains("selector"), line);
    }
  }

  @Test
  void aFunctionOfChannelsThatReturnsNullIsNamed() throws Exception {
    LogCapture log = LogCapture.of("", Level.CONFIG);
    assertEquals(500, get("/null").status);
    log.close();
    assertTrue(
        log.details().get(0).contains(AdmissionIT.class.getName())
            && log.details().get(0).contains("returned null: return the channels' names"),
        "" + log.details());
  }

  @Test
  void headIsAnsweredAsGetWouldBe() throws Exception {
    Answer answer = ask("HEAD", "/events?user=ann");
    assertEquals(200, answer.status);
    assertEquals("text/event-stream;charset=utf-8", answer.header("Content-Type"));
    assertEquals(400, ask("HEAD", "/events?user=ann&channels=a,b,%0A").status);
    assertEquals(0, hub.connectionCount());
  }

  @ParameterizedTest
  @CsvSource({
    "'a,b,c', '3 channels: one connection may have maxChannelsPerConnection 2; ask for fewer'",
    "'a,%0A', 'channel name holds the control character U+000A at index 0; remove it'",
    "'LONG', 'channel name of 201 characters: give it 1 to 200'"
  })
  void channelsOverTheLimitsAreAnsweredWith400(String channels, String message) throws Exception {
    Answer answer = get("/events?user=ann&channels=" + channels.replace("LONG", "x".repeat(201)));
    assertEquals(400, answer.status);
    assertEquals(message, answer.whole());
    assertEquals(0, hub.connectionCount());
  }

  @Test
  void anEventIdOfAnotherChannelBringsNothingOfThatChannel() throws Exception {
    KeptChannels kept = new KeptChannels();
    Feed feed = hub.feed();
    feed.attach(kept);
    // Someone who may listen to both, so that this node's logs have both.
    assertEquals("retry: 1234", get("/events?user=all&channels=of:ann,of:bob").nextLine());
    feed.opened(List.of("of:ann", "of:bob"), new Position(10, 0));
    for (int i = 11; i <= 16; i++) {
      String name = i % 2 == 0 ? "of:ann" : "of:bob";
      feed.deliverAt(name, SseEvent.of(name + i), new Position(i, 0));
    }

    // 13 is bob's: from the log.
    Answer answer = get("/events?user=ann", "Last-Event-ID: 13-0");
    assertEquals("data: of:ann14", answer.nextLine("data: "));
    assertEquals("data: of:ann16", answer.nextLine("data: "));
    feed.deliverAt("of:bob", SseEvent.of("of:bob17"), new Position(17, 0));
    feed.deliverAt("of:ann", SseEvent.of("of:ann18"), new Position(18, 0));
    assertEquals("data: of:ann18", answer.nextLine("data: "));

    // 5 is from before the log: asked of the upstream, for ann's channel alone.
    Answer older = get("/events?user=ann&channels=of:ann", "Last-Event-ID: 5-0");
    assertEquals("data: asked for [of:ann] after 5-0", older.nextLine("data: "));
    assertEquals("data: of:ann16", older.nextLine("data: of:ann16"));
  }

  @Test
  void aLastEventIdThatIsTooLongIsAnUnknownOne() throws Exception {
    Feed feed = hub.feed();
    feed.attach(new KeptChannels());
    Answer answer = get("/events?user=ann", "Last-Event-ID: " + "1".repeat(4_000));
    feed.opened(List.of("of:ann"), new Position(10, 0));
    assertEquals("event: stream-reset", answer.nextLine("event: "));
    assertEquals(
        "data: {\"channel\":null,\"reason\":\"unknown-id\",\"to\":\"10-0\"}", answer.nextLine());
  }

  /** An upstream all of whose channels have history, of which it knows only who asked for it. */
  private static final class KeptChannels implements Upstream {
    @Override
    public boolean hasHistory(String channel) {
      return true;
    }

    @Override
    public void channelOpened(String channel) {}

    @Override
    public void channelClosed(String channel) {}

    @Override
    public void replay(Position after, Collection<String> channels, ReplaySink sink) {
      SseEvent event = SseEvent.of("asked for " + channels + " after " + after).withId("12-0");
      sink.accept(Replay.of(List.of(), List.of(event), new Position(12, 0)));
    }
  }

  // Origins.

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://evil.example",
        "https://app.example.evil.example",
        "http://app.example",
        "https://app.example:8443",
        "https://app.example/",
        "HTTPS://APP.EXAMPLE",
        "null"
      })
  void anotherOriginIsRefused(String origin) throws Exception {
    for (String method : List.of("GET", "HEAD")) {
      Answer answer = ask(method, "/events?user=ann", "Origin: " + origin);
      assertEquals(403, answer.status);
      assertNull(answer.header("Access-Control-Allow-Origin"));
      assertEquals("Origin", answer.header("Vary"));
    }
    Answer preflight = preflight("/events", origin);
    assertEquals(403, preflight.status);
    assertNull(preflight.header("Access-Control-Allow-Origin"));
    assertNull(preflight.header("Access-Control-Allow-Headers"));
    assertEquals(0, hub.connectionCount());
  }

  @ParameterizedTest
  @ValueSource(strings = {APP, "http://localhost:3000"})
  void anAllowedOriginIsNamedExactly(String origin) throws Exception {
    Answer answer = get("/events?user=ann", "Origin: " + origin);
    assertEquals(200, answer.status);
    assertEquals(origin, answer.header("Access-Control-Allow-Origin"));
    assertNull(answer.header("Access-Control-Allow-Credentials"));
    assertEquals("Origin", answer.header("Vary"));

    // A page is to see why it was refused, too.
    Answer refused = get("/events?status=404", "Origin: " + origin);
    assertEquals(origin, refused.header("Access-Control-Allow-Origin"));
  }

  @Test
  void aRequestWithoutOriginIsLetThroughAndNotShared() throws Exception {
    Answer answer = get("/events?user=ann");
    assertEquals(200, answer.status);
    assertNull(answer.header("Access-Control-Allow-Origin"));
    assertEquals("Origin", answer.header("Vary"));
  }

  @Test
  void credentialsAreAllowedOnlyToTheNamedOrigins() throws Exception {
    Answer answer = get("/cookies?user=ann", "Origin: " + APP);
    assertEquals(APP, answer.header("Access-Control-Allow-Origin"));
    assertEquals("true", answer.header("Access-Control-Allow-Credentials"));
    Answer other = get("/cookies?user=ann", "Origin: https://evil.example");
    assertEquals(403, other.status);
    assertNull(other.header("Access-Control-Allow-Credentials"));
  }

  @Test
  void aPreflightRequestIsAnsweredWithoutAskingTheSelector() throws Exception {
    Answer answer = preflight("/cookies", APP);
    assertEquals(204, answer.status);
    assertEquals(APP, answer.header("Access-Control-Allow-Origin"));
    assertEquals("true", answer.header("Access-Control-Allow-Credentials"));
    assertEquals("GET", answer.header("Access-Control-Allow-Methods"));
    assertEquals(
        "Last-Event-ID, Cache-Control, Authorization",
        answer.header("Access-Control-Allow-Headers"));
    assertEquals("Origin", answer.header("Vary"));
  }

  @Test
  void theHeadersThatPagesMaySendAreASetting() throws Exception {
    Answer answer = preflight("/headers", APP);
    assertEquals(204, answer.status);
    assertEquals("GET", answer.header("Access-Control-Allow-Methods"));
    assertEquals(
        "Last-Event-ID, Cache-Control, Authorization, X-Api-Key, X-Trace",
        answer.header("Access-Control-Allow-Headers"));
    assertNull(
        preflight("/headers", "https://evil.example").header("Access-Control-Allow-Headers"));
  }

  @Test
  void everyOriginMayMeanEveryOneButWithoutCredentials() throws Exception {
    for (String origin : List.of("https://evil.example", "null")) {
      Answer answer = get("/any?user=ann", "Origin: " + origin);
      assertEquals("*", answer.header("Access-Control-Allow-Origin"));
      assertNull(answer.header("Access-Control-Allow-Credentials"));
      assertEquals("*", preflight("/any", origin).header("Access-Control-Allow-Origin"));
    }
  }

  @Test
  void theOneLineServletSaysNothingOfOrigins() throws Exception {
    Answer answer = get("/one-line", "Origin: " + APP);
    assertEquals("retry: 1234", answer.nextLine());
    assertNull(answer.header("Access-Control-Allow-Origin"));
    assertNull(answer.header("Vary"));
    Answer options = preflight("/one-line", APP);
    assertEquals(200, options.status);
    assertNull(options.header("Access-Control-Allow-Origin"));
  }

  // HTTP by hand.

  private Answer get(String path, String... headers) throws IOException {
    return ask("GET", path, headers);
  }

  private Answer preflight(String path, String origin) throws IOException {
    return ask(
        "OPTIONS",
        path,
        "Origin: " + origin,
        "Access-Control-Request-Method: GET",
        "Access-Control-Request-Headers: last-event-id");
  }

  /** In HTTP/1.0: a body is what comes until the end, without chunks. */
  private Answer ask(String method, String path, String... headers) throws IOException {
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

  private static final class Answer {
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

    /** The next line that begins so. */
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
