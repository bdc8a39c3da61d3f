package io.github.ssekit.chat;

import static io.github.ssekit.chat.Browser.soon;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** Two people and other programs talk, with all kinds of content. */
class ChatBrowserIT extends TwoBrowsers {
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

  @Test
  void markupInNamesAndMessagesIsShownAsTextAndRunsNothing() {
    String markup = "<img src=x onerror=pwned=1>";
    ada.open(server.uri(), markup);
    ada.awaitState("Connected");
    ada.say(markup);

    for (Browser page : List.of(ada, grace)) {
      page.awaitTexts(SHOWN, List.of(markup));
      assertEquals(List.of(markup), page.texts(".message .name"));
      assertEquals("undefined", page.evaluate("return typeof window.pwned"));
      assertEquals(
          List.of("SPAN", "P", "BDI", "TIME", "P"),
          page.evaluate(
              "return Array.from(document.querySelectorAll('.message *'), e => e.tagName)"));
    }
  }

  @Test
  void sixtyPayloadsAsNameRoomAndTextLeaveThePageUntouched() throws Exception {
    List<String> payloads = payloads();
    assertTrue(payloads.size() >= 60);
    String skeleton =
        "return Array.from(document.querySelectorAll('body, body *:not(#log *)'), e => e.tagName + e.id)";
    Object before = ada.evaluate(skeleton);
    for (String payload : payloads) {
      String name = payload.substring(0, Math.min(payload.length(), Message.MAX_USER));
      String both =
          new ObjectMapper()
              .createObjectNode()
              .put("user", name)
              .put("message", payload)
              .toString();
      post(server.uri(), both);
      post(URI.create(server.uri() + "/lobby/typing"), both);
      publish(payload);
      String here = new ObjectMapper().valueToTree(List.of(name, payload)).toString();
      publisher.publish("{sse}:channel:presence:lobby", "{\"count\":2,\"here\":" + here + "}");
      String encoded = URLEncoder.encode(payload, UTF_8).replace("+", "%20");
      HttpResponse<String> room = get("/chats/" + encoded);
      assertTrue(
          room.statusCode() == 400 || payload.equals("__proto__"), payload + room.statusCode());
      assertFalse(room.body().contains("pwned"), room.body());
    }
    soon().until(() -> ada.texts(SHOWN).size() == payloads.size());
    soon().until(() -> ada.texts(".foreign").size() == payloads.size());
    assertEquals(payloads, ada.texts(SHOWN));
    assertEquals("undefined", ada.evaluate("return typeof window.pwned"));
    assertEquals(before, ada.evaluate(skeleton));
    Object tags =
        ada.evaluate(
            "return [...new Set(Array.from(document.querySelectorAll('#log *'), e => e.tagName))].sort()");
    assertEquals(List.of("A", "BDI", "DIV", "P", "SPAN", "TIME"), tags);
    Object schemes =
        ada.evaluate(
            "return [...new Set(Array.from(document.querySelectorAll('#log a'), e => e.protocol + e.getAttributeNames()))]");
    assertEquals(List.of("https:class,dir,href,rel,target"), schemes);
    grace.open(server.uri());
    grace.awaitTexts(SHOWN, payloads);
    ada.say("still here");
    grace.awaitTexts(".message:last-child .text", List.of("still here"));
  }

  private static List<String> payloads() throws Exception {
    try (InputStream in = ChatBrowserIT.class.getResourceAsStream("xss.txt")) {
      return new String(in.readAllBytes(), UTF_8).lines().toList();
    }
  }

  private static HttpResponse<String> get(String path) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(server.uri().resolve(path)).build();
    return CLIENT.send(request, BodyHandlers.ofString());
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
    ada.awaitTexts(".note", List.of("A message was too large to deliver and is missing here."));
    assertEquals(List.of(), ada.texts(".foreign"));
  }

  @Test
  void theKeyboardAloneIsEnough() {
    ada.forgetCookies();
    ada.open(server.uri());
    ada.awaitState("Connected");
    ada.press("Ada", Keys.TAB, "by Enter", Keys.ENTER);
    grace.awaitTexts(".message .text", List.of("by Enter"));
    soon().until(() -> "".equals(ada.evaluate("return document.getElementById('message').value")));
    ada.awaitReady();
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
  void theConversationIsBoundedAndStaysAtItsEnd() {
    IntStream.rangeClosed(1, 520)
        .forEach(i -> publish("{\"user\":\"u" + i + "\",\"message\":\"" + i + "\"}"));
    List<String> last = IntStream.rangeClosed(21, 520).mapToObj(String::valueOf).toList();
    ada.awaitTexts(".message .text", last);
    String below =
        "const l = document.getElementById('log'); return l.scrollHeight - l.scrollTop - l.clientHeight < 2";
    assertEquals(true, ada.evaluate(below));
  }
}
