package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirectiveTest {
  @ParameterizedTest
  @ValueSource(strings = {"ann", "", "a b", "a\nb", "50% + 1", "é\uD83D\uDE00"})
  void anyOwnerSurvivesTheText(String owner) {
    Directive directive = Directive.of(Directive.Verb.UNSUBSCRIBE, owner, "room: 1");
    assertEquals(directive, Directive.parse(directive.toString()));
    ControlMessage message = ControlMessage.parse(("directive " + directive).getBytes(UTF_8));
    assertNull(message.id());
    assertEquals(directive, Directive.parse(message.text()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "n close", "n close a", "n burn a b", "n close %zz c", "n close a b c"})
  void otherTextsAreNone(String text) {
    assertNull(Directive.parse(text));
  }

  @Test
  void eachHasItsOwnNonce() {
    assertNotEquals(
        Directive.of(Directive.Verb.CLOSE, "a", ""), Directive.of(Directive.Verb.CLOSE, "a", ""));
  }
}
