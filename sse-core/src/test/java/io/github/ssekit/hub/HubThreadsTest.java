package io.github.ssekit.hub;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.LogCapture;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Errors on each of a hub's threads, while the application's logger throws too, as it may when
 * there is no memory left.
 */
class HubThreadsTest {
  private static final Duration TICK = Duration.ofMillis(10);

  /** Errors that a container, user code, or a machine without memory throws. */
  static Stream<Error> errors() {
    return Stream.of(
        new OutOfMemoryError("not really"),
        new StackOverflowError(),
        new NoClassDefFoundError("not/There"),
        new AssertionError("wrong"));
  }

  /** A logger that can't log. */
  private static final Handler BROKEN =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          throw new OutOfMemoryError("in the logger");
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  private final Logger logger = Logger.getLogger("io.github.ssekit.hub");
  private final AtomicReference<@Nullable Throwable> uncaught = new AtomicReference<>();
  private final RecordingTransport other = new RecordingTransport();
  private @Nullable Hub hub;

  @BeforeEach
  void breakTheLogger() {
    logger.addHandler(BROKEN);
    logger.setUseParentHandlers(false);
    Thread.setDefaultUncaughtExceptionHandler((thread, e) -> uncaught.set(e));
  }

  @AfterEach
  void mendTheLogger() {
    logger.removeHandler(BROKEN);
    logger.setUseParentHandlers(true);
    Thread.setDefaultUncaughtExceptionHandler(null);
    if (hub != null) {
      hub.close();
    }
    assertEquals(null, uncaught.get(), "no thread of ours ends by what is thrown");
  }

  private Hub start(UnaryOperator<HubBuilder> settings) {
    Hub started = settings.apply(Hub.builder().loops(1)).create();
    hub = started;
    return started;
  }

  /** Checks that all threads of the hub still work. */
  private void assertAlive(Hub hub) {
    hub.connect(other, ConnectionOptions.of("other"));
    hub.publish("other", SseEvent.of("alive"));
    await().until(() -> other.data().contains("alive"));
    CountDownLatch told = new CountDownLatch(1);
    Connection last = hub.connect(new RecordingTransport(), ConnectionOptions.of());
    last.onClose(reason -> told.countDown());
    last.close();
    await().until(() -> told.getCount() == 0);
    assertTrue(hub.isHealthy());
  }

  @ParameterizedTest
  @MethodSource("errors")
  void aConnectionWhoseWriteThrowsIsClosedAlone(Error error) {
    Hub hub = start(b -> b);
    RecordingTransport broken = new RecordingTransport();
    AtomicReference<CloseReason> reason = new AtomicReference<>();
    hub.connect(broken, ConnectionOptions.of("a")).onClose(reason::set);
    hub.connect(other, ConnectionOptions.of("a"));
    await().until(() -> !broken.blocks().isEmpty());
    broken.failWrites(error);
    hub.publish("a", SseEvent.of("1"));
    await().until(() -> other.data().equals(List.of("1")));
    await().until(() -> reason.get() == CloseReason.CLIENT_GONE);
    assertEquals(1, hub.connectionCount());
    assertAlive(hub);
  }

  @ParameterizedTest
  @MethodSource("errors")
  void aDeliveryLoopOutlivesATaskThatThrows(Error error) {
    Hub hub = start(b -> b);
    Connection connection = hub.connect(new RecordingTransport(), ConnectionOptions.of());
    for (int i = 0; i < 3; i++) {
      connection.loop.execute(
          () -> {
            throw error;
          });
    }
    assertAlive(hub);
  }

  @Test
  void aDeliveryLoopOutlivesATurnThatThrows() {
    AtomicInteger turns = new AtomicInteger();
    HubSettings settings = Hub.builder().loops(1).settings();
    DeliveryLoop loop =
        new DeliveryLoop(
            0,
            () -> {
              if (turns.incrementAndGet() < 4) {
                throw new OutOfMemoryError("not really");
              }
              return 0;
            },
            settings,
            null,
            System::nanoTime);
    Thread thread = new Thread(loop);
    thread.start();
    CountDownLatch ran = new CountDownLatch(1);
    loop.execute(ran::countDown);
    await().until(() -> ran.getCount() == 0);
    loop.stop();
    await().until(() -> !thread.isAlive());
  }

  @ParameterizedTest
  @MethodSource("errors")
  void theTimerOutlivesATickThatThrows(Error error) {
    CountDownLatch thrown = new CountDownLatch(2);
    Hub hub = start(b -> b.linger(Duration.ofMillis(1)).heartbeat(TICK));
    hub.feed()
        .attach(
            new Upstream() {
              @Override
              public void channelOpened(String channel) {}

              @Override
              public void channelClosed(String channel) {
                thrown.countDown();
                throw error;
              }
            });
    Connection connection = hub.connect(new RecordingTransport(), ConnectionOptions.of("a", "b"));
    connection.unsubscribe("a");
    connection.unsubscribe("b");
    await().until(() -> thrown.getCount() == 0);
    RecordingTransport client = new RecordingTransport();
    hub.connect(client, ConnectionOptions.of());
    await().until(() -> client.blocks().contains(":"));
    assertAlive(hub);
  }

  @ParameterizedTest
  @MethodSource("errors")
  void listenersAndObserversAndPredicatesThatThrowAreAskedOn(Error error) {
    AtomicInteger observed = new AtomicInteger();
    AtomicInteger asked = new AtomicInteger();
    AtomicInteger told = new AtomicInteger();
    HubObserver observer =
        new HubObserver() {
          @Override
          public void opened(Connection connection) {
            observed.incrementAndGet();
            throw error;
          }
        };
    Hub hub =
        start(
            b ->
                b.observer(observer)
                    .heartbeat(TICK)
                    .closeWhen(
                        connection -> {
                          asked.incrementAndGet();
                          throw error;
                        }));
    for (int i = 0; i < 10; i++) {
      Connection connection = hub.connect(new RecordingTransport(), ConnectionOptions.of());
      connection.onClose(
          reason -> {
            told.incrementAndGet();
            throw error;
          });
      connection.close();
    }
    await().until(() -> told.get() == 10 && observed.get() == 10);
    hub.connect(new RecordingTransport(), ConnectionOptions.of());
    int before = asked.get();
    await().until(() -> asked.get() > before + 3);
    assertAlive(hub);
  }

  @ParameterizedTest
  @MethodSource("errors")
  void transportsWhoseCloseThrowsDoNotKeepOthersFromIt(Error error) {
    Hub hub = start(b -> b);
    for (int i = 0; i < 10; i++) {
      Transport broken =
          new Transport() {
            @Override
            public void start(Signals signals, byte[] first) {
              signals.writable();
            }

            @Override
            public boolean isReady() {
              throw error;
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {}

            @Override
            public void close() {
              throw error;
            }
          };
      hub.connect(broken, ConnectionOptions.of("a"));
    }
    await().until(() -> hub.connectionCount() == 0);
    assertAlive(hub);
  }

  @Test
  void whatIsToBeDoneIsDoneOnceThereAreThreadsToBeHadAgain() {
    AtomicInteger refused = new AtomicInteger();
    HubThreads threads =
        new HubThreads() {
          @Override
          Thread newThread(Runnable task, String name) {
            if (name.startsWith("sse-callback") && refused.incrementAndGet() < 4) {
              throw new OutOfMemoryError("unable to create native thread");
            }
            return super.newThread(task, name);
          }
        };
    Hub started = Hub.builder().loops(1).heartbeat(TICK).create(threads, System::nanoTime);
    hub = started;
    started.start();
    CountDownLatch told = new CountDownLatch(1);
    Connection connection = started.connect(other, ConnectionOptions.of());
    connection.onClose(reason -> told.countDown());
    connection.close();
    await().until(() -> told.getCount() == 0);
    assertTrue(refused.get() >= 4);
  }

  @Test
  void aThreadThatHangsIsSaidByHealthAndByOneLineThatNamesIt() {
    try (LogCapture log = LogCapture.only(Health.class, Level.INFO)) {
      ManualHub manual = new ManualHub(b -> b.loops(2));
      assertTrue(manual.hub.isHealthy());
      for (int i = 0; i < 11; i++) {
        manual.tick(Duration.ofSeconds(1));
        manual.turn(0);
        assertEquals(i < 10, manual.hub.isHealthy(), "after " + (i + 1) + " s");
      }
      assertFalse(manual.hub.isHealthy());
      assertEquals(
          List.of("Thread sse-loop-2 has done nothing for 11 s; it stands here:"), log.messages());
      manual.settle();
      assertTrue(manual.hub.isHealthy());
      assertEquals("The hub's threads do their work again, after 11 s", log.messages().get(1));
      manual.hub.close();
      assertFalse(manual.hub.isHealthy());
      manual.elapse(Duration.ofSeconds(11));
      assertFalse(manual.hub.isHealthy());
      assertEquals(2, log.messages().size(), "a closed hub has no threads that could hang");
    }
  }

  @Test
  void aTimerThatIsGoneIsSaidToo() {
    try (LogCapture log = LogCapture.only(Health.class, Level.INFO)) {
      ManualHub manual = new ManualHub(b -> b.loops(2));
      manual.elapse(Duration.ofSeconds(11));
      assertFalse(manual.hub.isHealthy());
      assertNotEquals(List.of(), log.messages());
      assertTrue(log.messages().get(0).contains("sse-timer"), log.messages().toString());
    }
  }
}
