package io.github.ssekit.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.EventPublisher;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A service that publishes: the first example of docs/testing.md, and its failures. */
class OrdersTest {
  /** The service. */
  record Orders(EventPublisher publisher) {
    void ship(String customer, int order) {
      publisher.publish("orders:" + customer, SseEvent.of("shipped " + order));
    }
  }

  @Test
  void shippingTellsTheCustomer() {
    RecordingPublisher published = new RecordingPublisher();
    new Orders(published).ship("ann", 42);
    published.assertPublished("orders:ann", "shipped 42");
  }

  @Test
  void theFailurePrintsAllThatWasPublished() {
    RecordingPublisher published = new RecordingPublisher();
    new Orders(published).ship("ann", 42);
    published.publish("orders:bob", SseEvent.of("paid", "7"));
    AssertionError failure =
        assertThrows(AssertionError.class, () -> published.assertPublished("orders:ann", "x"));
    assertEquals(
        """
        expected on orders:ann: [x], but was: [shipped 42]; published, in this order:
          orders:ann <- shipped 42
          orders:bob <- paid: 7""",
        failure.getMessage());
    AssertionError other = assertThrows(AssertionError.class, published::assertNothingPublished);
    assertTrue(other.getMessage().startsWith("expected nothing; published"));
    assertEquals(List.of(SseEvent.of("paid", "7")), published.events("orders:bob"));
    published.forget();
    published.assertNothingPublished();
    assertTrue(
        assertThrows(AssertionError.class, () -> published.assertPublished("orders:ann", "x"))
            .getMessage()
            .endsWith("nothing was published"));
  }

  @Test
  void whatAHubRefusesIsRefused() {
    RecordingPublisher published = new RecordingPublisher();
    assertThrows(IllegalArgumentException.class, () -> published.publish("", SseEvent.of("x")));
    assertThrows(
        IllegalArgumentException.class, () -> published.publish("a", SseEvent.of("error", "x")));
    assertNull(published.publish("a", SseEvent.of("x")));
    assertEquals(1, published.published().size());
  }
}
