package io.github.ssekit.client;

import static io.github.ssekit.client.RawServer.STREAM;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.LogCapture;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.zip.GZIPOutputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The requirements of the standard on an {@code EventSource}, against a server that writes raw
 * bytes.
 */
@Timeout(30)
@SuppressWarnings("try")
class EventSourceTest {
  private static final Duration LONG = Duration.ofSeconds(10);

  private final RawServer server = new RawServer();

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private EventSourceBuilder builder() {
    return EventSource.builder(server.uri())
        .reconnectionTime(Duration.ofMillis(1))
        .maxBackoff(Duration.ofMillis(1));
  }

  private static void assertFails(EventSource source, int status, String message) {
    EventSourceException failure =
        assertThrows(EventSourceException.class, () -> source.next(LONG));
    assertTrue(failure.getMessage().contains(message), failure::getMessage);
    assertEquals(status, failure.statusCode());
    assertEquals(EventSource.State.CLOSED, source.state());
    assertThrows(EventSourceException.class, source::next, "each time");
  }

  private static String header(String request, String name) {
    return request
        .lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT)))
        .map(line -> line.substring(name.length() + 2))
        .findFirst()
        .orElse(null);
  }

  // The request.

  @Test
  void theRequestAsksForAnEventStreamAndNoCache() throws Exception {
    try (EventSource source = builder().open()) {
      assertNull(source.next());
    }
    String request = server.request();
    assertTrue(request.startsWith("GET /events HTTP/1.1\r\n"), request);
    assertEquals("text/event-stream", header(request, "Accept"));
    assertEquals("no-cache", header(request, "Cache-Control"));
    assertNull(header(request, "Last-Event-ID"));
    assertNull(header(request, "Upgrade"));
  }

  /** A connection of HTTP/2 would be shared by all sources and attempts. */
  @Test
  void overTlsHttp2IsNotOffered() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      URI uri = URI.create("https://localhost:" + listener.getLocalPort() + "/");
      try (EventSource source = EventSource.builder(uri).open();
          Socket socket = listener.accept()) {
        InputStream in = socket.getInputStream();
        byte[] head = in.readNBytes(5);
        byte[] hello = in.readNBytes((head[3] & 0xFF) << 8 | (head[4] & 0xFF));
        assertFalse(new String(hello, ISO_8859_1).contains("\002h2"));
        assertEquals(EventSource.State.CONNECTING, source.state());
      }
    }
  }

  /** Its threads may wait for events themselves. */
  @Test
  void aBusyCommonPoolHoldsUpNothing() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    int threads = Math.max(1, ForkJoinPool.getCommonPoolParallelism());
    CountDownLatch busy = new CountDownLatch(threads);
    for (int i = 0; i < threads; i++) {
      ForkJoinPool.commonPool()
          .execute(
              () -> {
                busy.countDown();
                try {
                  end.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
    }
    try {
      assertTrue(busy.await(10, TimeUnit.SECONDS));
      server.thenOpen("data: a\n\n").thenStream("data: b\n\n");
      try (EventSource source = builder().idleTimeout(Duration.ofSeconds(4)).open()) {
        assertEquals("a", source.next(LONG).data());
        assertEquals("b", source.next().data());
      }
    } finally {
      end.countDown();
    }
  }

  @Test
  void headersAreSetAndThoseOfTheSupplierAreAskedForAtEachAttempt() throws Exception {
    AtomicInteger tokens = new AtomicInteger();
    server.thenStream("data: a\n\n");
    try (EventSource source =
        builder()
            .header("X-Fixed", "f")
            .header("accept", "text/event-stream, */*")
            .headers(() -> Map.of("Authorization", "Bearer " + tokens.incrementAndGet()))
            .open()) {
      source.next();
      assertNull(source.next());
    }
    String first = server.request();
    assertEquals("f", header(first, "X-Fixed"));
    assertEquals("text/event-stream, */*", header(first, "Accept"));
    assertEquals("Bearer 1", header(first, "Authorization"));
    assertEquals("Bearer 2", header(server.request(), "Authorization"));
  }

  @Test
  void aSupplierOfHeadersThatThrowsIsAskedAgain() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    server.thenStream("data: a\n\n");
    try (EventSource source =
        builder()
            .headers(
                () -> {
                  if (calls.incrementAndGet() == 1) {
                    throw new IllegalStateException("no token yet");
                  } else if (calls.get() == 2) {
                    sneakily(new Exception("no token yet"));
                  }
                  return Map.of();
                })
            .open()) {
      assertEquals("a", source.next(LONG).data());
    }
  }

  @Test
  void aPostSendsItsBodyAtEachAttempt() throws Exception {
    server.thenStream("id: 1\ndata: a\n\n");
    try (EventSource source =
        builder()
            .header("Content-Type", "text/plain")
            .post(BodyPublishers.ofString("query"))
            .open()) {
      source.next();
      assertNull(source.next());
    }
    assertTrue(server.request().endsWith("\r\n\r\nquery"));
    String second = server.request();
    assertTrue(second.startsWith("POST ") && second.endsWith("\r\n\r\nquery"), second);
    assertEquals("1", header(second, "Last-Event-ID"));
  }

  @Test
  void callersMistakesThrowAtTheCall() {
    EventSourceBuilder builder = builder();
    assertThrows(IllegalArgumentException.class, () -> EventSource.open(URI.create("ftp://a/b")));
    assertThrows(IllegalArgumentException.class, () -> EventSource.open(URI.create("/events")));
    assertThrows(IllegalArgumentException.class, () -> builder.header("Host", "x"));
    assertThrows(IllegalArgumentException.class, () -> builder.header("Last-Event-ID", "x"));
    assertThrows(IllegalArgumentException.class, () -> builder.lastEventId("é"));
    assertThrows(
        IllegalArgumentException.class, () -> builder.reconnectionTime(Duration.ofMillis(-1)));
    assertThrows(IllegalArgumentException.class, () -> builder.answerTimeout(Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> builder.maxEventBytes(0));
    assertThrows(IllegalArgumentException.class, () -> builder.maxQueuedBytes(0));
    HttpClient following =
        HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();
    assertThrows(IllegalArgumentException.class, () -> builder.client(following));
  }

  // The answer.

  @Test
  void status204Closes() throws Exception {
    server.thenStream("data: a\n\n");
    try (EventSource source = builder().open()) {
      assertEquals("a", source.next().data());
      assertNull(source.next());
      assertEquals(EventSource.State.CLOSED, source.state());
      assertNull(source.failure());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {201, 205, 304, 400, 401, 403, 404, 410, 500, 501})
  void anotherStatusFails(int status) {
    server.thenStatus(status);
    try (EventSource source = builder().open()) {
      assertFails(source, status, "status " + status);
      assertEquals(1, server.requestsSoFar().size());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 429, 502, 503, 504, 520, 524})
  void aTemporaryStatusIsTriedAgain(int status) throws Exception {
    server.thenStatus(status).thenStatus(status).thenStream("data: a\n\n");
    try (EventSource source = builder().open()) {
      assertEquals("a", source.next(LONG).data());
    }
  }

  @Test
  void theStandardsRuleFailsAtATemporaryStatusToo() {
    server.thenStatus(503);
    try (EventSource source = builder().retryStatus(status -> false).open()) {
      assertFails(source, 503, "GET " + server.uri() + ": status 503");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "0, 0",
    "100000, 86400",
    "99999999999, 86400",
    "'Fri, 1 Jan 2027 0:0:0 GMT', 0"
  })
  void retryAfterIsWaitedFor(String value, long seconds) throws Exception {
    server.thenStatus(503, "Retry-After: " + value);
    Log log = new Log();
    try (EventSource source = builder().open(log)) {
      assertTrue(log.next().endsWith("status 503"));
      assertEquals(seconds, log.delays.remove().toSeconds());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/event-stream",
        "text/event-stream;charset=utf-8",
        "TEXT/Event-Stream ; x=y",
        "text/event-stream; charset=latin1"
      })
  void theTypeMayHaveParameters(String type) throws Exception {
    server.then(STREAM.replace("text/event-stream", type) + "data: é\n\n");
    try (EventSource source = builder().open()) {
      assertEquals("é", source.next(LONG).data(), "always UTF-8");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/html", "text/event-streams", "application/json", "", "x"})
  void anotherTypeFails(String type) {
    server.then(STREAM.replace("text/event-stream", type) + "data: a\n\n");
    try (EventSource source = builder().open()) {
      assertFails(source, 200, "the content type is \"" + type + "\", not text/event-stream");
    }
  }

  @Test
  void noTypeFails() {
    server.then("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ndata: a\n\n");
    try (EventSource source = builder().open()) {
      assertFails(source, 200, "the content type is \"\"");
    }
  }

  @Test
  void gzipIsNotAskedForAndIsDecodedAsItArrives() throws Exception {
    CountDownLatch firstRead = new CountDownLatch(1);
    server.then(
        socket -> {
          socket
              .getOutputStream()
              .write(
                  STREAM
                      .replace("Connection", "Content-Encoding: gzip\r\nConnection")
                      .getBytes(UTF_8));
          GZIPOutputStream zipped = new GZIPOutputStream(socket.getOutputStream(), 512, true);
          zipped.write("data: a\n\n".getBytes(UTF_8));
          zipped.flush();
          firstRead.await();
          zipped.write("data: b\n\n".getBytes(UTF_8));
          zipped.finish();
        });
    try (EventSource source = builder().open()) {
      assertEquals("a", source.next(LONG).data());
      firstRead.countDown();
      assertEquals("b", source.next(LONG).data());
      assertNull(source.next(LONG));
    }
    assertNull(header(server.request(), "Accept-Encoding"));
  }

  @Test
  void gzipThatIsCutOffIsABrokenStream() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    GZIPOutputStream zipped = new GZIPOutputStream(bytes, 512, true);
    zipped.write("id: 1\ndata: a\n\n".getBytes(UTF_8));
    zipped.flush();
    server.then(
        socket -> {
          String head = STREAM.replace("Connection", "Content-Encoding: gzip\r\nConnection");
          socket.getOutputStream().write(head.getBytes(UTF_8));
          socket.getOutputStream().write(bytes.toByteArray());
        });
    try (EventSource source = builder().open()) {
      assertEquals("a", source.next(LONG).data());
      assertNull(source.next(LONG));
    }
    server.request();
    assertEquals("1", header(server.request(), "Last-Event-ID"));
  }

  @Test
  void anotherCodingFails() {
    server.then(STREAM.replace("Connection", "Content-Encoding: br\r\nConnection") + "x");
    try (EventSource source = builder().open()) {
      assertFails(source, 200, "the content encoding is \"br\"");
    }
  }

  @Test
  void aServerWithoutAnAnswerIsTriedAgain() throws Exception {
    server.then(socket -> socket.getInputStream().read());
    for (int i = 0; i < 10; i++) {
      server.thenStream("data: a\n\n"); // An answer may be late on a busy machine, too.
    }
    try (EventSource source = builder().answerTimeout(Duration.ofSeconds(1)).open()) {
      assertEquals("a", source.next(LONG).data());
    }
  }

  @Test
  void aServerThatIsNotThereYetIsTriedAgain() throws Exception {
    server.close();
    Log log = new Log();
    try (EventSource source = builder().open(log)) {
      for (int i = 0; i < 3; i++) {
        String line = log.next();
        assertTrue(line.startsWith("disconnect GET http://127.0.0.1:"), line);
        assertTrue(line.endsWith("java.net.ConnectException"), line);
      }
      assertEquals(EventSource.State.CONNECTING, source.state());
    }
  }

  // Redirects.

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void aRedirectIsFollowedEachTimeFromTheFirstAddress(int status) throws Exception {
    server
        .thenStatus(status, "Location: /moved?x=1")
        .thenStream("id: 1\ndata: a\n\n")
        .thenStatus(status, "Location: " + server.uri().resolve("/again"));
    Log log = new Log();
    try (EventSource source = builder().header("X-Key", "k").open(log)) {
      assertEquals("open /moved", log.next());
      assertEquals("event a 1", log.next());
      assertTrue(log.next().startsWith("disconnect "));
      assertEquals("close ", log.next());
    }
    assertTrue(server.request().startsWith("GET /events "));
    String moved = server.request();
    assertTrue(moved.startsWith("GET /moved?x=1 "), moved);
    assertEquals("k", header(moved, "X-Key"));
    String back = server.request();
    assertTrue(back.startsWith("GET /events "), back);
    assertEquals("1", header(back, "Last-Event-ID"));
    String again = server.request();
    assertTrue(again.startsWith("GET /again "), again);
    assertEquals("1", header(again, "Last-Event-ID"));
  }

  @ParameterizedTest
  @CsvSource({"301, GET", "302, GET", "303, GET", "307, POST", "308, POST"})
  void aPostIsRedirectedAsAPostBy307And308Alone(int status, String method) throws Exception {
    server.thenStatus(status, "Location: /moved");
    try (EventSource source = builder().post(BodyPublishers.ofString("query")).open()) {
      assertNull(source.next(LONG));
    }
    server.request();
    String moved = server.request();
    assertTrue(moved.startsWith(method + " /moved "), moved);
    assertEquals(method.equals("POST"), moved.endsWith("query"), moved);
  }

  @Test
  void aRedirectToAnotherOriginHasNoHeadersOfTheApplication() throws Exception {
    try (RawServer other = new RawServer()) {
      server.thenStatus(307, "Location: " + other.uri());
      try (EventSource source =
          builder().header("Authorization", "Bearer secret").lastEventId("7").open()) {
        assertNull(source.next(LONG));
      }
      String request = other.request();
      assertNull(header(request, "Authorization"));
      assertEquals("7", header(request, "Last-Event-ID"));
      assertEquals("text/event-stream", header(request, "Accept"));
    }
  }

  @Test
  void aBodyKeepsItsTypeWhenItIsRedirectedToAnotherOrigin() throws Exception {
    try (RawServer other = new RawServer()) {
      server.thenStatus(307, "Location: " + other.uri());
      EventSourceBuilder post =
          builder()
              .post(BodyPublishers.ofString("{}"))
              .header("content-type", "application/json")
              .header("X-Key", "k");
      try (EventSource source = post.open()) {
        assertNull(source.next(LONG));
      }
      String request = other.request();
      assertEquals("application/json", header(request, "Content-Type"));
      assertNull(header(request, "X-Key"));
    }
  }

  @Test
  void aRedirectThatIsAQueryStaysAtThePath() throws Exception {
    server.thenStatus(302, "Location: ?token=1");
    try (EventSource source = builder().open()) {
      assertNull(source.next(LONG));
    }
    server.request();
    String moved = server.request();
    assertTrue(moved.startsWith("GET /events?token=1 "), moved);
  }

  @Test
  void anIdThatNoHeaderCanCarryIsNotSent() throws Exception {
    server.thenStream("id: a\u0001b\ndata: a\n\n");
    try (EventSource source = builder().open()) {
      assertEquals("a", source.next(LONG).data());
      assertNull(source.next(LONG));
      assertEquals("a\u0001b", source.lastEventId());
    }
    server.request();
    assertNull(header(server.request(), "Last-Event-ID"));
  }

  @Test
  void aHeaderReplacesTheOneOfTheSameNameHoweverThatIsWritten() throws Exception {
    EventSourceBuilder builder = builder();
    for (int i = 0; i < 10; i++) {
      builder.header("Accept", "a").header("accept", "b").header("ACCEPT", "c");
    }
    builder.header("authorization", "old").headers(() -> Map.of("Authorization", "new"));
    try (EventSource source = builder.open()) {
      assertNull(source.next(LONG));
    }
    String request = server.request();
    assertEquals("c", header(request, "Accept"));
    assertEquals("new", header(request, "Authorization"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Location: ftp://x/y", "Location: http://[", "Location:", "X: y"})
  void aRedirectToNoAddressFails(String header) {
    server.thenStatus(302, header);
    try (EventSource source = builder().open()) {
      assertFails(source, 302, "a redirect that is not followed");
    }
  }

  @Test
  void aCircleOfRedirectsFails() {
    for (int i = 0; i < 21; i++) {
      server.thenStatus(302, "Location: /events");
    }
    try (EventSource source = builder().open()) {
      assertFails(source, 302, "more than 20 redirects");
    }
  }

  // The stream.

  @Test
  void eventsIdsCommentsAndReconnectionTimesReachTheListener() throws Exception {
    server.thenStream("retry: 5\n: hi\nid: 1\ndata: a\n\nid: 2\n\n");
    Log log = new Log();
    try (EventSource source = builder().open(log)) {
      assertEquals("open /events", log.next());
      assertEquals("retry 5", log.next());
      assertEquals("comment hi", log.next());
      assertEquals("event a 1", log.next());
      assertEquals("disconnect " + server.uri() + ": the server ended the stream", log.next());
      assertEquals("close ", log.next());
      assertEquals("2", source.lastEventId());
      Duration delay = log.delays.remove();
      assertTrue(delay.toMillis() >= 5 && delay.toMillis() <= 6, delay::toString);
    }
    server.request();
    assertEquals("2", header(server.request(), "Last-Event-ID"));
  }

  @Test
  void aCrlfThatIsSplitOverPacketsIsOneLineEnd() throws Exception {
    server.then(STREAM, "data: a\r", "\ndata: b\r", "\n\r", "\n", "data: c\r\n\r", "\n");
    try (EventSource source = builder().open()) {
      assertEquals("a\nb", source.next(LONG).data());
      assertEquals("c", source.next(LONG).data());
    }
  }

  @Test
  void chunksAndAnUnfinishedEventAtTheEnd() throws Exception {
    server.then(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
        "9\r\nid: 1\ndat\r\n",
        "5\r\na: a\n\r\n1\r\n\n\r\n",
        "f\r\nid: 2\ndata: b\n\n\r\n0\r\n\r\n".replace("b\n\n", "b\nx"));
    try (EventSource source = builder().open()) {
      assertEquals("a", source.next(LONG).data());
      assertNull(source.next(LONG));
    }
    server.request();
    assertEquals("1", header(server.request(), "Last-Event-ID"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Transfer-Encoding: chunked\r\n\r\n1c\r\nid: 1\ndata: a\n\n",
        "Transfer-Encoding: chunked\r\n\r\nf\r\nid: 1\ndata: a\n\n\r\n",
        "Content-Length: 1000\r\n\r\nid: 1\ndata: a\n\nid: 2\ndata: b\n"
      })
  void aBodyThatIsCutOffLosesOnlyTheUnfinishedEvent(String rest) throws Exception {
    server.then("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + rest);
    server.thenStream("data: c\n\n");
    try (EventSource source = builder().open()) {
      assertEquals("a", source.next(LONG).data());
      assertEquals("c", source.next(LONG).data());
    }
    server.request();
    assertEquals("1", header(server.request(), "Last-Event-ID"));
  }

  @Test
  void aResetOfTheConnectionIsTheEndOfOneAttempt() throws Exception {
    CountDownLatch read = new CountDownLatch(1);
    server.then(
        socket -> {
          socket.getOutputStream().write((STREAM + "id: 1\ndata: a\n\n").getBytes(UTF_8));
          read.await();
          socket.setSoLinger(true, 0); // RST
        });
    server.thenStream("data: b\n\n");
    try (EventSource source = builder().open()) {
      assertEquals("a", source.next(LONG).data());
      read.countDown();
      assertEquals("b", source.next(LONG).data());
    }
  }

  @Test
  void aConnectionThatStaysSilentIsGivenUp() throws Exception {
    server.thenOpen("id: 1\ndata: a\n\n").thenOpen("data: b\n\n");
    Log log = new Log();
    try (EventSource source = builder().idleTimeout(Duration.ofSeconds(4)).open(log)) {
      assertEquals("open /events", log.next());
      assertEquals("event a 1", log.next());
      assertEquals("disconnect no byte came for PT4S", log.next());
      assertEquals("open /events", log.next());
      assertEquals("event b 1", log.next(), "the last event ID persists over connections");
    }
  }

  @Test
  void aSlowReaderIsNotTheServersSilence() throws Exception {
    server.then(STREAM + "data: " + "x".repeat(1000) + "\n\ndata: b\n\n");
    CountDownLatch slept = new CountDownLatch(1);
    Log log = new Log();
    EventSourceListener slow =
        new EventSourceListener() {
          @Override
          public void onEvent(SseEvent event, String lastEventId) {
            try {
              slept.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            log.onEvent(event, lastEventId);
          }

          @Override
          public void onDisconnect(IOException cause, Duration delay) {
            log.onDisconnect(cause, delay);
          }
        };
    try (EventSource source = builder().idleTimeout(Duration.ofSeconds(4)).open(slow)) {
      Awaitility.await().pollDelay(Duration.ofMillis(4_500)).until(() -> true);
      slept.countDown();
      assertTrue(log.next().startsWith("event xxx"));
      assertEquals("event b ", log.next());
      assertEquals("disconnect " + server.uri() + ": the server ended the stream", log.next());
    }
  }

  @Test
  void anEventOverTheLimitFails() throws Exception {
    server.thenStream("data: a\n\ndata: " + "x".repeat(101) + "\n\n");
    try (EventSource source = builder().maxEventBytes(100).open()) {
      assertEquals("a", source.next(LONG).data());
      assertFails(source, 0, "exceeds maxEventBytes 100");
    }
  }

  @Test
  void anIdBeyondAsciiIsNotSentBack() throws Exception {
    server.thenStream("id: é\ndata: a\n\n");
    try (EventSource source = builder().open()) {
      assertEquals("é", source.next(LONG).id());
      assertNull(source.next(LONG));
    }
    server.request();
    assertNull(header(server.request(), "Last-Event-ID"));
  }

  // Threads, the queue and the end.

  @Test
  void aFullQueueStopsTheServer() throws Exception {
    AtomicInteger written = new AtomicInteger();
    byte[] event = ("data: " + "x".repeat(100_000) + "\n\n").getBytes(UTF_8);
    server.then(
        socket -> {
          socket.getOutputStream().write(STREAM.getBytes(UTF_8));
          for (int i = 0; i < 1000; i++) {
            socket.getOutputStream().write(event);
            written.incrementAndGet();
          }
        });
    try (EventSource source = builder().maxQueuedBytes(500_000).open()) {
      Awaitility.await().until(() -> written.get() > 0);
      int before = -1;
      while (written.get() != before) {
        before = written.get();
        Awaitility.await().pollDelay(Duration.ofMillis(100)).until(() -> true);
      }
      assertTrue(before < 500, "the server has written " + before);
      for (int i = 0; i < 1000; i++) {
        assertEquals(100_000, source.next(LONG).data().length());
      }
    }
  }

  @Test
  void theLastEventIdIsThatOfWhatWasTaken() throws Exception {
    server.thenOpen("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\n\n");
    try (EventSource source = builder().lastEventId("0").open()) {
      assertEquals("0", source.lastEventId());
      source.next(LONG);
      assertEquals("1", source.lastEventId());
      source.next(LONG);
      Awaitility.await().until(() -> source.lastEventId().equals("3"));
    }
    assertEquals("0", header(server.request(), "Last-Event-ID"));
  }

  @Test
  void afterACloseTheLastEventIdIsStillThatOfWhatWasTaken() throws Exception {
    server.thenOpen("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n");
    Thread[] threads = new Thread[1];
    EventSource source =
        builder()
            .maxQueuedBytes(1)
            .threads(task -> threads[0] = new Thread(task, "of-a-test"))
            .open();
    assertEquals("a", source.next(LONG).data());
    source.close();
    threads[0].join();
    assertEquals("1", source.lastEventId());
  }

  @Test
  void afterACloseByAListenerTheLastEventIdIsThatOfItsEvent() throws Exception {
    assertEquals("1", lastEventIdOnceClosed(EventSource::close, source -> {}));
  }

  @Test
  void afterACloseOnAnotherThreadTheLastEventIdIsThatOfTheLastEventThatWasGiven() throws Exception {
    for (int i = 0; i < 50; i++) {
      String id =
          lastEventIdOnceClosed(
              source -> {
                while (source.state() != EventSource.State.CLOSED) {
                  Thread.onSpinWait();
                }
              },
              EventSource::close);
      assertEquals("1", id);
    }
  }

  /**
   * Returns the last event ID of a source that has closed. The server sends two events in one
   * write. The listener runs {@code inListener} on each event, and the test runs {@code inTest}
   * once the first event was given.
   */
  private String lastEventIdOnceClosed(
      Consumer<EventSource> inListener, Consumer<EventSource> inTest) throws Exception {
    server.thenOpen("id: 1\ndata: a\n\nid: 2\ndata: b\n\n");
    CompletableFuture<EventSource> opened = new CompletableFuture<>();
    CountDownLatch given = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    EventSource source =
        builder()
            .open(
                new EventSourceListener() {
                  @Override
                  public void onEvent(SseEvent event, String lastEventId) {
                    given.countDown();
                    inListener.accept(opened.join());
                  }

                  @Override
                  public void onClose(EventSourceException failure) {
                    closed.countDown();
                  }
                });
    opened.complete(source);
    given.await();
    inTest.accept(source);
    closed.await();
    return source.lastEventId();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCheckedExceptionOfAListenerIsLoggedAndTheNextEventFollows(boolean ofReading)
      throws Exception {
    server.thenStream("data: a\n\ndata: b\n\n");
    List<String> given = new CopyOnWriteArrayList<>();
    CountDownLatch closed = new CountDownLatch(1);
    try (LogCapture log = LogCapture.only(EventSource.class, Level.WARNING);
        EventSource source =
            builder()
                .open(
                    new EventSourceListener() {
                      @Override
                      public void onEvent(SseEvent event, String lastEventId) {
                        given.add(event.data());
                        sneakily(ofReading ? new IOException("mine") : new Exception("mine"));
                      }

                      @Override
                      public void onClose(EventSourceException failure) {
                        closed.countDown();
                      }
                    })) {
      closed.await();
      assertEquals(List.of("a", "b"), given);
      assertNull(source.failure());
      assertEquals(2, log.lines("the listener threw").size());
    }
  }

  /** Throws a checked exception that callers don't have to declare, as Kotlin does. */
  @SuppressWarnings("unchecked")
  private static <E extends Exception> void sneakily(Exception e) throws E {
    throw (E) e;
  }

  @Test
  void nextReturnsNullWhenItsTimeIsOver() throws Exception {
    server.thenOpen("");
    try (EventSource source = builder().open()) {
      assertNull(source.next(Duration.ofMillis(50)));
      assertNull(source.next(Duration.ZERO));
      Awaitility.await().until(() -> source.state() == EventSource.State.OPEN);
    }
  }

  @Test
  void closeEndsAllWaiting() throws Exception {
    server.thenOpen("");
    EventSource source = builder().open();
    Thread closer =
        new Thread(
            () -> {
              Awaitility.await().until(() -> source.state() == EventSource.State.OPEN);
              source.close();
            });
    closer.start();
    assertNull(source.next());
    assertEquals(EventSource.State.CLOSED, source.state());
    closer.join();
    source.close();
    source.reconnect();
    assertNull(source.next(LONG));
    assertEquals(1, server.requestsSoFar().size());
  }

  private static boolean isWaitingIn(Thread thread, String method) {
    return (thread.getState() == Thread.State.WAITING
            || thread.getState() == Thread.State.TIMED_WAITING)
        && Arrays.stream(thread.getStackTrace())
            .anyMatch(
                frame ->
                    frame.getClassName().startsWith("io.github.ssekit.client.")
                        && frame.getMethodName().equals(method));
  }

  @ParameterizedTest
  @ValueSource(strings = {"without an answer", "silent", "waiting", "with a full queue"})
  void theThreadEndsAfterClose(String when) throws Exception {
    switch (when) {
      case "without an answer" -> server.then(socket -> socket.getInputStream().read());
      case "silent" -> server.thenOpen("");
      case "waiting" -> server.thenStream("retry: 1000000\n\n");
      default -> server.thenOpen("data: a\n\ndata: b\n\n");
    }
    Thread[] threads = new Thread[1];
    EventSource source =
        builder()
            .maxQueuedBytes(1)
            .threads(task -> threads[0] = new Thread(task, "of-a-test"))
            .open();
    server.request();
    String in =
        switch (when) {
          case "without an answer" -> "open";
          case "silent" -> "read";
          case "waiting" -> "waitAfter";
          default -> "put";
        };
    Awaitility.await().until(() -> isWaitingIn(threads[0], in));
    source.close();
    threads[0].join(20_000);
    assertFalse(threads[0].isAlive());
    assertNull(source.next(LONG));
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  void aVirtualThreadServes() throws Exception {
    Object virtual = Thread.class.getMethod("ofVirtual").invoke(null);
    ThreadFactory factory =
        (ThreadFactory)
            Class.forName("java.lang.Thread$Builder").getMethod("factory").invoke(virtual);
    server.thenStream("data: a\n\n").thenOpen("data: b\n\n");
    try (EventSource source = builder().threads(factory).open()) {
      assertEquals("a", source.next(LONG).data());
      assertEquals("b", source.next(LONG).data());
    }
  }

  @Test
  void aListenerMayCloseItsSource() throws Exception {
    server.thenStream("data: a\n\ndata: b\n\n");
    Log log = new Log();
    EventSource[] source = new EventSource[1];
    CountDownLatch set = new CountDownLatch(1);
    EventSourceListener closing =
        new EventSourceListener() {
          @Override
          public void onEvent(SseEvent event, String lastEventId) {
            try {
              set.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            log.onEvent(event, lastEventId);
            source[0].close();
          }

          @Override
          public void onClose(EventSourceException failure) {
            log.onClose(failure);
          }
        };
    source[0] = builder().open(closing);
    set.countDown();
    assertEquals("event a ", log.next());
    assertEquals("close ", log.next());
  }

  @Test
  void aListenerThatThrowsIsSurvived() throws Exception {
    server.thenStream("data: a\n\ndata: b\n\n");
    Log log = new Log();
    EventSourceListener throwing =
        new EventSourceListener() {
          @Override
          public void onEvent(SseEvent event, String lastEventId) {
            log.onEvent(event, lastEventId);
            throw new IllegalStateException("a listener's defect");
          }
        };
    try (LogCapture capture = LogCapture.only(EventSource.class, Level.WARNING);
        EventSource source = builder().open(throwing)) {
      assertEquals("event a ", log.next());
      assertEquals("event b ", log.next());
      Awaitility.await().until(() -> capture.lines("the listener threw").size() == 2);
      assertThrows(IllegalStateException.class, source::next);
    }
  }

  @Test
  void reconnectConnectsAtOnceWithTheLastEventId() throws Exception {
    server.thenOpen("retry: 1000000\nid: 1\ndata: a\n\n").thenOpen("data: b\n\n");
    server.thenStream("data: c\n\n");
    try (EventSource source = builder().open()) {
      assertEquals("a", source.next(LONG).data());
      source.reconnect();
      assertEquals("b", source.next(LONG).data());
      source.reconnect();
      assertEquals("c", source.next(LONG).data());
      source.reconnect(); // While the source waits to reconnect.
      assertNull(source.next(LONG));
    }
    server.request();
    assertEquals("1", header(server.request(), "Last-Event-ID"));
  }

  @Test
  void closeAndReconnectAtAnyMomentLeaveNoThread() throws Exception {
    Random random = new Random(1);
    for (int i = 0; i < 100; i++) {
      server.thenStream("data: a\n\n").thenOpen("data: b\n\n").thenStatus(503);
      Thread[] threads = new Thread[1];
      EventSource source = builder().threads(task -> threads[0] = new Thread(task)).open();
      Awaitility.await().pollDelay(Duration.ofMillis(random.nextInt(5))).until(() -> true);
      if (random.nextBoolean()) {
        source.reconnect();
      }
      source.close();
      threads[0].join(20_000);
      assertFalse(threads[0].isAlive());
    }
  }

  @Test
  void aServerThatOnlySaysThatItHasNoRoomIsAskedLessAndLessOften() throws Exception {
    for (int i = 0; i < 8; i++) {
      server.thenStream("retry: 0\n: come back later\n\n");
    }
    for (int i = 0; i < 8; i++) {
      server.thenStream("data: " + i + "\n\n");
    }
    List<Duration> waits = delaysUntilTheScriptsEnd(Duration.ofMillis(40));
    assertEquals(16, waits.size());
    // Each wait is random, up to 40 ms: eight zeros in a row don't happen.
    assertTrue(waits.subList(0, 8).stream().anyMatch(wait -> !wait.isZero()), "" + waits);
    assertTrue(waits.subList(8, 16).stream().allMatch(Duration::isZero), "" + waits);
  }

  @Test
  void anIdThatIsTooLongForAHeaderIsNotSent() throws Exception {
    server.thenStream("id: " + "x".repeat(4_096) + "\ndata: a\n\n");
    server.thenStream("id: " + "x".repeat(4_097) + "\ndata: b\n\n");
    try (EventSource source = builder().open()) {
      source.next();
      source.next();
      assertNull(source.next());
      assertEquals(4_097, source.lastEventId().length());
    }
    assertNull(header(server.request(), "Last-Event-ID"));
    assertEquals(4_096, header(server.request(), "Last-Event-ID").length());
    assertNull(header(server.request(), "Last-Event-ID"));
  }

  @Test
  void whatAServerSaysIsCutAndHasNoControlCharactersInAMessage() throws Exception {
    String evil = "text/\u009b2J" + "x".repeat(5_000);
    server.then("HTTP/1.1 200 OK\r\nContent-Type: " + evil + "\r\nConnection: close\r\n\r\n");
    try (EventSource source = builder().open()) {
      EventSourceException failure =
          assertThrows(EventSourceException.class, () -> source.next(LONG));
      assertTrue(failure.getMessage().contains("2Jxxx"), failure::getMessage);
      assertTrue(failure.getMessage().length() < 1_000, failure::getMessage);
      assertFalse(failure.getMessage().chars().anyMatch(Character::isISOControl));
    }
  }

  @Test
  void aStreamThatIsOverIsNotKept() throws Exception {
    InputStream body = new ByteArrayInputStream(new byte[1]);
    WeakReference<InputStream> kept = new WeakReference<>(body);
    InputStream watched = new WatchedInputStream(body, Duration.ofHours(1));
    watched.close();
    watched = null;
    body = null;
    Awaitility.await()
        .until(
            () -> {
              System.gc();
              return kept.get() == null;
            });
  }

  @Test
  void aStreamThatLastsIsNoFailureThoughItIsQuiet() throws Exception {
    for (int i = 0; i < 2; i++) {
      server.then(
          socket -> {
            socket.getOutputStream().write((STREAM + "retry: 0\n\n").getBytes(UTF_8));
            socket.setSoTimeout(6_000);
            assertThrows(SocketTimeoutException.class, () -> socket.getInputStream().read());
          });
    }
    assertEquals(
        List.of(Duration.ZERO, Duration.ZERO), delaysUntilTheScriptsEnd(Duration.ofSeconds(20)));
  }

  private List<Duration> delaysUntilTheScriptsEnd(Duration maxBackoff) {
    Log log = new Log();
    try (EventSource source =
        EventSource.builder(server.uri())
            .reconnectionTime(Duration.ZERO)
            .maxBackoff(maxBackoff)
            .open(log)) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(25))
          .until(() -> source.state() == EventSource.State.CLOSED);
    }
    return List.copyOf(log.delays);
  }
}
