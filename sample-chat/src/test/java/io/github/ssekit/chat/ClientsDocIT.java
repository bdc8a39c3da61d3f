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
 * The programs of docs/clients.md: each sends its token, reconnects after the end of a response,
 * after silence and after a 503, misses nothing, and ends at 204. The npm programs run where Node
 * and their package are installed, which may be in {@code NODE_PATH}.
 */
@Timeout(120)
class ClientsDocIT {
  private static final String PAGE = "docs/clients.md";

  @TempDir Path folder;

  private final Hub hub = Hub.builder().reconnectionTime(Duration.ofMillis(100)).create();
  private final AtomicInteger requests = new AtomicInteger();
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
    requests.incrementAndGet();
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

  /**
   * A program of the page.
   *
   * @param silence how it says the silence after which it breaks off a response
   * @param short300 how it says 300 ms instead
   */
  private record Program(
      String language, String file, String text, String silence, String short300) {}

  private Program fetchEventSource() throws Exception {
    requirePackage("@microsoft/fetch-event-source");
    // The browser globals that the package needs.
    String text =
        "globalThis.window = globalThis;\nglobalThis.document = new EventTarget();\n"
            + Snippets.of(PAGE, "js").get(0);
    return new Program("node", "page.mjs", text, "45_000", "300");
  }

  private Program node() throws Exception {
    requirePackage("eventsource");
    // The pause of five seconds is for a server that restarts.
    String text = Snippets.of(PAGE, "js").get(1).replace("open, 5_000", "open, 50");
    return new Program("node", "node.mjs", text, "45_000", "300");
  }

  private static Program python() throws Exception {
    Programs.require("python3");
    String text = Snippets.of(PAGE, "python").get(0);
    return new Program("python3", "client.py", text, "timeout=45", "timeout=0.3");
  }

  @Test
  void fetchEventSourceFollows() throws Exception {
    follow(fetchEventSource());
  }

  @Test
  void fetchEventSourceBreaksOffASilentResponse() throws Exception {
    breakOffSilence(fetchEventSource());
  }

  @Test
  void nodeFollows() throws Exception {
    follow(node());
  }

  @Test
  void nodeBreaksOffASilentResponse() throws Exception {
    breakOffSilence(node());
  }

  @Test
  void pythonFollows() throws Exception {
    follow(python());
  }

  @Test
  void pythonBreaksOffASilentResponse() throws Exception {
    breakOffSilence(python());
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

  /** Starts the program with the test's URL. Its output goes to the file "said". */
  private Process start(Program program, String text) throws Exception {
    soon().until(() -> bridge.position() != null);
    String url = "http://localhost:8080/events";
    assertTrue(text.contains(url), text);
    Path file =
        Files.writeString(
            folder.resolve(program.file()),
            text.replace(
                url,
                "http://localhost:%d/events?lastEventId=%s"
                    .formatted(connector.getLocalPort(), bridge.position())));
    return start(folder.resolve("said"), program.language(), file.toString());
  }

  /** The hub sends heartbeats every 15 s, so that each response is silent for the program. */
  private void breakOffSilence(Program program) throws Exception {
    assertTrue(program.text().contains(program.silence()), program.text());
    Process process = start(program, program.text().replace(program.silence(), program.short300()));
    try {
      soon().until(() -> requests.get() >= 3);
      refusal = 204;
      assertTrue(process.waitFor(30, TimeUnit.SECONDS), "it goes on after a 204");
      assertEquals(0, process.exitValue(), () -> "see " + folder.resolve("said"));
    } finally {
      process.destroyForcibly();
    }
  }

  private void follow(Program program) throws Exception {
    Process process = start(program, program.text());
    Path said = folder.resolve("said");
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
