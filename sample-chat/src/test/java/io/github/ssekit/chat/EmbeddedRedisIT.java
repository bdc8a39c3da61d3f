package io.github.ssekit.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.harness.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/** The start of the chat's own Redis. */
class EmbeddedRedisIT {
  @Test
  void aPortThatAnotherProgramTakesBeforeTheStartIsReplaced() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int free = Ports.free();
      Queue<Integer> ports = new ArrayDeque<>(List.of(taken.getLocalPort(), free));
      try (EmbeddedRedis redis = EmbeddedRedis.start(ports::remove)) {
        assertEquals(free, redis.uri().getPort());
        assertTrue(Ports.isListening(free));
      }
    }
  }

  @Test
  void aStartThatFailsOnEachPortSaysSo() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      UncheckedIOException e =
          assertThrows(UncheckedIOException.class, () -> EmbeddedRedis.start(taken::getLocalPort));
      assertTrue(e.getMessage().startsWith("the embedded Redis doesn't start: "), e.getMessage());
    }
  }
}
