package io.github.ssekit.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedisProcessIT {
  @TempDir Path folder;

  /** The first line of the answer to a command. */
  private static String ask(int port, String command) throws IOException {
    return ask(port, command, 10_000);
  }

  private static String ask(int port, String command, int patienceMillis) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(patienceMillis);
      socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
      StringBuilder line = new StringBuilder();
      for (int b = socket.getInputStream().read(); b != '\r'; b = socket.getInputStream().read()) {
        line.append((char) b);
      }
      return line.toString();
    }
  }

  @Test
  void aRestartKeepsThePortAndTheFilesAndMayChangeAnOption() throws IOException {
    try (RedisProcess redis = RedisProcess.start(folder, "--appendonly", "yes")) {
      int port = redis.port();
      assertEquals("+OK", ask(port, "set a 1"));
      redis.kill();
      assertFalse(Ports.isListening(port));
      redis.restart();
      assertEquals(":1", ask(port, "exists a"));
      redis.kill();
      redis.restart("--requirepass", "secret");
      assertTrue(ask(port, "exists a").startsWith("-NOAUTH"));
    }
  }

  @Test
  void aPausedOneIsSilentUntilItIsResumed() throws IOException {
    try (RedisProcess redis = RedisProcess.start(folder)) {
      redis.pause();
      assertThrows(SocketTimeoutException.class, () -> ask(redis.port(), "ping", 300));
      redis.resume();
      assertEquals("+PONG", ask(redis.port(), "ping"));
    }
  }

  @Test
  void aRedisThatCannotStartSaysWhy() {
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class, () -> RedisProcess.start(folder, "--no-such-option", "1"));
    assertTrue(e.getMessage().contains("no-such-option"), e.getMessage());
  }
}
