package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** How connections and the hub begin and end. */
class HubCloseTest {
  private ManualHub hub = new ManualHub();

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
    long begun = System.nanoTime();
    real.close();
    // After two seconds, close() cuts off the connections that are still open.
    boolean allWritten = System.nanoTime() - begun < 2_000_000_000L;
    real.close();
    // The last thread of a pool may live a moment longer than its work.
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> hubThreads().isEmpty());
    assertEquals(Collections.nCopies(5, CloseReason.HUB_CLOSED), reasons);
    for (RecordingTransport client : clients) {
      if (allWritten) {
        assertEquals(List.of("last"), client.data());
      }
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
    assertTimeout(Duration.ofSeconds(15), real::close);
    // close() waits a second for each thread, and no longer.
    Awaitility.await().until(() -> reasons.equals(List.of(CloseReason.HUB_CLOSED)));
    Awaitility.await().until(client::closed);
  }

  /**
   * {@code close()} doesn't wait for all of these transports: some listeners are called after it.
   */
  @Test
  void manySlowTransportsTakeNoThreadForEachListener() {
    Hub real = Hub.builder().loops(1).create();
    Set<String> threads = ConcurrentHashMap.newKeySet();
    CountDownLatch called = new CountDownLatch(400);
    for (int i = 0; i < 400; i++) {
      Transport slow = new SlowToClose();
      real.connect(slow, List.of("a"), null)
          .onClose(
              reason -> {
                threads.add(Thread.currentThread().getName());
                called.countDown();
              });
    }
    real.close();
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> called.getCount() == 0);
    assertTrue(threads.size() < 50, threads.size() + " threads");
  }

  /** Takes five milliseconds to close. */
  private static final class SlowToClose implements Transport {
    @Override
    public void start(Signals signals, byte[] first) {}

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {}

    @Override
    public void close() {
      LockSupport.parkNanos(5_000_000);
    }
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
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> !closing.isOpen());
      real.publish("a", SseEvent.of("1"));
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
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
        .atMost(Duration.ofSeconds(20))
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
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> hubThreads().equals(List.of()));
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

  /** The live threads of all hubs. */
  static List<String> hubThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Thread::isAlive)
        .map(Thread::getName)
        .filter(name -> name.startsWith("sse-"))
        .toList();
  }
}
