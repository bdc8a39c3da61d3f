package io.github.ssekit.chat;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.Programs;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.redis.RedisBridge;
import io.github.ssekit.servlet.Admission;
import io.github.ssekit.servlet.EventStreamServlet;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionFactory;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The programs of docs/clients.md: each sends its token, reconnects after the end of a response and
 * after a 503, misses nothing, and ends at 204. The npm programs run where Node and their package
 * are installed, which may be in {@code NODE_PATH}.
 */
@Timeout(120)
class ClientsDocIT {
  private static final String PAGE = "docs/clients.md";

  @TempDir Path folder;

  private final Hub hub = Hub.builder().reconnectionTime(Duration.ofMillis(100)).create();
  private final AtomicInteger strangers = new AtomicInteger();
  private final Server jetty = new Server();
  private final ServerConnector connector = new ServerConnector(jetty);

  /** The status of the next refusal; 0 to admit the request. */
  private volatile int refusal;

  private EmbeddedRedis redis;
  private RedisBridge bridge;

  @BeforeEach
  void start() throws Exception {
    redis = EmbeddedRedis.start();
    bridge = RedisBridge.builder(hub, redis.uri()).history(channel -> true).connect();
    connector.setHost("localhost");
    jetty.addConnector(connector);
    ServletHolder events = new ServletHolder(EventStreamServlet.builder(hub, this::admit).create());
    events.setAsyncSupported(true);
    ServletContextHandler context = new ServletContextHandler();
    context.addServlet(events, "/events");
    jetty.setHandler(context);
    jetty.start();
  }

  private Admission admit(HttpServletRequest request) {
    if (!"Bearer secret".equals(request.getHeader("Authorization"))) {
      strangers.incrementAndGet();
    }
    int status = refusal;
    if (status == 503) {
      refusal = 0;
    }
    return status == 0 ? Admission.to("news") : Admission.refuse(status);
  }

  @AfterEach
  void stop() throws Exception {
    hub.close();
    jetty.stop();
    bridge.close();
    redis.close();
  }

  @Test
  void fetchEventSource() throws Exception {
    requirePackage("@microsoft/fetch-event-source");
    // The browser globals that the package needs.
    String page =
        "globalThis.window = globalThis;\nglobalThis.document = new EventTarget();\n"
            + Snippets.of(PAGE, "js").get(0);
    follow(Files.writeString(folder.resolve("page.mjs"), page), "node");
  }

  @Test
  void node() throws Exception {
    requirePackage("eventsource");
    // The pause of five seconds is for a server that restarts.
    String program = Snippets.of(PAGE, "js").get(1).replace("5_000", "50");
    follow(Files.writeString(folder.resolve("node.mjs"), program), "node");
  }

  @Test
  void python() throws Exception {
    Programs.require("python3");
    follow(
        Files.writeString(folder.resolve("client.py"), Snippets.of(PAGE, "python").get(0)),
        "python3");
  }

  private void requirePackage(String name) throws Exception {
    String modules = System.getenv("NODE_PATH");
    if (modules != null) {
      Files.createSymbolicLink(folder.resolve("node_modules"), Path.of(modules));
    }
    boolean isThere =
        Programs.find("node").isPresent()
            && start("node", "-e", "require.resolve('" + name + "')").waitFor() == 0;
    String absent = "npm's " + name + " is not installed";
    if (modules == null) {
      assumeTrue(isThere, absent);
    }
    Programs.require(isThere, absent);
  }

  private void follow(Path program, String language) throws Exception {
    soon().until(() -> bridge.position() != null);
    String url = "http://localhost:8080/events";
    String text = Files.readString(program);
    assertTrue(text.contains(url), text);
    Files.writeString(
        program,
        text.replace(
            url,
            "http://localhost:%d/events?lastEventId=%s"
                .formatted(connector.getLocalPort(), bridge.position())));
    Path said = folder.resolve("said");
    Process process = start(said, language, program.toString());
    try {
      publish("one");
      awaitLines(said, "one");

      // The end of a response, then a node that is down.
      refusal = 503;
      hub.closeIf(connection -> true);
      soon().until(() -> refusal == 0);
      publish("zwei ☃");
      publish("three");
      awaitLines(said, "one", "zwei ☃", "three");

      refusal = 204;
      hub.closeIf(connection -> true);
      assertTrue(process.waitFor(30, TimeUnit.SECONDS), "it goes on after a 204");
      assertEquals(0, process.exitValue(), () -> "see " + said);
      assertEquals(List.of("one", "zwei ☃", "three"), lines(said).subList(0, 3));
      assertEquals(0, strangers.get(), "requests without the token");
    } finally {
      process.destroyForcibly();
    }
  }

  /** Python and Node take a while to start. */
  private static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(30));
  }

  private void publish(String data) {
    Object unused = bridge.publish("news", SseEvent.of(data));
  }

  private static void awaitLines(Path said, String... lines) {
    soon().untilAsserted(() -> assertEquals(List.of(lines), lines(said)));
  }

  private static List<String> lines(Path file) throws IOException {
    return Files.readAllLines(file);
  }

  private Process start(String... command) throws IOException {
    return start(folder.resolve("checked"), command);
  }

  private Process start(Path said, String... command) throws IOException {
    return new ProcessBuilder(command)
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(said.toFile())
        .start();
  }
}
