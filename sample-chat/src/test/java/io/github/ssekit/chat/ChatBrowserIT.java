package io.github.ssekit.chat;

import static io.github.ssekit.chat.Browser.soon;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.Keys;
import redis.clients.jedis.Jedis;

/**
 * The page in a real browser, against the real server and a real Redis. Skipped where there is no
 * browser.
 */
class ChatBrowserIT {
  private static final String CHANNEL = ChatServer.OUTSIDE;

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static EmbeddedRedis redis;
  private static ChatServer server;
  private static Jedis publisher;
  private static Browser ada;
  private static Browser grace;

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

  @Test
  void whatOneWritesAppearsInBothAndIsMarkedAsOwnOnlyForTheWriter() {
    ada.say("Hello Grace");
    grace.awaitTexts(".message .text", List.of("Hello Grace"));
    grace.say("Hello Ada");
    ada.awaitTexts(".message .text", List.of("Hello Grace", "Hello Ada"));

    assertEquals(List.of("Hello Grace"), ada.texts(".own .text"));
    assertEquals(List.of("Hello Ada"), grace.texts(".own .text"));
    assertEquals(List.of("Ada", "Grace"), grace.texts(".message .name"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<img src=x onerror=pwned=1>",
        "<svg onload=pwned=1>",
        "<script>pwned=1</script>",
        "\"'><style onload=pwned=1>",
        "<a href=javascript:pwned=1>a</a>",
        "<iframe src=javascript:top.pwned=1>",
        "</p></div></div><form id=say>",
        "&lt;b&gt;${pwned=1}{{pwned=1}}"
      })
  void markupInNamesAndMessagesIsShownAsTextAndRunsNothing(String markup) {
    ada.open(server.uri(), markup);
    ada.awaitState("Connected");
    ada.say(markup);

    for (Browser page : List.of(ada, grace)) {
      page.awaitTexts(".message .text", List.of(markup));
      assertEquals(List.of(markup), page.texts(".message .name"));
      assertEquals("undefined", page.evaluate("return typeof window.pwned"));
      assertEquals(
          List.of("SPAN", "P", "BDI", "TIME", "P"),
          page.evaluate(
              "return Array.from(document.querySelectorAll('.message *'), e => e.tagName)"));
    }
  }

  @Test
  void aMessagePublishedByAnotherRedisClientAppears() {
    publish("{\"user\":\"redis-cli\",\"message\":\"from outside\"}");
    ada.awaitTexts(".message .text", List.of("from outside"));
    grace.awaitTexts(".message .name", List.of("redis-cli"));
  }

  @Test
  void payloadsThatAreNoMessagesAreShownShortAndMarkedAndLeaveThePageWorking() {
    ada.console();
    List<String> foreign =
        List.of(
            "hello",
            "null",
            "42",
            "[1,2]",
            "\"text\"",
            "{\"user\":\"Ada\"}",
            "{\"user\":{},\"message\":[]}",
            "{\"user\":");
    foreign.forEach(ChatBrowserIT::publish);
    ada.awaitTexts(".foreign", foreign);

    publisher.publish(
        CHANNEL.getBytes(UTF_8), new byte[] {0, 1, (byte) 0xff, (byte) 0xc3, 0x28, 27, 'z'});
    publish("x".repeat(900_000));
    publish("[".repeat(500_000));
    publish("{\"user\":\"" + "u".repeat(5_000) + "\",\"message\":\"" + "m".repeat(500_000) + "\"}");
    ada.say("still here");

    ada.awaitTexts(".message .text", List.of("m".repeat(2_000) + "…", "still here"));
    assertEquals("u".repeat(40) + "…", ada.texts(".message .name").get(0));
    List<String> shown = ada.texts(".foreign");
    assertEquals(foreign.size() + 3, shown.size());
    assertTrue(shown.get(foreign.size()).contains("\ufffd"), shown.get(foreign.size()));
    assertEquals("x".repeat(200) + "…", shown.get(foreign.size() + 1));
    assertEquals(List.of(), ada.console());
  }

  @Test
  void aMessageTooLargeToDeliverIsSaidInWordsAndTheNextOneAppears() {
    publish("x".repeat(5_000_000));
    ada.say("next");
    ada.awaitTexts(".message .text", List.of("next"));
    ada.awaitTexts(".note", List.of("A message was too large to be delivered and is left out."));
    assertEquals(List.of(), ada.texts(".foreign"));
  }

  @Test
  void theKeyboardAloneIsEnough() {
    ada.evaluate("localStorage.clear()");
    ada.open(server.uri());
    ada.awaitState("Connected");
    ada.press("Ada", Keys.TAB, "by Enter", Keys.ENTER);
    grace.awaitTexts(".message .text", List.of("by Enter"));
    soon().until(() -> "".equals(ada.evaluate("return document.getElementById('message').value")));
    ada.press("by the button", Keys.TAB, Keys.SPACE);
    grace.awaitTexts(".message .text", List.of("by Enter", "by the button"));
    soon().until(() -> "message".equals(ada.evaluate("return document.activeElement.id")));

    ada.open(server.uri());
    assertEquals("Ada", ada.element("user").getDomProperty("value"), "the name is remembered");
    assertEquals("message", ada.evaluate("return document.activeElement.id"));
  }

  @Test
  void aRefusalIsShownNextToTheBoxAndKeepsWhatWasTyped() {
    String tooLong = "m".repeat(2_001);
    // A script may put in more than maxlength lets anybody type.
    ada.evaluate("document.getElementById('message').value = arguments[0]", tooLong);
    ada.press(Keys.TAB, Keys.ENTER);
    soon().until(() -> ada.element("problem").getText().matches("(?s).*message.*2,?000.*"));
    assertEquals(tooLong, ada.element("message").getDomProperty("value"));
    assertEquals("true", ada.element("message").getDomAttribute("aria-invalid"));

    ada.press(Keys.BACK_SPACE, Keys.ENTER);
    grace.awaitTexts(".message .text", List.of("m".repeat(2_000)));
    soon().until(() -> ada.element("problem").getText().isEmpty());
  }

  @Test
  void theFormSendsWithoutScript() {
    ada.scripts(false);
    try {
      ada.open(server.uri(), "Ada");
      ada.element("message").sendKeys("no script");
      ada.element("send").click();
      grace.awaitTexts(".message .text", List.of("no script"));
    } finally {
      ada.scripts(true);
    }
  }

  @Test
  void theStateOfTheConnectionIsSaidInWordsAndA502EndsNothing() throws Exception {
    URI uri;
    try (ChatServer first = ChatServer.start(0, redis.uri())) {
      uri = first.uri();
      ada.open(uri, "Ada");
      ada.awaitState("Connected");
      ada.say("before");
      ada.awaitTexts(".message .text", List.of("before"));
    }
    ada.awaitState("Reconnecting…");

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
    // The first ends the browser's own trying, the second comes from the page.
    assertTrue(refused.await(20, TimeUnit.SECONDS));
    assertEquals("Reconnecting…", ada.element("connection").getText());
    proxy.stop(0);
    grace.say("while Ada's node is away");

    try (ChatServer second = ChatServer.start(uri.getPort(), redis.uri())) {
      assertEquals(uri, second.uri());
      ada.awaitState("Connected");
      ada.awaitTexts(".message .text", List.of("before", "while Ada's node is away"));
      assertEquals(List.of(), ada.texts(".note"));
    }
  }

  @Test
  void eightTabsShareOneConnectionWhichOutlivesTheTabThatBeganIt() throws Exception {
    List<String> tabs = new ArrayList<>(List.of(ada.tab()));
    while (tabs.size() < 8) {
      tabs.add(ada.newTab());
      ada.open(server.uri(), "Ada");
      ada.awaitState("Connected");
    }
    List<String> said = new ArrayList<>();
    sayAndAwait(said, tabs);
    assertEquals(2, server.connectionCount(), "Ada's and Grace's");

    while (tabs.size() > 1) {
      ada.to(tabs.remove(0));
      say(said);
      ada.closeTab();
      ada.to(tabs.get(0));
      sayAndAwait(said, tabs);
    }
    assertEquals(2, server.connectionCount(), "Ada's and Grace's");
    assertEquals(List.of(), ada.texts(".note"));
  }

  @Test
  void theOtherTabsGoOnWhenTheProcessOfTheSharedConnectionDies() throws Exception {
    try (Browser fragile = Browser.start()) {
      fragile.open(server.uri(), "Ada");
      fragile.awaitState("Connected");
      String first = fragile.tab();
      List<String> tabs = List.of(fragile.newTab());
      fragile.open(server.uri(), "Ada");
      fragile.awaitState("Connected");
      List<String> said = new ArrayList<>();
      say(said);
      fragile.awaitTexts(".message .text", said);

      fragile.to(first);
      fragile.crashTab();
      fragile.to(tabs.get(0));
      say(said);
      fragile.awaitTexts(".message .text", said);
    }
  }

  /** Five more messages, faster than a page would send them. */
  private static void say(List<String> said) throws Exception {
    for (int i = 0; i < 5; i++) {
      said.add("message " + said.size());
      String body = "{\"user\":\"Joan\",\"message\":\"" + said.get(said.size() - 1) + "\"}";
      HttpRequest request =
          HttpRequest.newBuilder(server.uri())
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      assertEquals(204, HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode());
    }
  }

  /** All tabs have all that was said, once. */
  private static void sayAndAwait(List<String> said, List<String> tabs) throws Exception {
    say(said);
    for (String tab : tabs) {
      ada.to(tab);
      ada.awaitTexts(".message .text", said);
    }
  }

  @Test
  void aPhoneHasNoHorizontalScroll() throws IOException {
    ada.phone(360, 640);
    try {
      ada.open(server.uri(), "W".repeat(40));
      ada.awaitState("Connected");
      ada.say("W".repeat(300));
      publish("W".repeat(300));
      ada.awaitTexts(".foreign", List.of("W".repeat(200) + "…"));
      grace.say("Fits?");
      soon().until(() -> ada.texts(".message .text").contains("Fits?"));
      assertEquals(360L, ada.evaluate("return innerWidth"));
      assertEquals(
          List.of(),
          ada.evaluate(
              "return Array.from(document.querySelectorAll('html, body, #log'))"
                  + ".filter(e => e.scrollWidth > e.clientWidth).map(e => e.tagName)"));
      keep("phone", ada.screenshot());
    } finally {
      ada.desktop();
    }
  }

  @Test
  void theConversationIsBoundedAndStaysAtItsEnd() {
    IntStream.rangeClosed(1, 520)
        .forEach(i -> publish("{\"user\":\"u" + i + "\",\"message\":\"" + i + "\"}"));
    List<String> last = IntStream.rangeClosed(21, 520).mapToObj(String::valueOf).toList();
    ada.awaitTexts(".message .text", last);
    String below =
        "const l = document.getElementById('log'); return l.scrollHeight - l.scrollTop - l.clientHeight < 2";
    assertEquals(true, ada.evaluate(below));
  }

  @Test
  void twoPeopleTalkingLookLikeIt() throws IOException {
    List<String> talk =
        List.of(
            "Morning! Did the second node come up?",
            "Yes. I am on it now, and you are still on the first.",
            "So what I type here goes through Redis to you?",
            "Once around the house, and back before I can blink.");
    for (int i = 0; i < talk.size(); i++) {
      (i % 2 == 0 ? ada : grace).say(talk.get(i));
      ada.awaitTexts(".message .text", talk.subList(0, i + 1));
      grace.awaitTexts(".message .text", talk.subList(0, i + 1));
    }
    BufferedImage left = keep("ada", ada.screenshot());
    BufferedImage right = keep("grace", grace.screenshot());
    int gap = 16;
    BufferedImage both =
        new BufferedImage(
            left.getWidth() + gap + right.getWidth(),
            left.getHeight(),
            BufferedImage.TYPE_INT_ARGB);
    Graphics2D canvas = both.createGraphics();
    canvas.drawImage(left, 0, 0, null);
    canvas.drawImage(right, left.getWidth() + gap, 0, null);
    canvas.dispose();
    ImageIO.write(both, "png", Path.of("target", "screenshots", "chat.png").toFile());
  }

  /**
   * Keeps the picture under target/screenshots and checks that it is one: anything but a few flat
   * areas.
   */
  private static BufferedImage keep(String name, byte[] png) throws IOException {
    Path file = Path.of("target", "screenshots", name + ".png");
    Files.createDirectories(file.getParent());
    Files.write(file, png);
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
    int[] pixels =
        image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    long colours = IntStream.of(pixels).distinct().count();
    assertTrue(colours > 100, () -> file + " has only " + colours + " colours");
    return image;
  }

  private static void publish(String payload) {
    publisher.publish(CHANNEL, payload);
  }
}
