package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The limits on the number of connections. */
class LimitsTest {
  private static final int LIMIT = 3;
  private static final ConnectionOptions ANN = ConnectionOptions.of("a").withOwner("ann");

  /** Each limit on the number of connections, set to {@link #LIMIT}. */
  private enum Limit {
    maxConnections,
    maxConnectionsPerOwner,
    maxConnectionsPerChannel;

    HubBuilder set(HubBuilder builder) {
      return switch (this) {
        case maxConnections -> builder.maxConnections(LIMIT);
        case maxConnectionsPerOwner -> builder.maxConnectionsPerOwner(LIMIT);
        case maxConnectionsPerChannel -> builder.maxConnectionsPerChannel(LIMIT);
      };
    }
  }

  private static Connection connect(ManualHub hub, ConnectionOptions options) {
    Connection connection = hub.hub.connect(new RecordingTransport(), options);
    hub.settle();
    return connection;
  }

  @ParameterizedTest
  @EnumSource
  void oneMoreThanTheLimitIsRefusedAndNamesIt(Limit limit) {
    ManualHub hub = new ManualHub(limit::set);
    for (int i = 0; i < LIMIT; i++) {
      connect(hub, ANN);
    }
    OverCapacityException e = assertThrows(OverCapacityException.class, () -> connect(hub, ANN));
    assertEquals(limit.name(), e.limit());
    assertEquals(limit.name(), e.why().limit);
    assertNull(e.comeBackIn(), "nobody knows");
    assertEquals(LIMIT, e.value());
    assertEquals(
        limit + " 3 is reached: let the client come back later, or raise the limit",
        e.getMessage());
  }

  @ParameterizedTest
  @EnumSource
  void whoIsRefusedLeavesNoTrace(Limit limit) {
    HistoryHub hub = new HistoryHub(limit::set);
    for (int i = 0; i < LIMIT; i++) {
      connect(hub.manual, ANN);
    }
    RecordingTransport refused = new RecordingTransport();
    ConnectionOptions options = ConnectionOptions.of("b", "a", "c").withOwner("ann");
    for (int i = 0; i < 5; i++) {
      assertThrows(OverCapacityException.class, () -> hub.hub.connect(refused, options));
    }
    hub.settle();
    assertEquals(LIMIT, hub.hub.connectionCount());
    assertEquals(List.of("+a"), hub.history.told);
    assertThrows(IllegalStateException.class, refused::signals); // It was not started.
    assertFalse(refused.closed());
  }

  @ParameterizedTest
  @EnumSource
  void theOldStayAndOneThatGoesMakesRoom(Limit limit) {
    ManualHub hub = new ManualHub(limit::set);
    List<Connection> open = new ArrayList<>();
    for (int i = 0; i < LIMIT; i++) {
      open.add(connect(hub, ANN));
    }
    // Closes one from the middle, the end and the beginning.
    for (int gone : new int[] {1, 2, 0, 1}) {
      assertThrows(OverCapacityException.class, () -> connect(hub, ANN));
      open.remove(gone).close();
      hub.settle();
      open.add(connect(hub, ANN));
      assertEquals(List.of(true, true, true), open.stream().map(Connection::isOpen).toList());
    }
    open.forEach(Connection::close);
    hub.settle();
    assertEquals(0, hub.hub.connectionCount());
    open.clear();
    for (int i = 0; i < LIMIT; i++) {
      assertDoesNotThrow(() -> connect(hub, ANN));
    }
  }

  @Test
  void anOwnerAndAChannelAreNeverOneName() {
    ManualHub hub = new ManualHub(b -> b.maxConnectionsPerOwner(1).maxConnectionsPerChannel(1));
    connect(hub, ConnectionOptions.of("c").withOwner("a:b"));
    connect(hub, ConnectionOptions.of("b:c").withOwner("a"));
    connect(hub, ConnectionOptions.of("a:b").withOwner("c"));
    assertThrows(
        OverCapacityException.class,
        () -> connect(hub, ConnectionOptions.of("d").withOwner("a:b")));
    assertThrows(
        OverCapacityException.class,
        () -> connect(hub, ConnectionOptions.of("b:c").withOwner("d")));
  }

  @Test
  void othersOwnersAndChannelsAndThoseWithoutAnyAreNotCounted() {
    ManualHub hub = new ManualHub(b -> b.maxConnectionsPerOwner(1).maxConnectionsPerChannel(1));
    connect(hub, ANN);
    connect(hub, ConnectionOptions.of("b").withOwner("bob"));
    connect(hub, ConnectionOptions.of("c"));
    connect(hub, ConnectionOptions.of());
    connect(hub, ConnectionOptions.of());
    assertEquals(5, hub.hub.connectionCount());
  }

  @Test
  void aConnectionThatCouldNotStartMakesRoom() {
    ManualHub hub = new ManualHub(b -> b.maxConnectionsPerOwner(1));
    RecordingTransport broken =
        new RecordingTransport().failStart(new IllegalStateException("broken"));
    assertThrows(IllegalStateException.class, () -> hub.hub.connect(broken, ANN));
    hub.settle();
    assertDoesNotThrow(() -> connect(hub, ANN));
  }

  @Test
  void subscribingIsBoundByTheSameLimits() {
    ManualHub hub = new ManualHub(b -> b.maxConnectionsPerChannel(1).maxChannelsPerConnection(2));
    connect(hub, ANN);
    Connection other = connect(hub, ConnectionOptions.of("b"));
    assertThrows(OverCapacityException.class, () -> other.subscribe("a"));
    other.subscribe("b"); // The connection has this channel already.
    other.subscribe("c");
    Exception e = assertThrows(IllegalArgumentException.class, () -> other.subscribe("d"));
    assertEquals(
        "3 channels: one connection may have maxChannelsPerConnection 2; ask for fewer",
        e.getMessage());
    other.unsubscribe("b");
    other.subscribe("d");
    other.close();
    hub.settle();
    other.subscribe("a"); // Does nothing any more.
  }

  @Test
  void aConnectionCannotBeginWithMoreChannelsThanItMayHave() {
    ManualHub hub = new ManualHub(b -> b.maxChannelsPerConnection(2));
    connect(hub, ConnectionOptions.of("a", "b", "a"));
    assertThrows(
        IllegalArgumentException.class, () -> connect(hub, ConnectionOptions.of("a", "b", "c")));
    assertEquals(1, hub.hub.connectionCount());
  }

  @Test
  void oneThatWasRefusedIsClosedFromTheStartAndDoesNothing() {
    ManualHub hub = new ManualHub();
    Connection refused =
        UnopenedConnection.of(hub.hub, ANN.withLastEventId("7-0"), CloseReason.OVER_CAPACITY);
    List<CloseReason> told = new ArrayList<>();
    refused.onClose(told::add);
    refused.send(SseEvent.of("x"));
    refused.subscribe("a");
    refused.unsubscribe("a");
    refused.close();
    hub.settle();
    hub.publish("a", "x");
    hub.settle();
    assertFalse(refused.isOpen());
    assertEquals("7-0", refused.lastEventId());
    assertEquals(List.of(CloseReason.OVER_CAPACITY), told);
    assertEquals(0, hub.hub.connectionCount());
    assertNull(hub.hub.channels.get("a"));
  }

  @ParameterizedTest
  @EnumSource
  void ofManyThatComeAtOnceExactlyTheLimitGetIn(Limit limit) throws Exception {
    int threads = 8;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    CyclicBarrier together = new CyclicBarrier(threads);
    try (Hub hub = limit.set(Hub.builder().loops(2)).create()) {
      for (int round = 0; round < 200; round++) {
        CountDownLatch ended = new CountDownLatch(LIMIT);
        Callable<Optional<Connection>> client =
            () -> {
              together.await();
              try {
                return Optional.of(hub.connect(new RecordingTransport(), ANN));
              } catch (OverCapacityException e) {
                return Optional.empty();
              }
            };
        List<Connection> in = new ArrayList<>();
        for (Future<Optional<Connection>> f :
            pool.invokeAll(Collections.nCopies(threads, client))) {
          f.get().ifPresent(in::add);
        }
        assertEquals(LIMIT, in.size());
        in.forEach(c -> c.onClose(reason -> ended.countDown()));
        in.forEach(Connection::close);
        assertTrue(ended.await(20, TimeUnit.SECONDS));
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void channelsThatClientsNameAndLeaveDoNotPileUp() {
    ManualHub hub = new ManualHub();
    for (int client = 0; client < 11; client++) {
      RecordingTransport transport = new RecordingTransport();
      String own = client + ":";
      List<String> names = IntStream.range(0, 1_000).mapToObj(i -> own + i).toList();
      hub.hub.connect(transport, ConnectionOptions.of(names));
      hub.settle();
      transport.signals().failed(new IllegalStateException("gone"));
      hub.settle();
    }
    assertEquals(10_000, hub.hub.channels.all().size());
    Connection last = connect(hub, ConnectionOptions.of("10:999"));
    assertEquals(10_000, hub.hub.channels.all().size(), "the newest linger");
    assertTrue(last.isOpen());
  }
}
