package io.github.ssekit.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PortsTest {
  @Test
  void noPortIsReturnedTwiceOrFromTheRangeOfClients() {
    Set<Integer> ports = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      ports.add(Ports.free());
    }
    assertEquals(500, ports.size());
    assertTrue(ports.stream().allMatch(port -> port + 10_000 < 32_768));
  }

  @Test
  void aPortIsListenedToOnceItsServerAccepts() throws Exception {
    int port = Ports.free();
    assertThrows(
        IllegalStateException.class, () -> Ports.awaitListening(port, Duration.ofMillis(50)));
    try (ServerSocket server = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      Ports.awaitListening(server.getLocalPort(), Duration.ofSeconds(10));
    }
  }
}
