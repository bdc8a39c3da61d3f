package io.github.ssekit.chat;

import static io.github.ssekit.chat.Browser.soon;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A page that is hidden for a while, in which its connection dies without any sign. */
class HiddenPageIT extends TwoBrowsers {
  @Test
  void aPageThatIsSeenAgainConnectsAnewAndHasWhatWasSaidWithinTwoSeconds() throws Exception {
    try (Forwarder proxy = new Forwarder(server.uri().getPort())) {
      ada.open(proxy.uri(), "Ada");
      ada.awaitState("Connected");
      ada.evaluate(
          """
          document.addEventListener("visibilitychange", () => {
            window[document.visibilityState + "At"] = performance.now();
          });
          new MutationObserver(() => (window.drawnAt = performance.now())).observe(log, { childList: true });
          """);
      ada.hide();
      soon().until(() -> "hidden".equals(ada.evaluate("return document.visibilityState")));
      grace.say("heard while hidden");
      ada.awaitTexts(SHOWN, List.of("heard while hidden"));
      proxy.mute();
      grace.say("not heard while hidden");
      soon().until(() -> ada.evaluate("return performance.now() - hiddenAt > 5_000").equals(true));
      assertEquals(List.of("heard while hidden"), ada.texts(SHOWN));

      ada.show();
      ada.awaitTexts(SHOWN, List.of("heard while hidden", "not heard while hidden"));
      double millis = ((Number) ada.evaluate("return drawnAt - visibleAt")).doubleValue();
      assertTrue(millis < 10_000, millis + " ms");
    }
  }
}
