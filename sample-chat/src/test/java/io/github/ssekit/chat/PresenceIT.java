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
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** Who is here, over several nodes and a real Redis. */
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

  /** A page: what it was told last of who is here. */
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

  @Test
  void aConnectionThatComesBackIsNoLeave() throws Exception {
    try (Page ann = new Page(one.uri(), "red", "Ann")) {
      new Page(one.uri(), "red", "Bob").close();
      ann.awaitHere("Ann", "Bob");
      int before = ann.told.size();
      try (Page back = new Page(two.uri(), "red", "Bob")) {
        back.awaitHere("Ann", "Bob");
        try (Page cid = new Page(two.uri(), "red", "Cid")) {
          cid.awaitHere("Ann", "Bob", "Cid");
          ann.awaitHere("Ann", "Bob", "Cid");
        }
        ann.awaitHere("Ann", "Bob");
      }
      assertEquals(
          List.of(),
          ann.told.subList(before, ann.told.size()).stream()
              .filter(each -> !each.contains("Bob") && each.contains("Cid"))
              .toList());
    }
  }

  @Test
  void aNameOfANodeThatDiesDoesNotStay() throws Exception {
    try (ChatProcess doomed = ChatProcess.jar("--port", "0", "--redis", "" + redis.uri());
        Page ann = new Page(one.uri(), "red", "Ann");
        Page bob = new Page(doomed.awaitUri(), "red", "Bob");
        Page cid = new Page(doomed.awaitUri(), "blue", "Cid");
        Page onlooker = new Page(one.uri(), "blue", null)) {
      bob.awaitHere("Ann", "Bob");
      ann.awaitHere("Ann", "Bob");
      cid.awaitHere("Cid");
      onlooker.awaitHere("Cid");
      doomed.kill();
      ann.awaitHere("Ann");
      onlooker.awaitHere();
    }
  }

  @Test
  void namesComeBackWithRedis() throws Exception {
    try (Page ann = new Page(one.uri(), "red", "Ann");
        Page bob = new Page(two.uri(), "red", "Bob")) {
      ann.awaitHere("Ann", "Bob");
      redis.close();
      redis = EmbeddedRedis.start(redis.uri().getPort());
      try (Page cid = new Page(two.uri(), "red", "Cid")) {
        ann.awaitHere("Ann", "Bob", "Cid");
        bob.awaitHere("Ann", "Bob", "Cid");
        cid.awaitHere("Ann", "Bob", "Cid");
      }
    }
  }

  private static ConditionFactory soon() {
    return await().atMost(Presence.LIFETIME.plusSeconds(30)).pollInterval(Duration.ofMillis(50));
  }
}
