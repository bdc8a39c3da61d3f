package io.github.ssekit.chat;

import static io.github.ssekit.chat.Browser.soon;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toList;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientPauseMode;

/**
 * Past messages on the page, in a real browser, with a new Redis for each test. Skipped where no
 * browser is installed.
 */
@Tag("page")
class ChatHistoryIT {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final String SHOWN = ".message .text";
  private static final String PENDING = ".pending .text";

  private static Browser ada;
  private EmbeddedRedis redis;
  private ChatServer server;

  @BeforeAll
  static void startBrowser() {
    Browser.requireInstalled();
    ada = Browser.start();
  }

  @AfterAll
  static void stopBrowser() {
    if (ada != null) {
      ada.close();
    }
  }

  @BeforeEach
  void start() {
    redis = EmbeddedRedis.start();
    server = ChatServer.start(0, redis.uri());
  }

  @AfterEach
  void stop() {
    // The open page would keep sending requests to a closed server.
    ada.open(URI.create("about:blank"));
    server.close();
    redis.close();
  }

  @Test
  void aNewcomerSeesTheLast50MessagesAndThenTheNewOnes() throws Exception {
    post(server.uri(), 0, 70);
    ada.open(server.uri(), "Ada");
    ada.awaitTexts(SHOWN, numbers(20, 70));
    post(server.uri(), 70, 72);
    ada.awaitTexts(SHOWN, numbers(20, 72));
    assertEquals(List.of(), ada.texts(".note"));
  }

  @Test
  void aReloadShowsAllThatThePageHadAndWhatWasSaidMeanwhile() throws Exception {
    post(server.uri(), 0, 10);
    ada.open(server.uri(), "Ada");
    ada.awaitTexts(SHOWN, numbers(0, 10));
    post(server.uri(), 10, 80);
    ada.awaitTexts(SHOWN, numbers(0, 80));
    ada.open(URI.create("about:blank"));
    post(server.uri(), 80, 90);
    ada.open(server.uri(), "Ada");
    ada.awaitTexts(SHOWN, numbers(0, 90));
  }

  @Test
  void noMessageFallsBetweenThePastAndTheStream() throws Exception {
    Thread talk = new Thread(() -> post(server.uri(), 0, 400), "talk");
    talk.start();
    for (int i = 0; i < 5 && talk.isAlive(); i++) {
      ada.open(server.uri());
      soon().until(() -> !ada.texts(SHOWN).isEmpty());
    }
    talk.join(Duration.ofSeconds(60).toMillis());
    soon().until(() -> ada.texts(SHOWN).contains("399"));
    List<String> shown = ada.texts(SHOWN);
    assertEquals(numbers(Integer.parseInt(shown.get(0)), 400), shown);
  }

  @Test
  void thePageBehindTwoNodesShowsEveryMessageOnceThoughOneIsKilled() throws Exception {
    try (ChatProcess node = ChatProcess.jar("--port", "0", "--redis", "" + redis.uri())) {
      int doomed = node.awaitUri().getPort();
      int stays = server.uri().getPort();
      try (Forwarder proxy = new Forwarder(doomed, stays)) {
        ada.open(proxy.uri(), "Ada");
        ada.awaitState("Connected");
        post(server.uri(), 0, 20);
        ada.awaitTexts(SHOWN, numbers(0, 20));

        proxy.to(doomed); // The page can't reconnect until all messages are posted.
        node.kill();
        ada.awaitState("Reconnecting");
        post(server.uri(), 20, 100);
        proxy.to(doomed, stays);
        ada.awaitState("Connected");
        post(server.uri(), 100, 120);
        ada.say("120");
        ada.awaitTexts(SHOWN, numbers(0, 121));
        assertEquals(List.of("120"), ada.texts(".own .text"));
        assertEquals(List.of(), ada.texts(".note"));

        ada.awaitTexts(PENDING, List.of());
        ada.open(proxy.uri());
        ada.awaitTexts(SHOWN, numbers(0, 121));
      }
    }
  }

  @Test
  void whatAnotherProgramPublishesIsShownAsNotKept() throws Exception {
    ada.open(server.uri(), "Ada");
    ada.awaitState("Connected");
    try (Jedis other = new Jedis(redis.uri())) {
      post(server.uri(), 0, 1);
      ada.awaitTexts(SHOWN, numbers(0, 1));
      String same = "{\"user\":\"Bob\",\"message\":\"0\"}";
      soon().until(() -> other.publish(Outside.CHANNEL, same) == 1);
      other.publish(Outside.CHANNEL, same);
      // A program that bypasses the script reaches the room's pages, too, but not their history.
      other.publish("{sse}:channel:" + Room.LOBBY.channel(), same);
    }
    ada.awaitTexts(SHOWN, List.of("0", "0", "0", "0"));
    assertEquals(
        List.of(false, true, true, true),
        ada.texts(".message .by").stream().map(by -> by.endsWith("not kept")).collect(toList()));
    ada.open(server.uri());
    ada.awaitTexts(SHOWN, numbers(0, 1));
  }

  @Test
  void aRedisThatComesBackEmptyIsSaidOnThePage() throws Exception {
    ada.open(server.uri(), "Ada");
    ada.awaitState("Connected");
    post(server.uri(), 0, 3);
    ada.awaitTexts(SHOWN, numbers(0, 3));
    redis.close();
    redis = EmbeddedRedis.start(redis.uri().getPort());
    // The new Redis has no record of the run that the node has seen: lost, not rewound.
    soon()
        .until(() -> ada.texts(".note").contains("Messages were lost: some may be missing here."));
    ada.say("3");
    ada.awaitTexts(SHOWN, numbers(0, 4));
    ada.awaitTexts(PENDING, List.of());
    ada.open(server.uri());
    ada.awaitTexts(SHOWN, numbers(3, 4));
  }

  @Test
  void aMessageOfUncertainFateIsSentAgainAndAppearsOnce() {
    ada.open(server.uri(), "Ada");
    ada.awaitState("Connected");
    try (Jedis other = new Jedis(redis.uri())) {
      other.clientPause(20_000, ClientPauseMode.WRITE);
      // The page must send no typing notice: the message would wait behind it.
      ada.evaluate("typed = Date.now() + 60_000");
      ada.say("once");
      soon().until(() -> ada.element("problem").getText().contains("it can't appear twice"));
      assertEquals("once", ada.element("message").getDomProperty("value"));
      other.clientUnpause();
    }
    ada.press(Keys.ENTER);
    soon().until(() -> "".equals(ada.element("message").getDomProperty("value")));
    ada.say("twice");
    soon().until(() -> ada.texts(SHOWN).contains("twice"));
    assertEquals(List.of("once", "twice"), ada.texts(SHOWN));
  }

  /** The node dies before it responds, or a proxy gives up: the message comes, but no response. */
  @Test
  void aMessageThatComesThoughItsRequestFailedIsTakenForSent() {
    ada.open(server.uri(), "Ada");
    ada.awaitState("Connected");
    String cutOff =
        "window.fetch = (...all) => real(...all).then(() => Promise.reject(new TypeError()));";
    String late =
        "window.fetch = (...all) => (setTimeout(() => real(...all), 500), Promise.reject(new TypeError()));";
    List<String> said = new ArrayList<>();
    for (String how : List.of(cutOff, late)) {
      ada.evaluate("window.real ??= window.fetch;" + how);
      String text = "message " + said.size();
      said.add(text);
      ada.say(text);
      soon().untilAsserted(() -> assertEquals(said, ada.texts(SHOWN)));
      soon().until(() -> "".equals(ada.element("message").getDomProperty("value")));
      soon().until(() -> ada.element("problem").getText().isEmpty());
      soon()
          .until(
              () ->
                  Long.valueOf(0)
                      .equals(ada.evaluate("return document.querySelectorAll('.pending').length")));
    }
  }

  private static List<String> numbers(int from, int to) {
    return IntStream.range(from, to).mapToObj(String::valueOf).collect(toList());
  }

  /** Posts these numbers as Bob, one after the other. */
  private static void post(URI uri, int from, int to) {
    for (String number : numbers(from, to)) {
      HttpRequest request =
          HttpRequest.newBuilder(uri)
              .header("Content-Type", "application/x-www-form-urlencoded")
              .POST(BodyPublishers.ofString("user=Bob&message=" + number))
              .build();
      HttpResponse<String> response =
          CLIENT.sendAsync(request, BodyHandlers.ofString(UTF_8)).join();
      assertEquals(204, response.statusCode(), response::body);
    }
  }
}
