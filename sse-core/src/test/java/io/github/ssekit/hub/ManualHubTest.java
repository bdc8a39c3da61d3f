package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The features that applications use in their own tests. */
class ManualHubTest {
  private final ManualHub manual = new ManualHub(b -> b.heartbeat(Duration.ofSeconds(15)));
  private final RecordingTransport client = manual.connect("room");

  @Test
  void nothingIsWrittenUntilItSettles() {
    manual.hub().publish("room", SseEvent.of("hello"));
    assertEquals(List.of(), client.published());
    manual.settle();
    assertEquals(List.of("hello"), client.published());
    assertEquals(List.of(), client.breaches());
  }

  @Test
  void timePassesWhenTheTestSaysSo() {
    assertEquals(Instant.EPOCH, manual.instant());
    manual.pass(Duration.ofSeconds(14));
    assertEquals(List.of(), client.blocks());
    manual.pass(Duration.ofSeconds(2));
    assertEquals(1, client.blocks().size());
    assertEquals(Instant.EPOCH.plusSeconds(16), manual.instant());
  }

  @Test
  void whatWasPublishedIsToldFromResets() {
    manual.feed.reset("room", StreamReset.Reason.LOST);
    manual.hub().publish("room", SseEvent.of("a\nb"));
    manual.settle();
    String reset = "{\"channel\":\"room\",\"reason\":\"lost\"}";
    assertEquals(List.of(reset, "a\nb"), client.data());
    assertEquals(List.of("a\nb"), client.published());
    assertEquals(List.of(reset), client.resets());
  }

  @Test
  void theLastEventIdOutlivesWhatIsForgotten() {
    manual.hub().publish("room", SseEvent.of("x").withId("7"));
    manual.settle();
    client.forget();
    assertEquals("7", client.lastEventId());
    assertEquals(List.of(), client.events());
  }

  @Test
  void aClientThatAcceptsNothingIsClosedInTime() {
    client.ready(false);
    manual.hub().publish("room", SseEvent.of("x"));
    manual.settle();
    manual.pass(Duration.ofMinutes(5));
    assertTrue(client.closed());
  }

  @Test
  void aHubThatNeverComesToRestIsAnError() {
    Connection closed = manual.connect(new RecordingTransport(), "room");
    closed.close();
    listenAgain(closed);
    assertThrows(AssertionError.class, manual::settle);
  }

  private static void listenAgain(Connection closed) {
    closed.onClose(reason -> listenAgain(closed));
  }
}
