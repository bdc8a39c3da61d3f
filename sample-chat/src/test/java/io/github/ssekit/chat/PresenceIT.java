package io.github.ssekit.chat;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.ssekit.event.EventStreamReader;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.redis.Presence;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** Presence in rooms, over two nodes and a real Redis. RedisPresenceIT tests its data in Redis. */
@Tag("redis-times")
class PresenceIT {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private EmbeddedRedis redis;
  private ChatServer one;
  private ChatServer two;

  @BeforeEach
  void start() {
    redis = EmbeddedRedis.start();
    one = ChatServer.start(0, redis.uri());
    two = ChatServer.start(0, redis.uri());
  }

  @AfterEach
  void stop() {
    one.close();
    two.close();
    redis.close();
  }

  /** A page, and the presence lists that it got. */
  private static final class Page implements AutoCloseable {
    private final InputStream stream;
    final List<String> told = new CopyOnWriteArrayList<>();

    Page(URI chats, String room, String name) throws Exception {
      URI uri = chats.resolve("/chats/" + room + "/events" + (name == null ? "" : "?name=" + name));
      stream =
          CLIENT.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofInputStream()).body();
      Thread reader = new Thread(this::read, "page");
      reader.setDaemon(true);
      reader.start();
    }

    private void read() {
      try (EventStreamReader events = new EventStreamReader(stream)) {
        for (SseEvent event = events.next(); event != null; event = events.next()) {
          if ("presence".equals(event.type())) {
            told.add(event.data());
          }
        }
      } catch (IOException e) {
        // The page or its node is gone.
      }
    }

    void awaitHere(String... names) {
      String here = "{\"count\":%d,\"here\":[%s]}";
      String list = names.length == 0 ? "" : "\"" + String.join("\",\"", names) + "\"";
      String expected = here.formatted(names.length, list);
      soon()
          .untilAsserted(
              () -> assertEquals(expected, told.isEmpty() ? null : told.get(told.size() - 1)));
    }

    @Override
    public void close() {
      try {
        stream.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Test
  void whoComesAndGoesIsToldOnEveryNodeAndTabsOfOneNameCountOnce() throws Exception {
    try (Page ann = new Page(one.uri(), "red", "Ann")) {
      ann.awaitHere("Ann");
      try (Page bob = new Page(two.uri(), "red", "Bob");
          Page tab = new Page(two.uri(), "red", "Ann");
          Page elsewhere = new Page(two.uri(), "blue", "Cid")) {
        ann.awaitHere("Ann", "Bob");
        bob.awaitHere("Ann", "Bob");
        tab.awaitHere("Ann", "Bob");
        elsewhere.awaitHere("Cid");
      }
      ann.awaitHere("Ann");
    }
    try (Jedis jedis = new Jedis(redis.uri())) {
      soon().until(() -> jedis.keys("{sse}:here:*").isEmpty());
    }
  }

  private static ConditionFactory soon() {
    return await().atMost(Presence.LIFETIME.plusSeconds(30)).pollInterval(Duration.ofMillis(50));
  }
}
