package io.github.ssekit.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.nimbusds.jose.jwk.source.ImmutableSecret;
import io.github.ssekit.event.EventStreamReader;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.RedisProcess;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.HubSnapshot;
import io.github.ssekit.redis.RedisBridge;
import java.io.IOException;
import java.io.InputStream;
import java.net.CookieManager;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.security.oauth2.jose.jws.MacAlgorithm;
import org.springframework.security.oauth2.jwt.JwsHeader;
import org.springframework.security.oauth2.jwt.JwtClaimsSet;
import org.springframework.security.oauth2.jwt.JwtEncoderParameters;
import org.springframework.security.oauth2.jwt.NimbusJwtEncoder;
import org.springframework.web.servlet.config.annotation.DelegatingWebMvcConfiguration;
import org.springframework.web.servlet.config.annotation.EnableWebMvc;

/**
 * A real application as two nodes, on the Spring Boot and the container of the class path, with a
 * real Redis. Each execution of Failsafe has a class path of its own.
 */
// In a separate thread: a read of HttpClient ignores interrupts.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BootIT {
  private static final Duration DRAIN = Duration.ofSeconds(1);

  /** The Redis user of the node that a test stops: it marks the node's connections. */
  private static final String RESTARTED = "restarted";

  /** Spring MVC without Spring Boot's additions. */
  @Configuration(proxyBeanMethods = false)
  @EnableWebMvc
  static class OwnMvc {}

  /** Records the readiness status and the number of streams just before the drain. */
  static final class BeforeTheDrain implements SmartLifecycle {
    private final Hub hub;
    private final Environment environment;
    private final HttpClient http = HttpClient.newHttpClient();
    private volatile boolean running;
    volatile String seen = "";
    volatile long atNanos;

    BeforeTheDrain(Hub hub, Environment environment) {
      this.hub = hub;
      this.environment = environment;
    }

    @Override
    public void start() {
      running = true;
    }

    @Override
    public void stop() {
      running = false;
      int port = environment.getRequiredProperty("local.server.port", Integer.class);
      URI readiness = URI.create("http://localhost:" + port + "/actuator/health/readiness");
      try {
        int status =
            http.send(HttpRequest.newBuilder(readiness).build(), BodyHandlers.discarding())
                .statusCode();
        seen = "status %d, %d streams".formatted(status, hub.connectionCount());
      } catch (IOException | InterruptedException e) {
        seen = e.toString();
      }
      atNanos = System.nanoTime();
    }

    @Override
    public boolean isRunning() {
      return running;
    }

    @Override
    public int getPhase() {
      return new HubDrain(hub, DRAIN).getPhase() + 1;
    }
  }

  @TempDir private static Path folder;

  /** Whether streams may be compressed: Jetty would not flush the compressed bytes. */
  private static final boolean COMPRESSES = !"jetty".equals(System.getProperty("ssekit.container"));

  /** Whether this class path has Spring Session, whose store is the Redis. */
  private static final boolean SHARED_SESSIONS = Boolean.getBoolean("ssekit.sessions");

  private static RedisProcess redis;
  private static ConfigurableApplicationContext one;
  private static ConfigurableApplicationContext two;

  private static final String GET =
      """
      GET /rooms/stop/events HTTP/1.1\r
      Host: localhost\r
      Accept: text/event-stream\r
      \r
      """;

  private final HttpClient http = HttpClient.newHttpClient();

  @BeforeAll
  static void start() {
    redis = RedisProcess.start(folder, "--user", RESTARTED, "on", ">secret", "~*", "&*", "+@all");
    one = node(RoomsApplication.class);
    two =
        node(
            OwnMvc.class,
            "spring.threads.virtual.enabled=true",
            "server.compression.enabled=true",
            "server.compression.mime-types=" + (COMPRESSES ? "text/event-stream" : "text/plain"),
            "server.compression.min-response-size=1B");
  }

  @AfterAll
  static void stop() {
    one.close();
    two.close();
    redis.close();
  }

  private static ConfigurableApplicationContext node(Class<?> source, String... more) {
    Map<String, Object> settings = new TreeMap<>();
    settings.put("server.port", "0");
    settings.put("spring.data.redis.port", redis.port());
    settings.put("spring.main.banner-mode", "off");
    settings.put("spring.application.admin.enabled", "false");
    settings.put("management.endpoints.web.exposure.include", "health,metrics,ssekit");
    settings.put("management.endpoint.health.show-details", "always");
    settings.put("management.endpoint.health.probes.enabled", "true");
    settings.put("ssekit.drain", DRAIN.toMillis() + "ms");
    settings.put("ssekit.redis.history.channels", "room:*");
    for (String each : more) {
      settings.put(each.substring(0, each.indexOf('=')), each.substring(each.indexOf('=') + 1));
    }
    SpringApplication application = new SpringApplication(RoomsApplication.class, source);
    application.setDefaultProperties(settings);
    application.setRegisterShutdownHook(false);
    return application.run();
  }

  private static int port(ConfigurableApplicationContext node) {
    return Integer.parseInt(node.getEnvironment().getRequiredProperty("local.server.port"));
  }

  private static HttpRequest.Builder request(ConfigurableApplicationContext node, String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port(node) + path))
        .timeout(Duration.ofSeconds(10));
  }

  /** A stream, as an {@code EventSource} opens it. */
  private HttpResponse<InputStream> stream(
      HttpClient client, ConfigurableApplicationContext node, String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder builder = request(node, path).header("Accept", "text/event-stream");
    for (int i = 0; i < headers.length; i += 2) {
      builder.header(headers[i], headers[i + 1]);
    }
    return client.send(builder.build(), BodyHandlers.ofInputStream());
  }

  private String get(ConfigurableApplicationContext node, String path)
      throws IOException, InterruptedException {
    return http.send(request(node, path).build(), BodyHandlers.ofString()).body();
  }

  private void say(ConfigurableApplicationContext node, String room, String text)
      throws IOException, InterruptedException {
    HttpRequest post =
        request(node, "/rooms/" + room)
            .header("Content-Type", "text/plain")
            .POST(HttpRequest.BodyPublishers.ofString(text))
            .build();
    assertEquals(200, http.send(post, BodyHandlers.ofString()).statusCode());
  }

  private static Hub hub(ConfigurableApplicationContext node) {
    return node.getBean(Hub.class);
  }

  /** Waits until a stream with history has its first position: it gets all events from then on. */
  private static void awaitPosition(ConfigurableApplicationContext node, String channel) {
    Awaitility.await()
        .until(
            () ->
                hub(node).snapshot(100).connections().stream()
                    .filter(each -> each.channels().contains(channel))
                    .anyMatch(each -> each.bytes() > "retry: 2000\n".length()));
  }

  @Test
  void theClassPathIsTheOneThatIsMeant() {
    String boot = System.getProperty("ssekit.boot", "3");
    String container = System.getProperty("ssekit.container", "tomcat");
    assertTrue(
        org.springframework.boot.SpringBootVersion.getVersion().startsWith(boot + "."),
        org.springframework.boot.SpringBootVersion.getVersion());
    Map<String, String> classes =
        Map.of(
            "tomcat", "org.apache.catalina.startup.Tomcat",
            "jetty", "org.eclipse.jetty.server.Server",
            "undertow", "io.undertow.Undertow");
    List<String> found = new ArrayList<>();
    classes.forEach(
        (name, type) -> {
          if (BootIT.class.getClassLoader().getResource(type.replace('.', '/') + ".class")
              != null) {
            found.add(name);
          }
        });
    assertEquals(List.of(container), found);
  }

  @Test
  void anEventReachesTheClientsOfEveryNodeAndAClientResumesOnAnother() throws Exception {
    String position;
    try (EventStreamReader reader =
        new EventStreamReader(stream(http, one, "/rooms/a/events").body())) {
      awaitPosition(one, "room:a");
      say(two, "a", "hello");
      SseEvent event = assertNotNullEvent(reader.next());
      assertEquals("said", event.type());
      assertEquals("{\"text\":\"hello\"}", event.data());
      assertEquals(Duration.ofSeconds(2), reader.reconnectionTime().time());
      position = reader.lastEventId();
    }
    say(one, "a", "missed");
    try (EventStreamReader reader =
        new EventStreamReader(
            stream(http, two, "/rooms/a/events", "Last-Event-ID", position).body())) {
      assertEquals("{\"text\":\"missed\"}", assertNotNullEvent(reader.next()).data());
    }
  }

  private static SseEvent assertNotNullEvent(SseEvent event) {
    assertNotNull(event);
    return event;
  }

  @Test
  void theSecondNodeHasItsOwnMvcAndVirtualThreads() throws Exception {
    String mvc = two.getBean(DelegatingWebMvcConfiguration.class).getClass().getName();
    assertTrue(mvc.contains(".DelegatingWebMvcConfiguration"), mvc);
    String thread = get(two, "/thread");
    assertEquals(
        Runtime.version().feature() >= 21, thread.startsWith("VirtualThread"), () -> thread);
  }

  @Test
  void anEventArrivesAtOnceThoughTheServerCompresses() throws Exception {
    HttpResponse<InputStream> response =
        stream(http, two, "/rooms/small/events", "Accept-Encoding", "gzip");
    String coding = response.headers().firstValue("Content-Encoding").orElse("none");
    assertEquals(COMPRESSES ? "gzip" : "none", coding);
    InputStream body =
        coding.equals("gzip") ? new GZIPInputStream(response.body()) : response.body();
    try (EventStreamReader reader = new EventStreamReader(body)) {
      awaitPosition(two, "room:small");
      say(one, "small", "hello");
      assertEquals("{\"text\":\"hello\"}", assertNotNullEvent(reader.next()).data());
      say(one, "small", "again");
      assertEquals("{\"text\":\"again\"}", assertNotNullEvent(reader.next()).data());
    }
  }

  @Test
  void aFilterThatHoldsTheResponseBackIsNamed() throws Exception {
    assertEquals(500, stream(http, one, "/held/events").statusCode());
    Throwable failure =
        ((RoomsApplication.HoldingFilter)
                one.getBean("holding", FilterRegistrationBean.class).getFilter())
            .failure;
    assertTrue(failure instanceof IllegalStateException, () -> "" + failure);
    assertTrue(failure.getMessage().contains("keeps what is written"), failure::getMessage);
    assertTrue(failure.getMessage().contains("$HoldingFilter"), failure::getMessage);
    assertTrue(
        hub(one).snapshot(100).connections().stream()
            .noneMatch(each -> each.channels().contains("room:held")));
  }

  @Test
  void aStreamEndsWhenItsTokenExpires() throws Exception {
    assertEquals(401, stream(http, one, "/tokens/events").statusCode());
    // The expiry of a token has whole seconds.
    Instant expiry = Instant.now().plusSeconds(1).truncatedTo(ChronoUnit.SECONDS);
    String token =
        new NimbusJwtEncoder(new ImmutableSecret<>(RoomsApplication.KEY))
            .encode(
                JwtEncoderParameters.from(
                    JwsHeader.with(MacAlgorithm.HS256).build(),
                    JwtClaimsSet.builder().subject("ann").expiresAt(expiry).build()))
            .getTokenValue();
    HttpResponse<InputStream> response =
        stream(http, one, "/tokens/events", "Authorization", "Bearer " + token);
    assertEquals(200, response.statusCode());
    assertEnds(response);
    assertFalse(Instant.now().isBefore(expiry));
    Awaitility.await()
        .until(
            () ->
                get(one, "/actuator/metrics/ssekit.connections.closed?tag=reason:expired")
                    .contains("\"value\":1.0"));
  }

  @Test
  void anApplicationEventIsPublishedAfterTheCommitAndNotAfterARollback() throws Exception {
    try (EventStreamReader reader =
        new EventStreamReader(stream(http, one, "/orders/7/events").body())) {
      // The channel has no history: publish again until the node has subscribed to it.
      Awaitility.await()
          .until(
              () -> {
                pay("rollback");
                return hub(one).snapshot(100).connections().stream()
                    .anyMatch(each -> each.channels().contains("order:7") && each.events() > 0);
              });
      pay("commit");
      List<String> all = new ArrayList<>();
      do {
        all.add(assertNotNullEvent(reader.next()).data());
      } while (all.get(all.size() - 1).equals("before rollback"));
      assertEquals("before commit", all.get(all.size() - 1));
      assertEquals("{\"order\":\"7\"}", assertNotNullEvent(reader.next()).data());
    }
  }

  private void pay(String outcome) throws IOException, InterruptedException {
    HttpRequest post =
        request(two, "/orders/7/" + outcome).POST(HttpRequest.BodyPublishers.noBody()).build();
    assertEquals(200, http.send(post, BodyHandlers.discarding()).statusCode());
  }

  @Test
  void aControllerAdmitsOrRefuses() throws Exception {
    HttpResponse<InputStream> admitted = stream(http, one, "/guarded/1/events");
    assertEquals(200, admitted.statusCode());
    assertEquals(
        "text/event-stream;charset=utf-8",
        admitted
            .headers()
            .firstValue("Content-Type")
            .orElse("")
            .toLowerCase(Locale.ROOT)
            .replace(" ", ""));
    admitted.body().close();
    HttpResponse<InputStream> refused = stream(http, one, "/guarded/2/events");
    assertEquals(204, refused.statusCode());
    assertEquals(-1, refused.body().read());
  }

  @Test
  void aStreamMayAnswerAPost() throws Exception {
    HttpRequest post =
        request(one, "/questions")
            .header("Accept", "text/event-stream")
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"room\":\"asked\"}"))
            .build();
    HttpResponse<InputStream> response = http.send(post, BodyHandlers.ofInputStream());
    try (EventStreamReader reader = new EventStreamReader(response.body())) {
      assertEquals(200, response.statusCode());
      awaitPosition(one, "room:asked");
      say(two, "asked", "hello");
      assertEquals("{\"text\":\"hello\"}", assertNotNullEvent(reader.next()).data());
    }
  }

  @Test
  void aChannelThatAClientMayNotNameIsItsMistake() throws Exception {
    assertEquals(400, stream(http, one, "/rooms/" + "x".repeat(200) + "/events").statusCode());
    assertEquals(500, stream(http, one, "/forgotten/events").statusCode());
  }

  @Test
  void aControllerCanOpenItsStreamByHandBehindTheEtagFilter() throws Exception {
    try (EventStreamReader reader =
        new EventStreamReader(stream(http, one, "/by-hand/events").body())) {
      awaitPosition(one, "room:hand");
      say(one, "hand", "hello");
      assertEquals("{\"text\":\"hello\"}", assertNotNullEvent(reader.next()).data());
    }
    HttpResponse<String> plain = http.send(request(one, "/plain").build(), BodyHandlers.ofString());
    assertTrue(plain.headers().firstValue("ETag").isPresent());
  }

  @Test
  void anAnonymousClientIsNotLetInAndAStreamEndsWithTheLogOut() throws Exception {
    HttpResponse<InputStream> anonymous = stream(http, one, "/private/events");
    assertEquals(401, anonymous.statusCode());
    HttpClient browser = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
    form(browser, one, "/login", "username=ann&password=secret");
    HttpResponse<InputStream> stream = stream(browser, one, "/private/events");
    assertEquals(200, stream.statusCode());
    HubSnapshot.ConnectionSnapshot mine =
        Awaitility.await()
            .until(
                () ->
                    hub(one).snapshot(100).connections().stream()
                        .filter(each -> each.channels().contains("room:private"))
                        .findFirst(),
                Optional::isPresent)
            .orElseThrow();
    assertEquals("ann", mine.owner());
    form(browser, one, "/logout", "");
    assertEnds(stream);
    Awaitility.await().until(() -> one.getBean(SessionStreams.class).isEmpty());
  }

  private static void assertEnds(HttpResponse<InputStream> stream) {
    try (EventStreamReader reader = new EventStreamReader(stream.body())) {
      assertNull(reader.next());
    } catch (IOException e) {
      // The stream is cut off, so its response has no proper end.
      assertEquals("closed", e.getMessage());
    }
  }

  @Test
  void aLogOutReachesTheStreamsOfTheUserOnOtherNodes() throws Exception {
    HttpClient browser = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
    form(browser, two, "/login", "username=ann&password=secret");
    HttpResponse<InputStream> stream = stream(browser, two, "/private/events");
    assertEquals(200, stream.statusCode());
    if (SHARED_SESSIONS) {
      form(browser, one, "/logout", "");
    } else {
      // With Spring Session, the auto-configuration does this.
      new SharedLogout(one.getBean(RedisBridge.class), SsekitProperties.Owner.PRINCIPAL)
          .loggedOut("ann", null);
    }
    assertEnds(stream);
  }

  private static void form(
      HttpClient browser, ConfigurableApplicationContext node, String path, String body)
      throws IOException, InterruptedException {
    HttpRequest post =
        request(node, path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    int status = browser.send(post, BodyHandlers.ofString()).statusCode();
    assertEquals(302, status);
  }

  @Test
  void operatorsSeeHealthSnapshotAndMetersAndNoStreamAmongTheRequests() throws Exception {
    HttpResponse<InputStream> stream = stream(http, one, "/rooms/seen/events");
    Awaitility.await()
        .until(() -> get(one, "/actuator/health/ssekit").contains("\"status\":\"UP\""));
    assertFalse(get(one, "/actuator/health/liveness").contains("ssekit"));
    assertTrue(get(one, "/actuator/ssekit").contains("\"room:seen\""));
    assertTrue(get(one, "/actuator/metrics/ssekit.connections.open").contains("\"value\":"));
    assertTrue(get(one, "/actuator/metrics/ssekit.redis.subscribed").contains("\"value\":1.0"));
    say(one, "seen", "x");
    assertTrue(get(one, "/actuator/metrics/ssekit.publish").contains("\"published\""));
    stream.body().close();
    Awaitility.await()
        .until(
            () -> {
              say(one, "seen", "x"); // A write finds that the client has gone.
              return get(one, "/actuator/metrics/ssekit.connections.closed?tag=reason:client_gone")
                  .matches(".*\"statistic\":\"COUNT\",\"value\":[1-9].*");
            });
    String requests = get(one, "/actuator/metrics/http.server.requests");
    assertTrue(requests.contains("/rooms/{id}"), requests);
    assertFalse(requests.contains("/events"), requests);
  }

  /** Spring 7 does this with the context of a test while another test has its own context. */
  @Test
  void aContextThatWasPausedTakesStreams() throws Exception {
    boolean canPause =
        Stream.of(ConfigurableApplicationContext.class.getMethods())
            .anyMatch(method -> method.getName().equals("pause"));
    assumeTrue(canPause, "Spring 7");
    try (ConfigurableApplicationContext node = node(RoomsApplication.class)) {
      for (String step : List.of("pause", "restart")) {
        Object unused = ConfigurableApplicationContext.class.getMethod(step).invoke(node);
      }
      assertFalse(hub(node).isDraining());
      try (EventStreamReader reader =
          new EventStreamReader(stream(http, node, "/rooms/paused/events").body())) {
        awaitPosition(node, "room:paused");
        say(node, "paused", "hello");
        assertEquals("{\"text\":\"hello\"}", assertNotNullEvent(reader.next()).data());
      }
    }
  }

  @Test
  void aNodeStopsWithinItsDrainTellsEachClientWhenToComeBackAndLeavesNothing() throws Exception {
    stopWith(Boolean.getBoolean("ssekit.long") ? 1_000 : 5);
  }

  private void stopWith(int count) throws Exception {
    // As devtools does: the class loader identifies the threads that the node starts.
    ClassLoader usual = Thread.currentThread().getContextClassLoader();
    ClassLoader own = new URLClassLoader(new URL[0], usual);
    Thread.currentThread().setContextClassLoader(own);
    ConfigurableApplicationContext node;
    try {
      node =
          node(
              BeforeTheDrain.class,
              "spring.data.redis.username=" + RESTARTED,
              "spring.data.redis.password=secret");
    } finally {
      Thread.currentThread().setContextClassLoader(usual);
    }
    List<Socket> clients = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        Socket client = new Socket();
        client.connect(new InetSocketAddress("localhost", port(node)), 5_000);
        client.setSoTimeout(20_000);
        client.getOutputStream().write(GET.getBytes(StandardCharsets.US_ASCII));
        clients.add(client);
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(40))
          .untilAsserted(() -> assertEquals(count, hub(node).connectionCount()));
      Hub hub = hub(node);
      RedisBridge bridge = node.getBean(RedisBridge.class);
      BeforeTheDrain beforeTheDrain = node.getBean(BeforeTheDrain.class);
      assertTrue(redisClients().contains("user=" + RESTARTED));
      assertTrue(threadsOf(own).contains("sse-timer-1"), threadsOf(own)::toString);
      node.close();
      Duration took = Duration.ofNanos(System.nanoTime() - beforeTheDrain.atNanos);
      assertTrue(took.compareTo(DRAIN.plusSeconds(15)) <= 0, () -> "stopping took " + took);
      assertEquals(0, hub.connectionCount());
      Awaitility.await().until(() -> !bridge.health().isSubscribed());
      assertEquals("status 503, " + count + " streams", beforeTheDrain.seen);
      for (Socket client : clients) {
        String all = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(3, all.split("retry: ", -1).length, all);
      }
      Awaitility.await().until(() -> threadsOf(own), List.of()::equals);
      Awaitility.await().until(() -> !redisClients().contains("user=" + RESTARTED));
    } finally {
      for (Socket client : clients) {
        client.close();
      }
      node.close();
    }
  }

  /**
   * Our threads whose class loader is this one or below it, except {@code sse-chunk-ends}: that
   * thread serves all applications of the JVM, and ends when no application needs it.
   */
  private static List<String> threadsOf(ClassLoader loader) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(
            thread ->
                Stream.iterate(
                        thread.getContextClassLoader(), Objects::nonNull, ClassLoader::getParent)
                    .anyMatch(loader::equals))
        .map(Thread::getName)
        .filter(name -> name.startsWith("sse-") && !name.equals("sse-chunk-ends"))
        .toList();
  }

  private static String redisClients() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), redis.port())) {
      socket.getOutputStream().write("CLIENT LIST\r\nQUIT\r\n".getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
