package io.github.ssekit.hub;

import static io.github.ssekit.hub.HistoryHub.event;
import static io.github.ssekit.hub.HistoryHub.id;
import static io.github.ssekit.hub.HistoryHub.old;
import static io.github.ssekit.hub.HistoryHub.received;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Connections whose channels end. */
class EndedChannelTest {
  private final RecordingObserver observer = new RecordingObserver();
  private final HistoryHub hub = HistoryHub.open(b -> b.observer(observer));

  private void end(String... channels) {
    hub.feed.ended(List.of(channels));
    hub.settle();
  }

  @Test
  void aClientGetsTheLastEventAndIsClosed() {
    RecordingTransport client = hub.connect(null, "a");
    RecordingTransport other = hub.connect(null, "b");
    hub.deliver("a", 11, 12);
    end("a");
    assertEquals(List.of(id(10), event("a", 11), event("a", 12)), received(client));
    assertTrue(client.closed());
    assertTrue(observer.calls.contains("closed ENDED"), observer.calls::toString);
    assertFalse(other.closed());
  }

  @Test
  void aClientThatTakesNothingYetGetsTheRestFirst() {
    RecordingTransport client = RecordingTransport.notReady();
    hub.connection(client, null, "a");
    hub.deliver("a", 11);
    end("a");
    assertFalse(client.closed());
    client.ready(true);
    hub.settle();
    assertEquals(event("a", 11), received(client).get(received(client).size() - 1));
    assertTrue(client.closed());
  }

  @Test
  void aClientThatResumesGetsWhatItMissedFirst() {
    RecordingTransport client = hub.connect("3-0", "a");
    end("a");
    assertFalse(client.closed());
    hub.answer(7, 5);
    assertFalse(client.closed());
    hub.answer(10, 8);
    assertEquals(List.of(old(5), id(7), old(8), id(10)), received(client));
    assertTrue(client.closed());
  }

  @Test
  void aClientThatComesAfterTheEndIsClosedOnceItHasAll() {
    // The channel has no client, but is still open.
    end("a");
    RecordingTransport late = new RecordingTransport();
    hub.hub.connect(late, ConnectionOptions.of("a").withStart(Start.ALL));
    hub.settle();
    assertFalse(late.closed());
    hub.answer(10, 8);
    assertEquals(List.of(old(8), id(10)), received(late));
    assertTrue(late.closed());
  }

  @Test
  void aConnectionWithAnotherChannelStaysUntilThatHasEndedToo() {
    RecordingTransport client = hub.connect(null, "a", "b");
    end("a");
    hub.deliver("b", 11);
    assertFalse(client.closed());
    end("b", "unknown");
    assertEquals(List.of(id(10), event("b", 11)), received(client));
    assertTrue(client.closed());
  }

  @Test
  void aConnectionThatIsSubscribedToAnEndedChannelIsClosed() {
    end("a");
    RecordingTransport client = new RecordingTransport();
    Connection connection = hub.connection(client, null);
    assertFalse(client.closed());
    connection.subscribe("a");
    hub.settle();
    assertTrue(client.closed());
  }

  @Test
  void aConnectionThatLeavesTheOneChannelThatGoesOnIsClosed() {
    RecordingTransport client = new RecordingTransport();
    Connection connection = hub.connection(client, null, "a", "b");
    end("a");
    connection.unsubscribe("b");
    hub.settle();
    assertTrue(client.closed());
  }

  /** The resume is over, but the loop has not joined the channel when it is asked to close. */
  @Test
  void aClientThatLeavesTheOtherChannelAsItsResumeEndsGetsTheLastEvent() {
    RecordingTransport client = new RecordingTransport();
    Connection connection = hub.connection(client, "3-0", "a", "plain");
    hub.answer(15, 8); // Read beyond this node: the client waits until the node gets there.
    end("a");
    connection.unsubscribe("plain");
    hub.feed.deliverAt("a", SseEvent.of("a16"), FakeHistory.at(16));
    hub.settle();
    assertEquals(List.of(old(8), id(15), event("a", 16)), received(client));
    assertTrue(client.closed());
  }

  @Test
  void aChannelThatOpensAgainHasNotEnded() {
    HistoryHub quick = new HistoryHub(b -> b.linger(Duration.ofMillis(1)));
    RecordingTransport client = quick.connect(null, "a");
    quick.opened(10, "a");
    quick.feed.ended(List.of("a"));
    quick.settle();
    assertTrue(client.closed());
    quick.manual.pass(Duration.ofSeconds(2));
    assertTrue(quick.history.told.contains("-a"), quick.history.told::toString);
    RecordingTransport next = quick.connect(null, "a");
    quick.opened(20, "a");
    assertFalse(next.closed());
  }
}
