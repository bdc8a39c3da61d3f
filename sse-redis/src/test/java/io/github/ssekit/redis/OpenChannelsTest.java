package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Channels that begin with h have history. */
class OpenChannelsTest {
  private final OpenChannels channels = new OpenChannels(name -> name.startsWith("h"));

  @Test
  void aPlainChannelThatWasOpenWithoutASubscriptionIsResetOnce() {
    channels.open("p");
    channels.subscribed();
    assertTrue(channels.resumed("p"));
    assertFalse(channels.resumed("p"));
  }

  @Test
  void aPlainChannelThatIsOpenedWhileASubscriptionStandsIsNotReset() {
    channels.subscribed();
    channels.open("p");
    assertFalse(channels.resumed("p"));
  }

  @Test
  void aLostSubscriptionInterruptsPlainChannels() {
    channels.subscribed();
    channels.open("p");
    channels.open("h");
    channels.unsubscribed();
    channels.subscribed();
    assertTrue(channels.resumed("p"));
    assertFalse(channels.resumed("h"));
  }

  @Test
  void aRefusedChannelIsResetWhenItIsAccepted() {
    channels.subscribed();
    channels.open("p");
    channels.open("q");
    assertTrue(channels.refused("p"));
    assertTrue(channels.refused("q"));
    assertFalse(channels.accepted("p"));
    assertTrue(channels.resumed("p"));
    assertEquals(List.of("q"), channels.refused(100));
    assertTrue(channels.accepted("q"));
    assertFalse(channels.accepted("q"), "not refused any more");
  }

  @Test
  void aRefusedChannelWithHistoryIsAcceptedLikewise() {
    channels.open("h");
    channels.refused("h");
    assertTrue(channels.accepted("h"));
    assertEquals(List.of(), channels.refused(100));
  }

  @Test
  void aRefusedChannelThatIsClosedIsNotTriedAgain() {
    channels.open("p");
    channels.refused("p");
    assertTrue(channels.close("p"));
    assertEquals(List.of(), channels.refused(100));
    assertFalse(channels.refused("p"), "not open");
  }

  @Test
  void historyIsCompleteUntilItsChannelIsClosed() {
    channels.open("h");
    channels.open("p");
    assertEquals(List.of(), channels.complete());
    channels.completed(List.of("h", "closed"));
    channels.unsubscribed();
    assertEquals(List.of("h"), channels.complete());
    assertFalse(channels.close("h"));
    channels.open("h");
    assertEquals(List.of(), channels.complete());
    assertEquals(Set.of("h", "p"), channels.subscribed());
  }

  @Test
  void manyRefusedChannelsAreTriedAgainInTurns() {
    for (String name : List.of("a", "b", "c")) {
      channels.open(name);
      channels.refused(name);
    }
    assertEquals(List.of("a", "b"), channels.refused(2));
    channels.refused("a");
    assertEquals(List.of("c", "a"), channels.refused(2));
    channels.close("b");
    assertFalse(channels.accepted("a"));
    assertTrue(channels.accepted("c"));
  }
}
