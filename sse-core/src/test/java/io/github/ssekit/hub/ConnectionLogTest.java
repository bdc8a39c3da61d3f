package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.harness.LogCapture;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The log line of a connection that ends. */
class ConnectionLogTest extends OneClientTest {
  /** Threads of other tests may still log the ends of their connections. */
  @BeforeEach
  void awaitTheThreadsOfOtherHubs() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> HubCloseTest.hubThreads().isEmpty());
  }

  @Test
  void aConnectionIsOneLineAtItsEnd() {
    try (LogCapture log = LogCapture.only(Connection.class, Level.FINE)) {
      Connection connection = connect("a", "b \"c\"");
      hub.publish("a", "1");
      hub.pass(SECOND);
      connection.close();
      hub.settle();
      assertEquals(
          List.of(
              "Connection closed: CLOSED after PT1S, 1 events, 21 bytes, channels [\"a\", \"b"
                  + " \\u0022c\\u0022\"]"),
          log.messages());
    }
  }

  @Test
  void aLogThatFailsKeepsNothingFromTheListeners() {
    Logger logger = Logger.getLogger(Connection.class.getName());
    Handler full = new FullDisk();
    logger.setLevel(Level.FINE);
    logger.addHandler(full);
    try {
      connect("a").close();
      assertThrows(IllegalStateException.class, hub::settle);
      hub.settle();
      assertEquals(List.of(CloseReason.CLOSED), reasons);
    } finally {
      logger.removeHandler(full);
      logger.setLevel(null);
    }
  }

  private static final class FullDisk extends Handler {
    @Override
    public void publish(LogRecord line) {
      throw new IllegalStateException("disk full");
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Test
  void nothingThatAClientSendsCanLookLikeALine() {
    try (LogCapture log = LogCapture.only(Connection.class, Level.FINE)) {
      hub.hub.connect(
          client,
          ConnectionOptions.of("a\u2028b")
              .withOwner("o\n")
              .withLastEventId("x\r\n{0} Connection closed: \u202E\\ y"));
      client.signals().failed(new IOException("reset by\npeer" + "!".repeat(1_000)));
      hub.settle();
      assertEquals(1, log.messages().size());
      String line = log.messages().get(0);
      assertTrue(line.startsWith("Connection closed: CLIENT_GONE after "), line);
      assertTrue(
          line.contains("channels [\"a\\u2028b\"], owner \"o\\u000a\", last event ID "), line);
      assertTrue(line.contains("\"x\\u000d\\u000a{0} Connection closed: \\u202e\\u005c y\""), line);
      assertTrue(line.contains("because of \"java.io.IOException: reset by\\u000apeer!"), line);
      assertTrue(line.endsWith("!\"..."), line);
      assertTrue(line.length() < 500, line);
    }
  }

  @Test
  void ofManyChannelsTheLogNamesTen() {
    try (LogCapture log = LogCapture.only(Connection.class, Level.FINE)) {
      String[] channels = IntStream.range(0, 30).mapToObj(i -> "c" + i).toArray(String[]::new);
      connect(channels).close();
      hub.settle();
      assertTrue(log.messages().get(0).endsWith(", \"c9\"] of 30"), log.messages().get(0));
    }
  }

  @Test
  void clientsThatLeaveAreNoMatterForTheLogAboveDebug() {
    try (LogCapture log = LogCapture.only(Connection.class, Level.CONFIG)) {
      connect("a");
      client.failWrites(new IOException("broken pipe"));
      hub.publish("a", "1");
      hub.settle();
      assertEquals(List.of(CloseReason.CLIENT_GONE), reasons);
      assertEquals(List.of(), log.messages());
    }
  }
}
