package io.github.ssekit.chat;

import static io.github.ssekit.chat.Browser.soon;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Several tabs of one browser. */
class ChatTabsIT extends TwoBrowsers {
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
    ada.awaitTexts("#here", List.of("2 here: Ada, Grace"));
    soon().until(() -> server.connectionCount() == 2); // Ada's and Grace's

    while (tabs.size() > 1) {
      ada.to(tabs.remove(0));
      say(said);
      ada.closeTab();
      ada.to(tabs.get(0));
      sayAndAwait(said, tabs);
    }
    soon().until(() -> server.connectionCount() == 2); // Ada's and Grace's
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
      fragile.awaitTexts(SHOWN, said);

      fragile.to(first);
      fragile.crashTab();
      fragile.to(tabs.get(0));
      say(said);
      fragile.awaitTexts(SHOWN, said);
    }
  }

  /** Posts five more messages, faster than a page would. */
  private static void say(List<String> said) throws Exception {
    for (int i = 0; i < 5; i++) {
      said.add("message " + said.size());
      post(server.uri(), "{\"user\":\"Joan\",\"message\":\"" + said.get(said.size() - 1) + "\"}");
    }
  }

  /** Posts messages, and waits until each tab shows every message once. */
  private static void sayAndAwait(List<String> said, List<String> tabs) throws Exception {
    say(said);
    for (String tab : tabs) {
      ada.to(tab);
      ada.awaitTexts(SHOWN, said);
    }
  }
}
