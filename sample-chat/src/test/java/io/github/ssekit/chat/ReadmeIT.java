package io.github.ssekit.chat;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.EventStreamReader;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.ChildProcess;
import io.github.ssekit.harness.Ports;
import io.github.ssekit.harness.RedisProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The program of the README, run unchanged except for its ports. */
class ReadmeIT {
  @TempDir Path folder;

  @Test
  @Timeout(60)
  void theProgramSendsAnEventEachSecond() throws Exception {
    String program =
        Snippets.of("README.md", "java").stream()
            .filter(snippet -> snippet.contains("class Main"))
            .findFirst()
            .orElseThrow();
    int port = Ports.free();
    try (RedisProcess redis = RedisProcess.start(Files.createDirectory(folder.resolve("redis")))) {
      Path main = folder.resolve("Main.java");
      Files.writeString(
          main,
          program
              .replace("redis://localhost:6379", redis.uri().toString())
              .replace("8080", "" + port));
      ChildProcess java =
          ChildProcess.start(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  main.toString()),
              folder.resolve("log"));
      try {
        Ports.awaitListening(port, Duration.ofSeconds(40));
        HttpRequest request =
            HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/events")).build();
        try (EventStreamReader events =
            new EventStreamReader(
                HttpClient.newHttpClient().send(request, BodyHandlers.ofInputStream()).body())) {
          for (int i = 0; i < 2; i++) {
            SseEvent event = events.next();
            assertTrue(event.data().startsWith("It is "), event::toString);
            assertNotNull(event.id(), "with history, an event has an id");
          }
        }
      } catch (RuntimeException e) {
        throw new AssertionError(Files.readString(folder.resolve("log")), e);
      } finally {
        java.kill();
      }
    }
  }
}
