package io.github.ssekit.chat;

import static io.github.ssekit.chat.Browser.soon;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.ssekit.event.EventStreamReader;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.Programs;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lobby and a program that knows nothing but Redis: redis-cli itself. */
class OutsideIT extends TwoBrowsers {
  @TempDir Path folder;

  @BeforeEach
  void needsRedisCli() {
    Programs.require("redis-cli");
  }

  @Test
  void whatIsSaidInTheLobbyIsHeardOutsideAndWhatIsSaidThereIsSeenOnEachPageOnce() throws Exception {
    Path heard = folder.resolve("heard");
    Process subscriber = redisCli(heard, "SUBSCRIBE", Outside.CHANNEL);
    try (ChatServer other = ChatServer.start(0, redis.uri());
        EventStreamReader near = events(server.uri());
        EventStreamReader far = events(other.uri())) {
      soon().until(() -> publisher.pubsubNumSub(CHANNEL).get(CHANNEL) == 3); // two nodes, redis-cli
      ada.say("from the page");
      soon().until(() -> String.join(" ", lines(heard)).contains("from the page"));
      redisCli(folder.resolve("said"), "PUBLISH", CHANNEL, json("Rails", "from outside")).waitFor();
      post(server.uri(), json("Ann", "last"));

      List<String> all = List.of("from the page", "from outside", "last");
      ada.awaitTexts(SHOWN, all);
      grace.awaitTexts(SHOWN, all);
      for (EventStreamReader stream : List.of(near, far)) {
        List<SseEvent> said = untilLast(stream);
        assertEquals(all, said.stream().map(each -> text(each.data())).toList());
        assertEquals(json("Rails", "from outside"), said.get(1).data());
      }
      soon()
          .until(
              () -> {
                List<String> soFar = lines(heard);
                return !soFar.isEmpty() && text(soFar.get(soFar.size() - 1)).equals("last");
              });
      List<JsonNode> messages =
          lines(heard).stream().filter(l -> l.startsWith("{")).map(OutsideIT::parse).toList();
      assertEquals(all, messages.stream().map(each -> each.path("message").textValue()).toList());
      assertEquals("Ada", messages.get(0).path("user").textValue());
      assertTrue(messages.get(0).path("id").textValue().matches("\\d+-\\d+"));
    } finally {
      subscriber.destroy();
      soon().until(() -> publisher.pubsubNumSub(CHANNEL).get(CHANNEL) < 2);
    }
  }

  @Test
  void whatIsSaidInARoomStaysThere() throws Exception {
    Path heard = folder.resolve("heard");
    Process subscriber = redisCli(heard, "SUBSCRIBE", Outside.CHANNEL);
    try {
      soon().until(() -> publisher.pubsubNumSub(CHANNEL).get(CHANNEL) == 2);
      post(URI.create(server.uri() + "/red"), json("Ann", "in red"));
      post(server.uri(), json("Ann", "in the lobby"));
      soon().until(() -> String.join(" ", lines(heard)).contains("in the lobby"));
      assertTrue(lines(heard).stream().noneMatch(line -> line.contains("in red")));
    } finally {
      subscriber.destroy();
      soon().until(() -> publisher.pubsubNumSub(CHANNEL).get(CHANNEL) < 2);
    }
  }

  private static Process redisCli(Path output, String... command) throws IOException {
    List<String> words = new ArrayList<>(List.of("redis-cli", "-p", "" + redis.uri().getPort()));
    words.addAll(List.of(command));
    return new ProcessBuilder(words)
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        .start();
  }

  private static List<String> lines(Path file) throws IOException {
    return Files.readString(file, UTF_8).lines().toList();
  }

  private static EventStreamReader events(URI chats) throws Exception {
    return ChatStream.open(CLIENT, URI.create(chats + "/new"));
  }

  /** The events without a type, up to the message {@code last}. */
  private static List<SseEvent> untilLast(EventStreamReader stream) throws IOException {
    List<SseEvent> said = new ArrayList<>();
    while (said.isEmpty() || !text(said.get(said.size() - 1).data()).equals("last")) {
      SseEvent event = stream.next();
      if (event.type() == null) {
        said.add(event);
      }
    }
    return said;
  }

  private static String json(String user, String message) {
    return "{\"user\":\"%s\",\"message\":\"%s\"}".formatted(user, message);
  }

  private static String text(String json) {
    return json.startsWith("{") ? parse(json).path("message").textValue() : "";
  }

  private static JsonNode parse(String json) {
    try {
      return new ObjectMapper().readTree(json);
    } catch (IOException e) {
      throw new AssertionError(json, e);
    }
  }
}
