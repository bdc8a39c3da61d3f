package io.github.ssekit.chat;

import static io.github.ssekit.chat.Browser.soon;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** The connection status on the page, and messages that survive a lost connection. */
class ChatConnectionIT extends TwoBrowsers {
  @Test
  void theStateOfTheConnectionIsSaidInWordsAndA502EndsNothing() throws Exception {
    URI uri;
    try (ChatServer first = ChatServer.start(0, redis.uri())) {
      uri = first.uri();
      ada.open(uri, "Ada");
      ada.awaitState("Connected");
      ada.say("before");
      ada.awaitTexts(SHOWN, List.of("before"));
      ada.noteStates();
      first.drain();
      soon().until(() -> ada.states().contains("The server shuts down"));
    }

    CountDownLatch refused = new CountDownLatch(2);
    HttpServer proxy =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getByName(uri.getHost()), uri.getPort()), 0);
    proxy.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(502, -1);
          exchange.close();
          refused.countDown();
        });
    proxy.start();
    // The first 502 ends the browser's own attempts; the second request comes from the page.
    assertTrue(refused.await(20, TimeUnit.SECONDS));
    ada.awaitState("Reconnecting");
    proxy.stop(0);
    grace.say("while Ada's node is away");

    try (ChatServer second = ChatServer.start(uri.getPort(), redis.uri())) {
      assertEquals(uri, second.uri());
      ada.awaitState("Connected");
      ada.awaitTexts(SHOWN, List.of("before", "while Ada's node is away"));
      assertEquals(List.of(), ada.texts(".note"));
    }
  }

  @Test
  void offlineForAWhileItCountsDownAndCatchesUp() throws Exception {
    grace.say("before");
    ada.awaitTexts(SHOWN, List.of("before"));
    int port = server.uri().getPort();
    server.close(); // for the pages it is as if the network were gone
    ada.awaitState("Reconnecting in");
    ada.say("from nowhere");
    soon().until(() -> ada.element("problem").getText().startsWith("The server can't be reached."));
    assertEquals("from nowhere", ada.element("message").getDomProperty("value"));
    try (ChatServer elsewhere = ChatServer.start(0, redis.uri())) {
      for (int i = 0; i < 12; i++) {
        post(elsewhere.uri(), "{\"user\":\"Joan\",\"message\":\"" + i + "\"}");
      }
    }
    ada.noteStates();
    server = ChatServer.start(port, redis.uri());
    soon().until(() -> ada.states().contains("Back, 12 messages caught up"));
    ada.awaitState("Connected");
    ada.press(Keys.ENTER);
    List<String> all = new ArrayList<>(List.of("before"));
    IntStream.range(0, 12).mapToObj(String::valueOf).forEach(all::add);
    all.add("from nowhere");
    ada.awaitTexts(SHOWN, all);
    grace.awaitTexts(SHOWN, all);
  }

  @Test
  void whoMissedNothingIsToldOfNothing() {
    String told = "Connected to localhost:" + server.uri().getPort();
    ada.awaitTexts("#connection", List.of(told));
    ada.noteStates();
    int port = server.uri().getPort();
    server.close();
    ada.awaitState("Reconnecting in");
    server = ChatServer.start(port, redis.uri());
    ada.awaitTexts("#connection", List.of(told));
    assertFalse(ada.states().contains("caught up"), ada::states);
  }

  @Test
  void aGapInTheHistoryIsSaid() {
    ada.evaluate(
        "for (const [channel, reason] of [['room:lobby', 'trimmed'], ['presence:lobby', 'reconnected'], []])"
            + "  onReset({ data: channel ? JSON.stringify({ channel, reason }) : 'what?' });");
    ada.awaitTexts(
        ".note",
        List.of(
            "Some messages could not be recovered: the server no longer keeps them.",
            "Some messages could not be recovered."));
  }

  @Test
  void theStreamCanBeWatchedAsItArrives() {
    assertFalse(ada.element("raw").isDisplayed());
    ada.element("show-raw").click();
    awaitRaw("(?s)retry: \\d+\\s+id: \\d+-\\d+\\s.*");
    grace.say("seen raw");
    awaitRaw("(?s).*\\sid: \\d+-\\d+\\sdata: \\{\"user\":\"Grace\",\"message\":\"seen raw\".*");
    ada.element("show-raw").click();
    assertFalse(ada.element("raw").isDisplayed());
    ada.say("goes on");
    ada.awaitTexts(SHOWN, List.of("seen raw", "goes on"));
  }

  private static void awaitRaw(String pattern) {
    soon().until(() -> ada.texts("#raw").get(0).matches(pattern));
  }
}
