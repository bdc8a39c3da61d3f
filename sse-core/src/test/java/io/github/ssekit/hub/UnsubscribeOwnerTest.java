package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.ReconnectionTime;
import io.github.ssekit.event.SseEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Unsubscribing an owner from a channel, and closing all connections of an owner. */
class UnsubscribeOwnerTest extends OneClientTest {
  private Connection connect(RecordingTransport transport, String owner, String... channels) {
    Connection connection =
        hub.hub.connect(transport, ConnectionOptions.of(channels).withOwner(owner));
    hub.settle();
    transport.forget();
    return connection;
  }

  @Test
  void nothingOfTheChannelIsWrittenToTheOwnerAnyMoreAndTheRestIs() {
    RecordingTransport second = new RecordingTransport();
    RecordingTransport bob = new RecordingTransport();
    Connection ann = connect(client, "Ann", "a", "b");
    connect(second, "Ann", "a");
    connect(bob, "Bob", "a");
    client.ready(false);
    hub.publish("a", "1");
    hub.publish("b", "2");
    assertEquals(2, hub.hub.unsubscribe("Ann", "a"));
    hub.publish("a", "3");
    client.ready(true);
    hub.settle();
    assertEquals(List.of("2"), client.data());
    assertEquals(List.of(), second.data());
    assertEquals(List.of("1", "3"), bob.data());
    assertTrue(ann.isOpen());
    assertEquals(0, hub.hub.unsubscribe("Ann", "a"));
    assertEquals(0, hub.hub.unsubscribe("nobody", "a"));
    assertEquals(0, hub.hub.unsubscribe("Bob", "b"));
  }

  @Test
  void ownersAndChannelsAreNeverJoinedIntoOneName() {
    RecordingTransport other = new RecordingTransport();
    connect(client, "a:b", "c");
    connect(other, "a", "b:c");
    assertEquals(1, hub.hub.unsubscribe("a:b", "c"));
    hub.publish("c", "1");
    hub.publish("b:c", "2");
    hub.settle();
    assertEquals(List.of(), client.data());
    assertEquals(List.of("2"), other.data());
  }

  @Test
  void oneThatIsBeingSentWhatItMissedIsClosedWithoutIt() {
    HistoryHub history = HistoryHub.open();
    Connection connection =
        history.hub.connect(
            client,
            new ConnectionOptions(List.of("a", "b"), "5-0", "Ann", null, false, null, null));
    connection.onClose(reasons::add);
    history.settle();
    client.ready(false);
    history.answer(20, 11, 12);
    assertEquals(1, history.hub.unsubscribe("Ann", "a"));
    client.ready(true);
    history.settle();
    assertEquals(List.of(), HistoryHub.received(client));
    assertEquals(List.of(CloseReason.REVOKED), reasons);
  }

  @Test
  void aNewcomerThatIsTakenOffTheChannelItWaitsForIsClosedWithoutAGreeting() {
    HistoryHub history = HistoryHub.open();
    history
        .hub
        .connect(client, ConnectionOptions.of("new", "b").withOwner("Ann"))
        .onClose(reasons::add);
    history.settle();
    assertEquals(1, history.hub.unsubscribe("Ann", "new"));
    history.settle();
    assertEquals(List.of(), HistoryHub.received(client));
    assertEquals(List.of(CloseReason.REVOKED), reasons);
  }

  @Test
  void aPageThatComesAfterTheDropIsNotWritten() {
    HistoryHub history = HistoryHub.open();
    Connection connection =
        history.hub.connect(
            client,
            new ConnectionOptions(List.of("a", "b"), "5-0", "Ann", null, false, null, null));
    history.settle();
    FakeHistory.Request request = history.history.request();
    // The page is the loop's next task, and the close is the task after it.
    request.answer(20, 11, 12);
    history.hub.unsubscribe("Ann", "b");
    history.settle();
    assertEquals(List.of(), HistoryHub.received(client));
    assertFalse(connection.isOpen());
  }

  @Test
  void aDropInTheMidstOfASweepStopsThePageThatIsAboutToBeWritten() {
    HistoryHub history = HistoryHub.open();
    Transport dropping = new EagerTransport(() -> history.hub.unsubscribe("Ann", "a"), () -> {});
    history.hub.connect(dropping, ConnectionOptions.of("plain"));
    history.hub.connect(
        client, new ConnectionOptions(List.of("a", "b"), "5-0", "Ann", null, false, null, null));
    history.settle();
    client.ready(false);
    history.answer(20, 11, 12);
    // Both connections write in one sweep. The first write unsubscribes Ann.
    history.feed.deliver("plain", SseEvent.of("1"));
    client.ready(true);
    history.settle();
    assertEquals(List.of(), HistoryHub.received(client));
    assertTrue(client.closed());
  }

  @Test
  void oneThatIsCatchingUpOnOtherChannelsKeepsThem() {
    HistoryHub history = HistoryHub.open();
    Connection connection =
        history.hub.connect(
            client,
            new ConnectionOptions(List.of("a", "plain"), "5-0", "Ann", null, false, null, null));
    history.settle();
    connection.subscribe("b");
    assertEquals(1, history.hub.unsubscribe("Ann", "b"));
    assertEquals(1, history.hub.unsubscribe("Ann", "plain"));
    history.answer(20, 11, 12);
    assertEquals(
        List.of(HistoryHub.old(11), HistoryHub.old(12), HistoryHub.id(20)),
        HistoryHub.received(client));
    assertTrue(connection.isOpen());
  }

  @Test
  void dropWaitsForTheWriteThatIsUnderWay() throws Exception {
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    AtomicBoolean written = new AtomicBoolean();
    Transport slow =
        new EagerTransport(
            () -> {
              writing.countDown();
              try {
                release.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              written.set(true);
            },
            () -> {});
    try (Hub real = Hub.builder().loops(1).create()) {
      real.connect(slow, ConnectionOptions.of("a").withOwner("Ann"));
      real.publish("a", SseEvent.of("1"));
      writing.await();
      Thread dropping = new Thread(() -> real.unsubscribe("Ann", "a"), "drop");
      dropping.start();
      Awaitility.await().until(() -> dropping.getState() == Thread.State.TIMED_WAITING);
      assertFalse(written.get());
      release.countDown();
      dropping.join(10_000);
      assertFalse(dropping.isAlive());
      assertTrue(written.get());
    }
  }

  @Test
  @Timeout(60)
  void nothingIsWrittenAfterDropReturnsHoweverTheThreadsMeet() {
    try (Hub real = Hub.builder().loops(2).create()) {
      AtomicBoolean over = new AtomicBoolean();
      Thread publisher =
          new Thread(
              () -> {
                while (!over.get()) {
                  real.publish("a", SseEvent.of("x"));
                }
              },
              "publisher");
      publisher.start();
      List<RecordingTransport> audience = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        audience.add(new RecordingTransport());
        real.connect(audience.get(i), ConnectionOptions.of("a"));
      }
      long enough = System.nanoTime() + 20_000_000_000L;
      for (int i = 0; i < 300 && System.nanoTime() - enough < 0; i++) {
        AtomicInteger written = new AtomicInteger();
        AtomicInteger marks = new AtomicInteger();
        Transport ann = new EagerTransport(written::incrementAndGet, marks::incrementAndGet);
        Connection connection = real.connect(ann, ConnectionOptions.of("a").withOwner("Ann"));
        Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> written.get() > 0);
        assertEquals(1, real.unsubscribe("Ann", "a"));
        int events = written.get();
        // When this arrives, everything written before it has arrived.
        connection.send(new ReconnectionTime(Duration.ZERO));
        Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> marks.get() > 0);
        assertEquals(events, written.get());
        connection.close();
        audience.forEach(RecordingTransport::forget);
      }
      over.set(true);
      assertTimeoutPreemptively(Duration.ofSeconds(10), () -> publisher.join());
    }
  }

  /** A transport that takes everything, and runs an action at each event or reconnection time. */
  private record EagerTransport(Runnable onEvent, Runnable onRetry) implements Transport {
    @Override
    public void start(Signals signals, byte[] first) {
      signals.writable();
    }

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      switch (bytes[offset]) {
        case 'd' -> onEvent.run();
        case 'r' -> onRetry.run();
        default -> {}
      }
    }

    @Override
    public void close() {}
  }

  @Test
  void allOfAnOwnersConnectionsAreClosed() {
    RecordingTransport bob = new RecordingTransport();
    Connection ann = connect(client, "Ann", "a", "b");
    connect(new RecordingTransport(), "Ann", "a");
    connect(bob, "Bob", "a");
    ann.onClose(reasons::add);
    assertEquals(3, hub.hub.connectionCount("a"));
    assertEquals(2, hub.hub.closeAll("Ann"));
    hub.settle();
    assertEquals(List.of(CloseReason.REVOKED), reasons);
    assertEquals(1, hub.hub.connectionCount("a"));
    assertEquals(0, hub.hub.connectionCount("b"));
    assertFalse(bob.closed());
    assertEquals(0, hub.hub.closeAll("Ann"));
  }
}
