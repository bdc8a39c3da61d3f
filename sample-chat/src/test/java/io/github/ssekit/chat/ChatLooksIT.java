package io.github.ssekit.chat;

import static io.github.ssekit.chat.Browser.soon;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** The look of the page on a desktop and on a phone, with screenshots in target/screenshots. */
class ChatLooksIT extends TwoBrowsers {
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
      soon().until(() -> ada.texts(SHOWN).contains("Fits?"));
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
  void twoPeopleTalkingLookLikeIt() throws IOException {
    List<String> talk =
        List.of(
            "Morning! Did the second node come up?",
            "Yes. I am on it now, and you are still on the first.",
            "So what I type here goes through Redis to you?",
            "Once around the house, and back before I can blink.");
    Path pictures = Files.createDirectories(Path.of("target", "screenshots"));
    BufferedImage both = beside(keep("ada", ada.screenshot()), keep("grace", grace.screenshot()));
    try (Animation film = new Animation(pictures.resolve("chat.gif"))) {
      film.add(both, 100);
      for (int i = 0; i < talk.size(); i++) {
        Browser speaker = i % 2 == 0 ? ada : grace;
        Browser listener = i % 2 == 0 ? grace : ada;
        speaker.evaluate("typed = 0"); // so that the page sends a typing notice again
        speaker.element("message").sendKeys(talk.get(i));
        soon().until(() -> listener.texts("#typing").get(0).contains("typing"));
        film.add(beside(keep("ada", ada.screenshot()), keep("grace", grace.screenshot())), 120);
        speaker.awaitReady();
        speaker.press(Keys.ENTER);
        ada.awaitTexts(SHOWN, talk.subList(0, i + 1));
        grace.awaitTexts(SHOWN, talk.subList(0, i + 1));
        both = beside(keep("ada", ada.screenshot()), keep("grace", grace.screenshot()));
        film.add(both, 120);
      }
      film.add(both, 300);
    }
  }

  private static BufferedImage beside(BufferedImage left, BufferedImage right) {
    int gap = 16;
    BufferedImage both =
        new BufferedImage(
            left.getWidth() + gap + right.getWidth(), left.getHeight(), BufferedImage.TYPE_INT_RGB);
    Graphics2D canvas = both.createGraphics();
    canvas.setColor(Color.WHITE);
    canvas.fillRect(0, 0, both.getWidth(), both.getHeight());
    canvas.drawImage(left, 0, 0, null);
    canvas.drawImage(right, left.getWidth() + gap, 0, null);
    canvas.dispose();
    return both;
  }

  /** The pictures of the README: copied from target/screenshots to docs/ when the page changes. */
  @Test
  void everyStateLooksLikeIt() throws IOException {
    soon()
        .atMost(Duration.ofSeconds(60)) // until people of other tests have left
        .until(() -> ada.texts("#here").equals(List.of("2 here: Ada, Grace")));
    ada.prefers("dark");
    try {
      grace.say("Anybody there? It is dark here.");
      ada.awaitTexts(SHOWN, List.of("Anybody there? It is dark here."));
      ada.say("I am. See https://example.org/lamps");
      grace.awaitTexts(".text a", List.of("https://example.org/lamps"));
      ada.element("show-raw").click();
      soon().until(() -> ada.texts("#raw").get(0).contains("id: "));
      grace.say("Thank you!");
      soon().until(() -> ada.texts("#raw").get(0).contains("Thank you!"));
      BufferedImage dark = keep("chat-dark", ada.screenshot());
      assertTrue(new Color(dark.getRGB(5, dark.getHeight() / 3)).getRed() < 60, "a dark page");
    } finally {
      ada.prefers("light");
      ada.element("show-raw").click();
    }
    ada.phone(390, 700);
    try {
      keep("chat-phone", ada.screenshot());
    } finally {
      ada.desktop();
    }
    int port = server.uri().getPort();
    server.close();
    ada.awaitState("Reconnecting in");
    ada.say("I say this meanwhile");
    soon().until(() -> ada.element("problem").isDisplayed());
    keep("chat-reconnecting", ada.screenshot());
    server = ChatServer.start(port, redis.uri());
    ada.awaitState("Connected");
  }

  @Test
  void headerAndFormTakeLessThanAThirdOfAPhone() {
    ada.phone(360, 640);
    try {
      ada.open(server.uri(), "W".repeat(40));
      ada.awaitState("Connected");
      Object taken =
          ada.evaluate(
              "return ['header', '#typing', '#say'].reduce((sum, each) => sum + document.querySelector(each).offsetHeight, 0)");
      assertTrue(((Number) taken).intValue() < 640 / 3, () -> taken + " of 640");
    } finally {
      ada.desktop();
    }
  }

  @Test
  void nothingInTheHeaderMovesWhateverItSays() throws IOException {
    String boxes =
        "return JSON.stringify(Array.from(document.querySelectorAll('header > *, #log'), e => e.getBoundingClientRect()))";
    try {
      for (int width : List.of(0, 390)) {
        if (width > 0) {
          ada.phone(width, 700);
        }
        Object before = ada.evaluate(boxes);
        for (String words :
            List.of(
                "state('reconnecting', 'The server shuts down: moving to another in', '12 s')",
                "state('open', 'Back, 12 messages caught up')",
                "onPresence({ data: JSON.stringify({ count: 90, here: Array(90).fill('WWWW WWWW') }) })",
                "onPresence({ data: JSON.stringify({ count: 0, here: [] }) })",
                "state('open', 'Connected to node A')")) {
          ada.evaluate(words);
          assertEquals(before, ada.evaluate(boxes), words + " on a width of " + width);
        }
      }
    } finally {
      ada.desktop();
    }
  }

  @Test
  void thePictureIsAtTheFootOfAGroup() throws IOException {
    for (String each : List.of("One.", "Two,\nof two lines.", "Three.")) {
      grace.element("message").sendKeys(each.replace("\n", Keys.chord(Keys.SHIFT, Keys.ENTER)));
      grace.awaitReady();
      grace.press(Keys.ENTER);
      soon().until(() -> "".equals(grace.element("message").getDomProperty("value")));
    }
    ada.awaitTexts(SHOWN, List.of("One.", "Two,\nof two lines.", "Three."));
    assertEquals(
        List.of("hidden", "hidden", "visible"),
        ada.evaluate(
            "return Array.from(document.querySelectorAll('.initial'), e => getComputedStyle(e).visibility)"));
    keep("group", ada.screenshot());
  }

  @Test
  void theStatusOfANodeLooksLikeTheChat() throws IOException {
    String chat = ada.tab();
    // In a tab of its own: the page refreshes itself, which would race the next test's page.
    ada.newTab();
    try {
      ada.open(server.uri().resolve("/status"));
      assertEquals(
          List.of("Redis is heard"), ada.texts("#connection").stream().map(String::strip).toList());
      keep("status", ada.screenshot());
      ada.phone(360, 640);
      assertEquals(360L, ada.evaluate("return document.documentElement.scrollWidth"));
      keep("status-phone", ada.screenshot());
    } finally {
      ada.closeTab();
      ada.to(chat);
    }
  }

  @Test
  void allTextIsReadable() {
    grace.say("See https://example.org");
    ada.awaitTexts(SHOWN, List.of("See https://example.org"));
    ada.say("Yes");
    publish("foreign");
    ada.awaitTexts(".foreign", List.of("foreign"));
    ada.awaitTexts(SHOWN, List.of("See https://example.org", "Yes"));
    ada.evaluate("onReset({ data: '' }); showProblem('wrong')");
    for (String colours : List.of("light", "dark")) {
      ada.prefers(colours);
      assertEquals(List.of(), ada.evaluate(CONTRAST), colours);
    }
    ada.prefers("light");
  }

  /**
   * Finds text with a contrast under 4.5 to 1, the limit of WCAG 2.2 AA, 1.4.3, for normal size.
   */
  private static final String CONTRAST =
      """
      document.getAnimations().forEach((each) => each.finish());
      const parse = (c) => c.match(/[\\d.]+/g).map(Number);
      const light = ([r, g, b]) => {
        const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
      };
      const ground = (e) => {
        for (; e; e = e.parentElement) {
          const c = parse(getComputedStyle(e).backgroundColor);
          if (c.length === 3 || c[3] === 1) return c;
        }
        return [255, 255, 255];
      };
      const bad = [];
      for (const e of document.querySelectorAll('body *')) {
        const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || e.matches('input, textarea');
        if (!own || !e.checkVisibility()) continue;
        const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < 4.5) bad.push(e.tagName + '.' + e.className + ' ' + ratio.toFixed(2));
      }
      return bad;
      """;

  /**
   * Saves a screenshot under target/screenshots, and asserts that it shows more than a few flat
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
}
