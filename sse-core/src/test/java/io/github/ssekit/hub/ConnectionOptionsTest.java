package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionOptionsTest {
  private final ConnectionOptions options = ConnectionOptions.of("a");

  @Test
  void onlyWhatIsSetIsThere() {
    assertNull(options.lastEventId());
    assertNull(options.owner());
    assertNull(options.expiresAt());
    assertNull(options.start());
    ConnectionOptions all =
        options
            .withLastEventId("7-0")
            .withOwner("ann")
            .withExpiresAt(Instant.EPOCH)
            .withStart(Start.ALL)
            .withAttachment("x");
    assertEquals(
        new ConnectionOptions(List.of("a"), "7-0", "ann", Instant.EPOCH, false, Start.ALL, "x"),
        all);
  }

  @Test
  void channelsAreCopiedInTheirOrderWithoutDoubles() {
    List<String> names = new ArrayList<>(List.of("b", "a", "b"));
    ConnectionOptions of = ConnectionOptions.of(names);
    names.clear();
    assertEquals(List.of("b", "a"), of.channels());
    assertEquals(List.of(), ConnectionOptions.of().channels());
  }

  @Test
  void aChannelWithAnIllegalNameIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> ConnectionOptions.of("a", "b\nc"));
  }

  @Test
  void aLongLastEventIdIsCutAndSoNoPosition() {
    assertEquals("1".repeat(200), options.withLastEventId("1".repeat(200)).lastEventId());
    String cut = options.withLastEventId("1-0" + "0".repeat(100_000)).lastEventId();
    assertEquals("1-0" + "0".repeat(197), cut);
    assertNull(Position.parse(cut));
  }

  @Test
  void anOwnerThatNodesCantTellEachOtherIsRefused() {
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> options.withOwner("bob\uD800"));
    assertEquals("owner with half of a surrogate pair: remove it", e.getMessage());
    assertEquals("bob\uD83D\uDE00", options.withOwner("bob\uD83D\uDE00").owner());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 201})
  void anOwnerHasOneTo200Characters(int length) {
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> options.withOwner("x".repeat(length)));
    assertEquals("owner of " + length + " characters: give it 1 to 200", e.getMessage());
  }

  @Test
  void anOwnerMayHoldControlCharacters() {
    String owner = "\n:\u0001" + "x".repeat(197);
    assertEquals(owner, options.withOwner(owner).owner());
  }
}
