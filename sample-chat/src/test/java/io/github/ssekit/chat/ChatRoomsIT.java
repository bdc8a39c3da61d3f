package io.github.ssekit.chat;

import static io.github.ssekit.chat.Browser.soon;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** Rooms and their presence on the page. */
class ChatRoomsIT extends TwoBrowsers {
  @Test
  void aRoomIsEnteredByItsNameAndKeepsItsConversation() {
    ada.say("in the lobby");
    grace.awaitTexts(SHOWN, List.of("in the lobby"));
    ada.element("room").sendKeys("red", Keys.ENTER);
    soon().until(() -> ada.texts("#title").equals(List.of("red")));
    assertEquals("Ada", ada.element("user").getDomProperty("value"), "the name comes along");
    ada.awaitState("Connected");
    ada.say("in red");
    ada.awaitTexts(SHOWN, List.of("in red"));
    grace.open(URI.create(server.uri() + "/red"), "Grace");
    grace.awaitTexts(SHOWN, List.of("in red"));
    grace.open(server.uri());
    grace.awaitTexts(SHOWN, List.of("in the lobby"));
  }

  @Test
  void anEmptyRoomSaysWhatWorksThereAndLeadsToTheLobby() {
    String shown = "return document.getElementById('welcome').innerText";
    String lobby = (String) ada.evaluate(shown);
    assertTrue(lobby.contains("redis-cli PUBLISH chat"), lobby);
    assertFalse(ada.element("to-lobby").isDisplayed());
    ada.open(URI.create(server.uri() + "/green"), "Ada");
    String room = (String) ada.evaluate(shown);
    assertTrue(room.contains("curl -d 'user=me&message=hello' " + server.uri() + "/green"), room);
    assertFalse(room.contains("PUBLISH"), room);
    // A link from somebody else: the command to copy holds no more of the link than the room.
    ada.open(URI.create(server.uri() + "/green;touch$IFS$(x)"), "Ada");
    String linked = (String) ada.evaluate(shown);
    assertTrue(linked.contains("message=hello' " + server.uri() + "/green"), linked);
    assertFalse(linked.contains("touch"), linked);
    ada.element("to-lobby").click();
    soon().until(() -> ada.texts("#title").equals(List.of("Lobby")));
  }

  @Test
  void whoComesGoesAndTypesIsSaid() {
    ada.awaitTexts("#here", List.of("2 here: Ada, Grace"));
    grace.element("message").sendKeys("Well");
    ada.awaitTexts("#typing", List.of("Grace is typing…"));
    grace.press(Keys.ENTER);
    ada.awaitTexts(SHOWN, List.of("Well"));
    ada.awaitTexts("#typing", List.of(""));
    String left = grace.tab();
    String empty = grace.newTab();
    grace.to(left);
    grace.closeTab();
    grace.to(empty);
    // The server notices a closed page once a write to it fails.
    soon()
        .atMost(Duration.ofSeconds(60))
        .until(() -> ada.texts("#here").equals(List.of("1 here: Ada")));
    assertTrue(ada.texts(".event").contains("Grace left"), () -> "" + ada.texts(".event"));
    assertEquals(List.of(), ada.texts(".note"));
  }

  @Test
  void aMessageIsShownAtOnceAndConfirmedWhenItComesBack() {
    ada.evaluate(
        """
        const fetched = window.fetch;
        const held = new Promise((resolve) => (window.letGo = resolve));
        window.fetch = async (url, init) => {
          if (init?.method === "POST" && !String(url).endsWith("/typing")) {
            await held;
            window.fetch = fetched;
          }
          return fetched(url, init);
        };
        """);
    ada.say("under way");
    ada.awaitTexts(".pending .text", List.of("under way"));
    assertEquals(List.of(), grace.texts(SHOWN));
    ada.evaluate("letGo()");
    grace.awaitTexts(SHOWN, List.of("under way"));
    ada.awaitTexts(".pending .text", List.of());
    assertEquals(List.of("under way"), ada.texts(SHOWN));
  }

  @Test
  void whatWasNotSeenIsCountedInTheTitle() {
    ada.evaluate(
        "Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })");
    grace.say("one");
    grace.say("two");
    soon().until(() -> "(2) lobby · SSE Kit".equals(ada.evaluate("return document.title")));
    ada.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))");
    assertEquals("lobby · SSE Kit", ada.evaluate("return document.title"));
  }

  @Test
  void addressesAreLinksAndDaysAreTold() {
    grace.say("See (https://example.org/a?b=c#d). Or http://x.example, or javascript:alert(1)");
    ada.awaitTexts(".text a", List.of("https://example.org/a?b=c#d", "http://x.example"));
    assertEquals(
        List.of("noopener noreferrer nofollow", "noopener noreferrer nofollow"),
        ada.evaluate("return Array.from(document.querySelectorAll('.text a'), a => a.rel)"));
    ada.awaitTexts(".day", List.of("Today"));
    ada.evaluate(
        "for (const id of ['1600000000000-0', '1600000000001-0', '1700000000000-0'])"
            + " showKept('{\"user\":\"Old\",\"message\":\"past\"}', id)");
    ada.awaitTexts(
        ".day", List.of("Today", "Sunday, September 13, 2020", "Tuesday, November 14, 2023"));
  }

  @Test
  void tooMuchIsSaidNextToTheBoxAndNothingTypedIsLost() {
    System.setProperty("chat.rate", "2");
    try (ChatServer strict = ChatServer.start(0, redis.uri())) {
      ada.open(strict.uri(), "Ada");
      ada.awaitState("Connected");
      for (String each : List.of("one", "two")) {
        ada.say(each);
        soon().until(() -> "".equals(ada.element("message").getDomProperty("value")));
      }
      ada.say("three");
      soon()
          .until(
              () -> ada.element("problem").getText().startsWith("not sent: 2 messages a minute"));
      assertEquals("three", ada.element("message").getDomProperty("value"));
      assertEquals(List.of("one", "two"), ada.texts(SHOWN));
    } finally {
      System.setProperty("chat.rate", "100000");
    }
  }

  @Test
  void rightToLeftTextAndEmojiStayInTheirBoxes() {
    String mixed =
        "\u05e9\u05dc\u05d5\u05dd \u202e 123 \uD83D\uDC69\u200D\uD83D\uDC69\u200D\uD83D\uDC67";
    grace.say("\u05e9\u05dc\u05d5\u05dd 123");
    ada.awaitTexts(SHOWN, List.of("\u05e9\u05dc\u05d5\u05dd 123"));
    assertEquals(
        "rtl", ada.evaluate("return getComputedStyle(document.querySelector('.text')).direction"));
    ada.evaluate("document.getElementById('message').value = arguments[0]", mixed);
    ada.press(Keys.ENTER);
    grace.awaitTexts(SHOWN, List.of("\u05e9\u05dc\u05d5\u05dd 123", mixed));
    assertEquals(
        "ltr", grace.evaluate("return getComputedStyle(document.querySelector('.by')).direction"));
  }
}
