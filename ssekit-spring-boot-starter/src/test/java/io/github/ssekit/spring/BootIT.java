package io.github.ssekit.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.EventStreamReader;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.RedisProcess;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.HubSnapshot;
import io.github.ssekit.redis.RedisBridge;
import java.io.IOException;
import java.io.InputStream;
import java.net.CookieManager;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * A real application as two nodes, on the Spring Boot and the container of the class path, with a
 * real Redis. Each execution of Failsafe has a class path of its own.
 */
// In a thread of its own: a read of HttpClient heeds no interrupt.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BootIT {
  private static final Duration DRAIN = Duration.ofSeconds(1);

  @TempDir private static Path folder;

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
    redis = RedisProcess.start(folder);
    one = node();
    two = node();
  }

  @AfterAll
  static void stop() {
    one.close();
    two.close();
    redis.close();
  }

  private static ConfigurableApplicationContext node(String... more) {
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
    SpringApplication application = new SpringApplication(RoomsApplication.class);
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
  void anApplicationEventIsPublished() throws Exception {
    try (EventStreamReader reader =
        new EventStreamReader(stream(http, one, "/orders/7/events").body())) {
      HttpRequest post =
          request(two, "/orders/7/paid").POST(HttpRequest.BodyPublishers.noBody()).build();
      // Without history: again until the node has subscribed to the channel.
      Awaitility.await()
          .until(
              () -> {
                http.send(post, BodyHandlers.discarding());
                return hub(one).snapshot(100).connections().stream()
                    .anyMatch(each -> each.channels().contains("order:7") && each.events() > 0);
              });
      assertEquals("{\"order\":\"7\"}", assertNotNullEvent(reader.next()).data());
    }
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
        hub(one).snapshot(100).connections().stream()
            .filter(each -> each.channels().contains("room:private"))
            .findFirst()
            .orElseThrow();
    assertEquals("ann", mine.owner());
    form(browser, one, "/logout", "");
    try (EventStreamReader reader = new EventStreamReader(stream.body())) {
      assertNull(reader.next());
    }
    Awaitility.await().until(() -> one.getBean(SessionStreams.class).isEmpty());
  }

  @Test
  void aLogOutReachesTheStreamsOfTheUserOnOtherNodes() throws Exception {
    HttpClient browser = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
    form(browser, two, "/login", "username=ann&password=secret");
    HttpResponse<InputStream> stream = stream(browser, two, "/private/events");
    assertEquals(200, stream.statusCode());
    // As the auto-configuration does if there is Spring Session.
    new SharedLogout(one.getBean(RedisBridge.class), SsekitProperties.Owner.PRINCIPAL)
        .loggedOut("ann", null);
    try (EventStreamReader reader = new EventStreamReader(stream.body())) {
      assertNull(reader.next());
    }
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
            () ->
                get(one, "/actuator/metrics/ssekit.connections.closed?tag=reason:client_gone")
                    .contains("COUNT"));
    String requests = get(one, "/actuator/metrics/http.server.requests");
    assertTrue(requests.contains("/rooms/{id}"), requests);
    assertFalse(requests.contains("/events"), requests);
  }

  @Test
  void aNodeStopsWithinItsDrainAndTellsEachClientWhenToComeBack() throws Exception {
    stopWith(Boolean.getBoolean("ssekit.long") ? 1_000 : 5);
  }

  private void stopWith(int count) throws Exception {
    ConfigurableApplicationContext node = node();
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
      long start = System.nanoTime();
      node.close();
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      assertTrue(took.compareTo(DRAIN.plusSeconds(2)) <= 0, () -> "stopping took " + took);
      assertEquals(0, hub.connectionCount());
      assertFalse(bridge.health().isSubscribed());
      for (Socket client : clients) {
        String all = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(3, all.split("retry: ", -1).length, all);
      }
    } finally {
      for (Socket client : clients) {
        client.close();
      }
      node.close();
    }
  }
}
