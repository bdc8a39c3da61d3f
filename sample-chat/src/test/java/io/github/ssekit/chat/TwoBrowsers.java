package io.github.ssekit.chat;

import static io.github.ssekit.chat.Browser.soon;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import redis.clients.jedis.Jedis;

/**
 * Two people, each with a browser, in the lobby of one node with a real Redis. Skipped where no
 * browser is installed. The tag names the subject of these tests: the page, which another JDK does
 * not change.
 */
@Tag("page")
abstract class TwoBrowsers {
  static final String CHANNEL = Outside.CHANNEL;
  static final String SHOWN = ".message .text";
  static final HttpClient CLIENT = HttpClient.newHttpClient();

  static EmbeddedRedis redis;
  static ChatServer server;
  static Jedis publisher;
  static Browser ada;
  static Browser grace;

  @BeforeAll
  static void start() throws Exception {
    Browser.requireInstalled();
    redis = EmbeddedRedis.start();
    server = ChatServer.start(0, redis.uri());
    publisher = new Jedis(redis.uri());
    ada = Browser.start();
    grace = Browser.start();
  }

  @AfterAll
  static void stop() throws Exception {
    for (AutoCloseable started : new AutoCloseable[] {grace, ada, publisher, server, redis}) {
      if (started != null) {
        started.close();
      }
    }
    grace = ada = null;
    server = null;
    publisher = null;
    redis = null;
  }

  @BeforeEach
  void bothAreConnectedAndNothingIsSaidYet() {
    publisher.del("{sse}:stream:" + Room.LOBBY.channel());
    ada.open(server.uri(), "Ada");
    grace.open(server.uri(), "Grace");
    ada.awaitState("Connected");
    grace.awaitState("Connected");
    soon().until(() -> publisher.pubsubNumSub(CHANNEL).getOrDefault(CHANNEL, 0L) > 0);
  }

  /** Publishes to the lobby as another program. */
  static void publish(String payload) {
    publisher.publish(CHANNEL, payload);
  }

  /** Posts JSON, as a program would. */
  static void post(URI uri, String json) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json))
            .build();
    HttpResponse<String> response = CLIENT.send(request, BodyHandlers.ofString());
    assertEquals(204, response.statusCode(), response::body);
  }
}
