package io.github.ssekit.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.harness.Ports;
import io.github.ssekit.harness.Programs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The chat behind common front ends, as installed and hardly configured. */
@Tag("page")
class FrontEndIT {
  /**
   * An event is due within 1 s. The limit leaves room for a busy machine, and none for a buffer,
   * which only the chat's heartbeat, every 5 s, would fill or flush.
   */
  private static final Duration SOON = Duration.ofMillis(4_500);

  private static final String TALK = "data: {\"user\":\"Ada\",\"message\":\"%s\"}";

  private static EmbeddedRedis redis;
  private static ChatServer server;

  @TempDir private static Path certificates;

  @TempDir private Path folder;

  @BeforeAll
  static void start() throws Exception {
    Programs.require("nginx", "haproxy", "openssl");
    FrontEnd.certificate(certificates);
    redis = EmbeddedRedis.start();
    server = ChatServer.start(0, redis.uri());
  }

  @AfterAll
  static void stop() throws Exception {
    for (AutoCloseable started : new AutoCloseable[] {server, redis}) {
      if (started != null) {
        started.close();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "nginx, HTTP_1_1, false, ",
    "nginx, HTTP_1_1, true, ",
    "nginx, HTTP_2, true, ",
    "nginx, HTTP_1_1, false, gzip on; gzip_types *; gzip_proxied any; gzip_min_length 0;",
    "nginx, HTTP_2, true, gzip on; gzip_types *; gzip_proxied any; gzip_min_length 0;",
    "haproxy, HTTP_1_1, false, option http-no-delay",
    "haproxy, HTTP_1_1, true, option http-no-delay",
    "haproxy, HTTP_2, true, option http-no-delay"
  })
  void anEventPassesAtOnce(String program, HttpClient.Version version, boolean tls, String more)
      throws Exception {
    Files.copy(certificates.resolve("chat.pem"), folder.resolve("chat.pem"));
    int node = server.uri().getPort();
    String directives = more == null ? "" : more;
    try (FrontEnd front =
        program.equals("nginx")
            ? FrontEnd.nginx(folder, node, tls, directives)
            : FrontEnd.haproxy(folder, node, tls, directives)) {
      HttpClient client = client(version);
      HttpResponse<InputStream> stream =
          client
              .sendAsync(
                  HttpRequest.newBuilder(URI.create(front.uri() + "/new"))
                      .header("Accept-Encoding", "gzip")
                      .build(),
                  HttpResponse.BodyHandlers.ofInputStream())
              .get(SOON.toSeconds(), TimeUnit.SECONDS);
      try (InputStream body = stream.body()) {
        assertEquals(200, stream.statusCode());
        assertEquals(version, stream.version());
        assertEquals(directives.startsWith("gzip on"), isGzip(stream));
        BlockingQueue<String> lines = lines(body, isGzip(stream));
        awaitPosition(lines);
        for (String text : List.of("one", "two", "three")) {
          post(client, front.uri(), text);
          awaitLine(lines, TALK.formatted(text));
        }
      }
    }
  }

  /** Without the option, haproxy holds each event back for 200 ms, in case more bytes follow. */
  @Test
  void haproxyDelaysNoEventWithHttpNoDelay() throws Exception {
    Duration with = leastDelay("option http-no-delay");
    Duration without = leastDelay("");
    assertTrue(
        with.compareTo(without) < 0,
        () -> "least with http-no-delay " + with + ", without " + without);
  }

  private Duration leastDelay(String option) throws Exception {
    try (FrontEnd front = FrontEnd.haproxy(folder, server.uri().getPort(), false, option)) {
      HttpClient client = client(HttpClient.Version.HTTP_1_1);
      HttpResponse<InputStream> stream =
          client.send(
              HttpRequest.newBuilder(URI.create(front.uri() + "/new")).build(),
              HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = stream.body()) {
        BlockingQueue<String> lines = lines(body, false);
        awaitPosition(lines);
        List<Duration> delays = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
          String text = option + " " + i;
          long start = System.nanoTime();
          // Posted directly to the node, so that the front end delays nothing but the event.
          post(client, server.uri(), text);
          awaitLine(lines, TALK.formatted(text));
          delays.add(Duration.ofNanos(System.nanoTime() - start));
        }
        return Collections.min(delays);
      }
    }
  }

  /**
   * The inner nginx consumes the header that turns off buffering, and passes it on only if told.
   */
  @Test
  void anEventPassesThroughTwoNginxAtOnceIfTheInnerPassesTheHeaderOn() throws Exception {
    Path outside = Files.createDirectory(folder.resolve("outer"));
    try (FrontEnd inner =
            FrontEnd.nginx(
                Files.createDirectory(folder.resolve("inner")),
                server.uri().getPort(),
                false,
                "proxy_pass_header X-Accel-Buffering;");
        FrontEnd outer = FrontEnd.nginx(outside, inner.uri().getPort(), false, "")) {
      HttpClient client = client(HttpClient.Version.HTTP_1_1);
      HttpResponse<InputStream> stream =
          client
              .sendAsync(
                  HttpRequest.newBuilder(URI.create(outer.uri() + "/new")).build(),
                  HttpResponse.BodyHandlers.ofInputStream())
              .get(SOON.toSeconds(), TimeUnit.SECONDS);
      try (InputStream body = stream.body()) {
        BlockingQueue<String> lines = lines(body, false);
        awaitPosition(lines);
        for (String text : List.of("through", "both")) {
          post(client, server.uri(), text);
          awaitLine(lines, TALK.formatted(text));
        }
      }
    }
  }

  private static boolean isGzip(HttpResponse<?> response) {
    return response.headers().firstValue("Content-Encoding").orElse("").equals("gzip");
  }

  private static BlockingQueue<String> lines(InputStream body, boolean gzip) {
    BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    Thread reader =
        new Thread(
            () -> {
              // A Reader would wait for more bytes than the inflater has.
              try (InputStream in = gzip ? new GZIPInputStream(body) : body) {
                ByteArrayOutputStream line = new ByteArrayOutputStream();
                for (int next = in.read(); next >= 0; next = in.read()) {
                  if (next == '\n') {
                    lines.add(line.toString(UTF_8));
                    line.reset();
                  } else {
                    line.write(next);
                  }
                }
              } catch (IOException e) {
                lines.add("ended: " + e);
              }
            },
            "lines");
    reader.setDaemon(true);
    reader.start();
    return lines;
  }

  @ParameterizedTest
  @ValueSource(strings = {"nginx", "haproxy"})
  void whileANodeIsDownTheOtherIsAsked(String program) throws Exception {
    int down = Ports.free();
    int node = server.uri().getPort();
    // Each node is the first in one of the two orders.
    for (int[] nodes : new int[][] {{down, node}, {node, down}}) {
      try (FrontEnd front =
          program.equals("nginx")
              ? FrontEnd.nginx(folder, nodes[0], nodes[1])
              : FrontEnd.haproxy(folder, nodes[0], nodes[1])) {
        for (int i = 0; i < 4; i++) {
          HttpRequest request = HttpRequest.newBuilder(URI.create(front.uri() + "/recent")).build();
          assertEquals(
              200,
              HttpClient.newHttpClient()
                  .send(request, HttpResponse.BodyHandlers.discarding())
                  .statusCode());
        }
      }
    }
  }

  /** Waits for the stream's first position: earlier messages may not arrive. */
  private static void awaitPosition(BlockingQueue<String> lines) throws Exception {
    awaitLine(lines, "the first position", line -> line.startsWith("id: "));
  }

  private static void awaitLine(BlockingQueue<String> lines, String expected) throws Exception {
    awaitLine(lines, expected, expected::equals);
  }

  private static void awaitLine(
      BlockingQueue<String> lines, String name, Predicate<String> isExpected) throws Exception {
    List<String> passed = new ArrayList<>();
    long end = System.nanoTime() + SOON.toNanos();
    while (passed.isEmpty() || !isExpected.test(passed.get(passed.size() - 1))) {
      String line = lines.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      assertTrue(line != null, () -> "no " + name + " within " + SOON + " after " + passed);
      passed.add(line);
    }
  }

  private static void post(HttpClient client, URI uri, String text) throws Exception {
    String json = "{\"user\":\"Ada\",\"message\":\"" + text + "\"}";
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build();
    int status = client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    assertEquals(204, status);
  }

  private static HttpClient client(HttpClient.Version version) throws Exception {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (InputStream in = Files.newInputStream(certificates.resolve("certificate.pem"))) {
      trusted.setCertificateEntry(
          "chat", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return HttpClient.newBuilder().version(version).sslContext(context).build();
  }

  @Test
  void thePageComesBackByItselfWhenTheNodeBehindNginxIsRestarted() throws Exception {
    Browser.requireInstalled();
    ChatServer first = ChatServer.start(0, redis.uri());
    int port = first.uri().getPort();
    try (Browser page = Browser.start();
        FrontEnd front = FrontEnd.nginx(folder, port, false, "")) {
      HttpClient client = HttpClient.newHttpClient();
      page.open(front.uri(), "Ada");
      page.awaitState("Connected");
      post(client, front.uri(), "before");
      page.awaitTexts(".message .text", List.of("before"));
      first.close();
      page.awaitState("Reconnecting");
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> Long.valueOf(502).equals(page.evaluate(FETCHED)));
      post(client, server.uri(), "while away");

      try (ChatServer second = ChatServer.start(port, redis.uri())) {
        long restarted = System.nanoTime();
        page.awaitTexts(".message .text", List.of("before", "while away"));
        page.awaitState("Connected");
        Duration took = Duration.ofNanos(System.nanoTime() - restarted);
        // The page tries again after 8 s at the latest, and then shows for 3 s that it is back.
        assertTrue(took.compareTo(Duration.ofSeconds(20)) < 0, () -> "back after " + took);
        post(client, second.uri(), "after");
        page.awaitTexts(".message .text", List.of("before", "while away", "after"));
      }
    } finally {
      first.close();
    }
  }

  private static final String FETCHED =
      "return fetch('/chats/recent').then((response) => response.status)";
}
