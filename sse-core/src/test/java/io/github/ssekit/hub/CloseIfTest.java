package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Predicates of the application that decide which connections are closed. */
class CloseIfTest extends OneClientTest {
  private final RecordingTransport other = new RecordingTransport();

  private Connection connect(RecordingTransport transport, String owner) {
    Connection connection = hub.hub.connect(transport, ConnectionOptions.of("a").withOwner(owner));
    hub.settle();
    transport.forget();
    return connection;
  }

  @Test
  void whereAPredicateSaysYesTheConnectionIsClosedAndTheOthersStay() {
    Connection ann = connect(client, "Ann");
    ann.onClose(reasons::add);
    Connection bob = connect(other, "Bob");
    hub.hub.closeIf(c -> "Ann".equals(c.owner()));
    hub.settle();
    hub.publish("a", "1");
    hub.settle();
    assertEquals(List.of(CloseReason.REVOKED), reasons);
    assertEquals(List.of(), client.data());
    assertTrue(client.closed());
    assertTrue(bob.isOpen());
    assertEquals(List.of("1"), other.data());
  }

  @Test
  void whatWaitsIsNotWritten() {
    Connection connection = connect("a");
    client.ready(false);
    hub.publish("a", "1");
    connection.send(SseEvent.of("2"));
    hub.hub.closeIf(c -> true);
    hub.settle();
    client.ready(true);
    hub.settle();
    assertEquals(List.of(), client.blocks());
    assertClosed(connection, CloseReason.REVOKED);
  }

  @Test
  void theHubsPredicateIsAskedOnEachTick() {
    AtomicInteger asked = new AtomicInteger();
    hub = new ManualHub(b -> b.closeWhen(c -> asked.incrementAndGet() == 3));
    Connection connection = connect("a");
    hub.pass(SECOND);
    hub.pass(SECOND);
    assertTrue(connection.isOpen());
    hub.pass(SECOND);
    assertClosed(connection, CloseReason.REVOKED);
    hub.pass(SECOND);
    assertEquals(3, asked.get(), "one that has ended is not asked for");
  }

  @Test
  void aPredicateThatThrowsClosesNobodyElseNorKeepsOthersOpenAndIsLoggedOnceAMinute() {
    hub =
        new ManualHub(
            b ->
                b.closeWhen(
                    c -> {
                      if ("Ann".equals(c.owner())) {
                        throw new IllegalStateException("the session store is away");
                      }
                      return true;
                    }));
    Connection ann = connect(client, "Ann");
    Connection bob = connect(other, "Bob");
    List<LogRecord> logged = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord r) {
            logged.add(r);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger(CloseIf.class.getName());
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try {
      hub.pass(SECOND);
      assertTrue(ann.isOpen());
      assertFalse(bob.isOpen());
      for (int i = 0; i < 59; i++) {
        hub.pass(SECOND);
      }
      assertEquals(1, logged.size());
      assertEquals(
          "closeWhen failed for 1 of 2 connections, which stay open; the first time with:",
          logged.get(0).getMessage());
      assertEquals("the session store is away", logged.get(0).getThrown().getMessage());
      hub.pass(SECOND);
      assertEquals(2, logged.size());
    } finally {
      logger.setUseParentHandlers(true);
      logger.removeHandler(handler);
    }
  }

  @Test
  void aPredicateThatBlocksHoldsUpNeitherDeliveryNorTicksNorOtherPredicates() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    AtomicInteger passes = new AtomicInteger();
    Set<String> threads = ConcurrentHashMap.newKeySet();
    Hub real =
        Hub.builder()
            .loops(2)
            .heartbeat(Duration.ofMillis(40))
            .closeWhen(
                c -> {
                  threads.add(Thread.currentThread().getName().replaceAll("-\\d+$", ""));
                  passes.incrementAndGet();
                  try {
                    release.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  return false;
                })
            .create();
    try {
      Connection connection = real.connect(client, ConnectionOptions.of("a"));
      Awaitility.await().until(() -> passes.get() == 1);
      real.publish("a", SseEvent.of("1"));
      Awaitility.await().until(() -> client.data().contains("1"));
      Awaitility.await().until(() -> client.blocks().stream().filter(":"::equals).count() > 3);
      assertEquals(1, passes.get(), "passes don't pile up");
      real.closeIf(c -> true);
      Awaitility.await().until(() -> !connection.isOpen());
      assertEquals(Set.of("sse-callback"), threads);
    } finally {
      release.countDown();
      real.close();
    }
  }
}
