package io.github.ssekit.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.github.ssekit.event.EventStreamReader;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.RedisProcess;
import io.github.ssekit.hub.Hub;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The application as one node and as two nodes. The second node is closed, and its reader resumes
 * on the first node and misses nothing.
 */
// In a separate thread: a read of HttpClient ignores interrupts.
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BoardIT {
  private final HttpClient http = HttpClient.newHttpClient();

  private static ConfigurableApplicationContext node(String... more) {
    String[] settings = new String[more.length + 2];
    settings[0] = "--server.port=0";
    settings[1] = "--ssekit.drain=100ms";
    System.arraycopy(more, 0, settings, 2, more.length);
    return SpringApplication.run(Board.class, settings);
  }

  private static URI uri(ConfigurableApplicationContext node, String path) {
    return URI.create(
        "http://localhost:" + node.getEnvironment().getProperty("local.server.port") + path);
  }

  private EventStreamReader reader(ConfigurableApplicationContext node, String lastEventId)
      throws Exception {
    HttpRequest.Builder get =
        HttpRequest.newBuilder(uri(node, "/boards/main/events"))
            .header("Accept", "text/event-stream");
    if (!lastEventId.isEmpty()) {
      get.header("Last-Event-ID", lastEventId);
    }
    InputStream body = http.send(get.build(), BodyHandlers.ofInputStream()).body();
    return new EventStreamReader(body, lastEventId);
  }

  private void post(ConfigurableApplicationContext node, String text) throws Exception {
    HttpRequest post =
        HttpRequest.newBuilder(uri(node, "/boards/main"))
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"author\":\"ann\",\"text\":\"" + text + "\"}"))
            .build();
    assertEquals(200, http.send(post, BodyHandlers.discarding()).statusCode());
  }

  private static void assertNote(String text, EventStreamReader reader) throws Exception {
    SseEvent event = reader.next();
    assertNotNull(event);
    assertEquals("note", event.type());
    assertEquals("{\"author\":\"ann\",\"text\":\"" + text + "\"}", event.data());
  }

  @Test
  void oneNodeNeedsNoRedis() throws Exception {
    try (ConfigurableApplicationContext node = node();
        EventStreamReader reader = reader(node, "")) {
      post(node, "hello");
      assertNote("hello", reader);
      assertEquals(
          200,
          http.send(HttpRequest.newBuilder(uri(node, "/")).build(), BodyHandlers.discarding())
              .statusCode());
    }
  }

  @Test
  void aReaderMovesFromOneNodeToTheOtherAndMissesNothing(@TempDir Path folder) throws Exception {
    try (RedisProcess redis = RedisProcess.start(folder);
        ConfigurableApplicationContext one = node("--ssekit.redis.url=" + redis.uri())) {
      String lastEventId;
      try (ConfigurableApplicationContext two = node("--ssekit.redis.url=" + redis.uri());
          EventStreamReader reader = reader(two, "")) {
        // Wait until the stream has its first position: from then on it gets all events.
        Awaitility.await()
            .until(
                () ->
                    two.getBean(Hub.class).snapshot(1).connections().stream()
                        .anyMatch(each -> each.bytes() > "retry: 2000\n".length()));
        post(one, "first");
        assertNote("first", reader);
        lastEventId = reader.lastEventId();
      }
      post(one, "missed");
      try (EventStreamReader reader = reader(one, lastEventId)) {
        assertNote("missed", reader);
      }
    }
  }
}
