package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertThrowsExactly;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HubTest {
  private static final Duration LINGER = Duration.ofSeconds(5);

  private ManualHub hub = new ManualHub();
  private final List<String> upstream = new ArrayList<>();

  private Upstream recordingUpstream() {
    return new Upstream() {
      @Override
      public void channelOpened(String channel) {
        upstream.add("+" + channel);
      }

      @Override
      public void channelClosed(String channel) {
        upstream.add("-" + channel);
      }
    };
  }

  // Order and subscriptions.

  @Test
  void aClientSeesItsChannelsInTheOrderOfDelivery() {
    RecordingTransport client = new RecordingTransport();
    hub.connect(client, "a", "b");
    hub.publish("b", "1");
    hub.publish("a", "2");
    hub.publish("c", "none listens");
    hub.publish("b", "3");
    hub.settle();
    assertEquals(List.of("1", "2", "3"), client.data());
  }

  @Test
  void newsThatComeDuringATurnDoNotOvertakeThoseBefore() {
    RecordingTransport client = new RecordingTransport();
    Connection connection = hub.connect(client, "a", "b");
    // The turn's tasks: news of a; then this listener-like task publishes as another thread would.
    hub.publish("a", "1");
    hub.duringNextTurn(
        () -> {
          hub.publish("b", "2");
          hub.publish("a", "3");
        });
    hub.settle();
    assertEquals(List.of("1", "2", "3"), client.data());
    assertTrue(connection.isOpen());
  }

  @Test
  void aTurnEndsHoweverManyTasksComeInMeanwhile() {
    RecordingTransport client = new RecordingTransport();
    hub.connect(client, "a");
    int[] published = {0};
    Runnable[] flood = new Runnable[1];
    flood[0] =
        () -> {
          if (published[0]++ < 10_000) {
            hub.publish("a", "x");
            hub.duringNextTurn(flood[0]);
          }
        };
    hub.duringNextTurn(flood[0]);
    hub.settle();
    assertEquals(10_000, client.data().size(), "a log of 1,024 is not overrun by ready clients");
  }

  @Test
  void subscribingTakesEffectWhenItReturnsAndSoDoesUnsubscribing() {
    RecordingTransport client = new RecordingTransport();
    Connection connection = hub.connect(client, "a");
    hub.publish("b", "before");
    connection.subscribe("b");
    connection.subscribe("b");
    hub.publish("b", "1");
    hub.settle();
    connection.unsubscribe("b");
    connection.unsubscribe("b");
    hub.publish("b", "after");
    hub.publish("a", "2");
    connection.subscribe("b");
    hub.publish("b", "3");
    hub.settle();
    assertEquals(List.of("1", "2", "3"), client.data());
  }

  @Test
  void subscribingAndUnsubscribingBeforeTheLoopKnowsIsHarmless() {
    RecordingTransport client = new RecordingTransport();
    Connection connection = hub.connect(client);
    for (int i = 0; i < 3; i++) {
      connection.subscribe("a");
      hub.publish("a", "x");
      connection.unsubscribe("a");
    }
    hub.publish("a", "none listens");
    hub.settle();
    assertEquals(List.of(), client.data());
  }

  @Test
  void theSameChannelTwiceIsOneSubscription() {
    RecordingTransport client = new RecordingTransport();
    hub.connect(client, "a", "a");
    hub.publish("a", "1");
    hub.settle();
    assertEquals(List.of("1"), client.data());
  }

  // What is refused.

  @Test
  void anOversizedEventIsRefusedByPublishAndResetByDeliver() {
    hub = new ManualHub(b -> b.maxEventBytes(20));
    RecordingTransport client = new RecordingTransport();
    hub.connect(client, "a");
    SseEvent large = SseEvent.of("x".repeat(13));
    Exception refused =
        assertThrowsExactly(IllegalArgumentException.class, () -> hub.hub.publish("a", large));
    assertTrue(refused.toString().contains("limit of 20 bytes"), refused.toString());
    hub.publish("a", "x".repeat(12));
    hub.feed.deliver("a", large);
    hub.publish("a", "live");
    hub.settle();
    assertEquals(
        List.of("x".repeat(12), "{\"channel\":\"a\",\"reason\":\"oversized\"}", "live"),
        client.data());
  }

  @Test
  void typesThatAreNoApplicationsAreRefused() {
    for (String type : List.of("open", "error", "stream-reset")) {
      SseEvent event = SseEvent.of(type, "x");
      assertThrows(IllegalArgumentException.class, () -> hub.hub.publish("a", event));
      assertThrows(IllegalArgumentException.class, () -> hub.feed.deliver("a", event));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a\nb", "\u0000", "a\u0085", "\ud800", "a\udc00b"})
  void namesOfChannelsAreChecked(String name) {
    SseEvent event = SseEvent.of("x");
    RecordingTransport client = new RecordingTransport();
    assertThrows(IllegalArgumentException.class, () -> hub.hub.publish(name, event));
    assertThrows(IllegalArgumentException.class, () -> hub.connect(client, name));
    assertEquals(0, hub.hub.connectionCount());
  }

  @Test
  void namesOfChannelsAreLimitedInLength() {
    SseEvent event = SseEvent.of("x");
    hub.hub.publish("x".repeat(200), event);
    assertThrows(IllegalArgumentException.class, () -> hub.hub.publish("x".repeat(201), event));
  }

  // The upstream.

  @Test
  void theUpstreamIsToldOfTheFirstSubscriberInAndOfTheLastOneOutAfterTheLinger() {
    hub.feed.attach(recordingUpstream());
    Connection one = hub.connect(new RecordingTransport(), "a");
    Connection two = hub.connect(new RecordingTransport(), "a", "b");
    assertEquals(List.of("+a", "+b"), upstream);
    one.close();
    two.unsubscribe("a");
    hub.settle();
    hub.pass(LINGER.minusNanos(1));
    assertEquals(List.of("+a", "+b"), upstream);
    hub.pass(Duration.ofNanos(1));
    assertEquals(List.of("+a", "+b", "-a"), upstream);
    two.subscribe("a");
    hub.settle();
    assertEquals(List.of("+a", "+b", "-a", "+a"), upstream);
  }

  @Test
  void aChannelThatIsWantedAgainWithinTheLingerStaysOpen() {
    hub.feed.attach(recordingUpstream());
    Connection connection = hub.connect(new RecordingTransport(), "a");
    connection.unsubscribe("a");
    hub.pass(LINGER.dividedBy(2));
    connection.subscribe("a");
    hub.pass(LINGER);
    connection.unsubscribe("a");
    hub.pass(LINGER.dividedBy(2));
    assertEquals(List.of("+a"), upstream);
    hub.pass(LINGER.dividedBy(2));
    assertEquals(List.of("+a", "-a"), upstream);
  }

  @Test
  void aSubscribeAfterTheEndOpensNoChannel() {
    hub.feed.attach(recordingUpstream());
    Connection connection = hub.connect(new RecordingTransport(), "a");
    connection.close();
    hub.settle();
    connection.subscribe("b");
    connection.subscribe("a");
    hub.pass(LINGER);
    assertEquals(List.of("+a", "-a"), upstream);
  }

  @Test
  void anUpstreamThatComesLateIsToldOfTheOpenChannels() {
    hub.connect(new RecordingTransport(), "a");
    hub.feed.attach(recordingUpstream());
    assertEquals(List.of("+a"), upstream);
    assertThrows(IllegalStateException.class, () -> hub.feed.attach(recordingUpstream()));
  }

  @Test
  void nobodyGetsTheFeedOnceAnUpstreamIsAttachedOrTheHubIsClosed() {
    Feed feed = hub.hub.feed();
    assertSame(feed, hub.hub.feed());
    feed.attach(recordingUpstream());
    IllegalStateException taken = assertThrows(IllegalStateException.class, hub.hub::feed);
    assertTrue(taken.getMessage().startsWith("This hub has a bridge already"), taken.getMessage());
    ManualHub closed = new ManualHub();
    closed.hub.close();
    assertThrows(IllegalStateException.class, closed.hub::feed);
    assertThrows(IllegalStateException.class, () -> closed.feed.attach(recordingUpstream()));
  }

  @Test
  void aResetReachesTheSubscribersOfItsChannelInOrder() {
    RecordingTransport client = new RecordingTransport();
    hub.connect(client, "a\"\\");
    hub.publish("a\"\\", "1");
    hub.feed.reset("a\"\\", StreamReset.Reason.RECONNECTED);
    hub.feed.reset("b", StreamReset.Reason.RECONNECTED);
    hub.publish("a\"\\", "2");
    hub.settle();
    assertEquals(
        List.of("1", "{\"channel\":\"a\\\"\\\\\",\"reason\":\"reconnected\"}", "2"), client.data());
  }

  // Connecting and closing.

  @Test
  void aTransportThatFailsToStartIsClosedAndForgotten() {
    IllegalStateException failure = new IllegalStateException("no async here");
    RecordingTransport client = new RecordingTransport().failStart(failure);
    Exception thrown = assertThrows(IllegalStateException.class, () -> hub.connect(client, "a"));
    assertEquals(failure, thrown);
    hub.settle();
    assertTrue(client.closed());
    assertEquals(0, hub.hub.connectionCount());
  }

  @Test
  void closeEndsAllConnectionsWithHubClosedAndAllThreads() {
    Hub real = Hub.builder().loops(2).create();
    List<CloseReason> reasons = new CopyOnWriteArrayList<>();
    List<RecordingTransport> clients = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      RecordingTransport client = new RecordingTransport();
      real.connect(client, List.of("a"), null).onClose(reasons::add);
      clients.add(client);
    }
    real.publish("a", SseEvent.of("last"));
    real.close();
    real.close();
    // A pool's last thread has ended its work, and may take a moment to end.
    Awaitility.await().atMost(Duration.ofSeconds(2)).until(() -> hubThreads().isEmpty());
    assertEquals(Collections.nCopies(5, CloseReason.HUB_CLOSED), reasons);
    for (RecordingTransport client : clients) {
      assertEquals(List.of("last"), client.data());
      assertTrue(client.closed());
      assertEquals(List.of(), client.breaches());
    }
    RecordingTransport late = new RecordingTransport();
    List<String> channels = List.of("a");
    assertThrows(IllegalStateException.class, () -> real.connect(late, channels, null));
    assertThrows(IllegalStateException.class, () -> real.publish("a", SseEvent.of("nobody")));
  }

  @Test
  void closeIsBoundedThoughAClientTakesNothing() {
    Hub real = Hub.builder().loops(1).create();
    RecordingTransport client = RecordingTransport.notReady();
    List<CloseReason> reasons = new CopyOnWriteArrayList<>();
    real.connect(client, List.of("a"), null).onClose(reasons::add);
    assertTimeout(Duration.ofSeconds(5), real::close);
    assertEquals(List.of(CloseReason.HUB_CLOSED), reasons);
    assertTrue(client.closed());
  }

  @Test
  void publishingDoesNotWaitForAListenerThatBlocks() throws InterruptedException {
    Hub real = Hub.builder().loops(1).create();
    CountDownLatch blocked = new CountDownLatch(1);
    try {
      Connection closing = real.connect(new RecordingTransport(), List.of("a"), null);
      closing.onClose(
          reason -> {
            try {
              blocked.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      RecordingTransport client = new RecordingTransport();
      real.connect(client, List.of("a"), null);
      closing.close();
      Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> !closing.isOpen());
      real.publish("a", SseEvent.of("1"));
      Awaitility.await()
          .atMost(Duration.ofSeconds(5))
          .until(() -> client.data().equals(List.of("1")));
    } finally {
      blocked.countDown();
      real.close();
    }
    assertFalse(Thread.interrupted());
  }

  @Test
  void aListenerAddedAfterTheHubsCloseIsToldToo() {
    Hub real = Hub.builder().loops(1).create();
    Connection connection = real.connect(new RecordingTransport(), List.of("a"), null);
    real.close();
    List<CloseReason> reasons = new CopyOnWriteArrayList<>();
    connection.onClose(reasons::add);
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> reasons.equals(List.of(CloseReason.HUB_CLOSED)));
  }

  @Test
  void closeOnAnInterruptedThreadEndsAllThreadsToo() {
    Hub real = Hub.builder().loops(3).create();
    real.connect(new RecordingTransport(), List.of("a"), null);
    Thread.currentThread().interrupt();
    real.close();
    assertTrue(Thread.interrupted(), "the interrupt is kept");
    // Threads of the executors end by themselves when idle.
    Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> hubThreads().equals(List.of()));
  }

  @Test
  void anUpstreamThatThrowsLeavesTheChannelClosed() {
    boolean[] down = {true};
    hub.feed.attach(
        new Upstream() {
          @Override
          public void channelOpened(String channel) {
            if (down[0]) {
              throw new IllegalStateException("down");
            }
            upstream.add("+" + channel);
          }

          @Override
          public void channelClosed(String channel) {
            upstream.add("-" + channel);
          }
        });
    RecordingTransport client = new RecordingTransport();
    assertThrows(IllegalStateException.class, () -> hub.connect(client, "a"));
    hub.settle();
    assertTrue(client.closed());
    down[0] = false;
    hub.connect(new RecordingTransport(), "a");
    assertEquals(List.of("+a"), upstream);
  }

  /** The threads of hubs that are alive. */
  static List<String> hubThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Thread::isAlive)
        .map(Thread::getName)
        .filter(name -> name.startsWith("sse-"))
        .toList();
  }

  @Test
  void nothingIsPublishedNorConnectedOnceTheHubIsClosed() {
    hub.hub.close();
    Exception e =
        assertThrows(IllegalStateException.class, () -> hub.hub.publish("a", SseEvent.of("x")));
    assertEquals("The hub is closed: nothing can be published any more", e.getMessage());
    assertThrows(
        IllegalStateException.class,
        () -> hub.hub.connect(new RecordingTransport(), ConnectionOptions.of("a")));
  }
}
