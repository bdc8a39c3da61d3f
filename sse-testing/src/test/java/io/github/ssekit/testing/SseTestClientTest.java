package io.github.ssekit.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.client.EventSource;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.redis.RedisBridge;
import io.github.ssekit.servlet.EventStreamServlet;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The client against a hub with a Redis, on a Jetty. */
@Timeout(60)
class SseTestClientTest {
  @RegisterExtension static final RedisExtension REDIS = new RedisExtension();

  private static Hub hub;
  private static RedisBridge bridge;
  private static Server server;
  private static URI events;

  @BeforeAll
  static void start() throws Exception {
    // After this short linger, each test opens the channel again.
    hub = Hub.builder().linger(Duration.ofMillis(1)).create();
    bridge = RedisBridge.builder(hub, REDIS.uri()).history(name -> true).connect();
    server = new Server(0);
    ServletContextHandler context = new ServletContextHandler();
    ServletHolder holder =
        new ServletHolder(
            EventStreamServlet.of(hub, request -> List.of("room:" + request.getParameter("room"))));
    holder.setAsyncSupported(true);
    context.addServlet(holder, "/events");
    server.setHandler(context);
    server.start();
    int port = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
    events = URI.create("http://localhost:" + port + "/events?room=1");
  }

  @AfterAll
  static void stop() throws Exception {
    server.stop();
    hub.close();
    bridge.close();
  }

  @Test
  void aClientThatWasAwayGetsWhatItMissed() {
    try (SseTestClient client = SseTestClient.connect(events)) {
      client.awaitLastEventId();
      bridge.publish("room:1", SseEvent.of("hello"));
      client.assertNext("hello");
      client.disconnect();
      bridge.publish("room:1", SseEvent.of("chat", "missed"));
      client.reconnect();
      client.assertNext("chat", "missed");
    }
  }

  @Test
  void theFailurePrintsWhatTheWireSaid() {
    try (SseTestClient client = SseTestClient.connect(events)) {
      client.awaitLastEventId();
      bridge.publish("room:1", SseEvent.of("a"));
      bridge.publish("room:1", SseEvent.of("chat", "b"));
      assertEquals("b", client.awaitEvent("chat").data());
      String id = client.awaitLastEventId();
      AssertionError failure =
          assertThrows(AssertionError.class, () -> client.next(Duration.ofMillis(20)));
      assertTrue(
          failure
              .getMessage()
              .startsWith(
                  "expected an event, but none came in PT0.02S; the wire said:\n> GET "
                      + events
                      + "\n< 200, text/event-stream;charset=utf-8\nretry: "),
          failure::getMessage);
      assertTrue(failure.getMessage().contains("data: a\n\n"), failure::getMessage);
      client.assertNothing(Duration.ZERO);
      client.reconnect();
      assertTrue(client.wire().contains(", Last-Event-ID " + id + "\n< 200"), client::wire);
      assertThrows(AssertionError.class, () -> client.awaitEvent(e -> true, Duration.ofMillis(1)));
    }
  }

  @Test
  void theEndOfTheStreamIsTold() {
    try (SseTestClient client = SseTestClient.connect(events)) {
      hub.closeIf(connection -> true);
      client.awaitEnd();
      AssertionError failure = assertThrows(AssertionError.class, client::next);
      assertTrue(failure.getMessage().contains("the server ended the stream"));
      assertTrue(failure.getMessage().endsWith("-- " + events + ": the server ended the stream\n"));
    }
  }

  @Test
  void theHttpClientOfTheTestIsUsedAndItsWireIsRead() {
    // The client uses the server as a proxy: nothing else knows the host.
    HttpClient http =
        HttpClient.newBuilder()
            .proxy(ProxySelector.of(new InetSocketAddress("localhost", events.getPort())))
            .build();
    URI elsewhere = URI.create("http://elsewhere.invalid/events?room=1");
    try (SseTestClient client =
        SseTestClient.connect(EventSource.builder(elsewhere).client(http))) {
      client.awaitLastEventId();
      bridge.publish("room:1", SseEvent.of("a"));
      client.assertNext("a");
      client.reconnect();
      bridge.publish("room:1", SseEvent.of("b"));
      client.assertNext("b");
      assertTrue(client.wire().contains("data: b\n\n"), client::wire);
      assertEquals(1, client.wire().split("data: a", -1).length - 1, client::wire);
    }
  }

  @Test
  void anotherAnswerThanAStreamIsTold() {
    AssertionError failure =
        assertThrows(
            AssertionError.class,
            () -> SseTestClient.connect(EventSource.builder(events.resolve("/nowhere"))));
    assertTrue(failure.getMessage().contains("/nowhere: status 404"), failure::getMessage);
    assertTrue(
        assertThrows(
                AssertionError.class,
                () -> SseTestClient.connect(URI.create("http://localhost:1/")))
            .getMessage()
            .contains("ConnectException"));
  }
}
