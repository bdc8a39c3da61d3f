package io.github.ssekit.chat;

import static io.github.ssekit.chat.Browser.soon;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.redis.AnswerOptions;
import io.github.ssekit.redis.AnswerProducer;
import io.github.ssekit.redis.AnswerStreams;
import io.github.ssekit.redis.RedisBridge;
import io.github.ssekit.servlet.Admission;
import io.github.ssekit.servlet.EventStreamServlet;
import io.github.ssekit.servlet.EventStreams;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** An answer, followed by a browser's own EventSource: it stops by itself after the ending. */
@Tag("page")
class AnswerBrowserIT {
  private static final String FOLLOW =
      """
      window.got = [];
      window.source = new EventSource("/answers?id=" + arguments[0]);
      for (const type of ["token", "done", "stream-end"]) {
        source.addEventListener(type, (event) => got.push(event.data));
      }
      """;

  private final Hub hub = Hub.builder().reconnectionTime(Duration.ofMillis(100)).create();
  private final Server jetty = new Server();

  /** The last event ID of each request; empty if absent. */
  private final Queue<String> requests = new ConcurrentLinkedQueue<>();

  private EmbeddedRedis redis;
  private RedisBridge bridge;
  private AnswerStreams answers;
  private Browser browser;
  private URI page;

  /** An empty page. */
  private static final class Page extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.setContentType("text/html");
      response.getOutputStream().print("<!doctype html><title>Answer</title>");
    }
  }

  @BeforeEach
  void start() throws Exception {
    Browser.requireInstalled();
    redis = EmbeddedRedis.start();
    bridge = RedisBridge.builder(hub, redis.uri()).answers().connect();
    answers = bridge.answers();
    ServletContextHandler context = new ServletContextHandler();
    ServletHolder follow =
        new ServletHolder(EventStreamServlet.builder(hub, this::admit).acceptPost().create());
    follow.setAsyncSupported(true);
    context.addServlet(follow, "/answers");
    context.addServlet(new ServletHolder(new Page()), "/");
    ServerConnector connector = new ServerConnector(jetty);
    jetty.addConnector(connector);
    jetty.setHandler(context);
    jetty.start();
    page = URI.create("http://localhost:" + connector.getLocalPort() + "/");
    browser = Browser.start();
    browser.open(page);
  }

  private Admission admit(HttpServletRequest request) {
    String id = EventStreams.lastEventId(request);
    requests.add(id == null ? "" : id);
    return answers
        .follow(request.getParameter("id"), id)
        .map(Admission::to)
        .orElse(Admission.refuse(HttpServletResponse.SC_NO_CONTENT));
  }

  @AfterEach
  void stop() throws Exception {
    if (browser != null) {
      browser.close();
    }
    hub.close();
    jetty.stop();
    if (bridge != null) {
      bridge.close();
    }
    if (redis != null) {
      redis.close();
    }
  }

  private void awaitClosed(List<String> events) {
    // CLOSED: the browser makes no further request, ever.
    soon().until(() -> ((Number) browser.evaluate("return source.readyState")).intValue() == 2);
    assertEquals(events, browser.evaluate("return got"));
  }

  @Test
  void theBrowserGetsTheWholeAndStopsByItself() {
    browser.evaluate(FOLLOW, "x");
    soon().until(() -> requests.size() == 1);
    AnswerProducer producer = answers.start("x", AnswerOptions.DEFAULT);
    for (String word : List.of("It", " depends", ".")) {
      producer.send(SseEvent.of("token", word));
    }
    Position end = producer.end(SseEvent.of("done", "3 tokens"));
    awaitClosed(List.of("It", " depends", ".", "3 tokens"));
    assertEquals("", requests.remove());
    // The id of the ending, or a position after it.
    Position last = Position.parse(requests.remove());
    assertTrue(last != null && !end.isAfter(last), end + ", and then " + last);
    assertEquals(List.of(), List.copyOf(requests));

    browser.open(page);
    requests.clear();
    browser.evaluate(FOLLOW, "x");
    awaitClosed(List.of("It", " depends", ".", "3 tokens"));
    assertEquals(2, requests.size(), "a late viewer: one request and one that is answered 204");
  }

  @Test
  void aStopIsTheEndingOfTheBrowserToo() {
    AnswerProducer producer = answers.start("x", AnswerOptions.DEFAULT);
    producer.send(SseEvent.of("token", "It"));
    browser.evaluate(FOLLOW, "x");
    soon().until(() -> browser.evaluate("return got.length").equals(1L));
    answers.stop("x");
    awaitClosed(List.of("It", "{\"reason\":\"cancelled\"}"));
    assertEquals(2, requests.size());
  }

  @Test
  void theExampleIsFollowedOnTwoNodesAndStoppedOnOne() {
    Duration pause = Duration.ofMillis(200);
    try (AnswerNode one = new AnswerNode(0, redis.uri(), pause);
        AnswerNode two = new AnswerNode(0, redis.uri(), pause)) {
      browser.open(one.uri());
      browser.element("question").sendKeys("Why", Keys.ENTER);
      soon().until(() -> browser.texts("#text").get(0).startsWith("“Why”? That "));
      String first = browser.tab();
      String hash = String.valueOf(browser.evaluate("return location.hash"));
      String late = browser.newTab();
      browser.open(two.uri().resolve("/" + hash));
      soon().until(() -> browser.texts("#text").get(0).startsWith("“Why”? That "));
      browser.element("stop").click();
      browser.awaitTexts("#state", List.of("Ended: cancelled."));
      List<String> text = browser.texts("#text");
      browser.to(first);
      browser.awaitTexts("#state", List.of("Ended: cancelled."));
      assertEquals(text, browser.texts("#text"));
      browser.closeTab();
      browser.to(late);
    }
  }

  @Test
  void aPostMayStartAnAnswerAndFollowIt() {
    AnswerProducer producer = answers.start("x", AnswerOptions.DEFAULT);
    producer.send(SseEvent.of("token", "It"));
    producer.end(SseEvent.of("done", "1 token"));
    browser.evaluate(
        """
        fetch("/answers?id=x", { method: "POST" }).then(async (response) => {
          window.text = await response.text();
        });
        """);
    soon().until(() -> browser.evaluate("return window.text != null").equals(true));
    String text = (String) browser.evaluate("return text");
    assertEquals(1, text.split("event: token\ndata: It\n\n", -1).length - 1, text);
    assertEquals(1, text.split("event: done\ndata: 1 token\n\n", -1).length - 1, text);
  }
}
