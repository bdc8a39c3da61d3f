package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** The base of tests of a connection: a hub without threads, and one client. */
abstract class OneClientTest {
  static final Duration SECOND = Duration.ofSeconds(1);

  ManualHub hub = new ManualHub();
  RecordingTransport client = new RecordingTransport();
  final List<CloseReason> reasons = new ArrayList<>();

  @AfterEach
  void theTransportWasUsedAsItsContractSays() {
    assertEquals(List.of(), client.breaches());
  }

  Connection connect(String... channels) {
    Connection connection = hub.connect(client, channels);
    connection.onClose(reasons::add);
    return connection;
  }

  void assertClosed(Connection connection, CloseReason reason) {
    assertEquals(List.of(reason), reasons);
    assertTrue(client.closed());
    assertFalse(connection.isOpen());
    assertEquals(0, hub.hub.connectionCount());
  }
}
