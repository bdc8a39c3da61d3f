package io.github.ssekit.chat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import redis.embedded.RedisServer;

/**
 * A Redis process of this chat, on a free port of the loopback interface, with a temporary folder.
 */
final class EmbeddedRedis implements AutoCloseable {
  private final RedisServer server;
  private final Path folder;
  private final int port;

  private EmbeddedRedis(RedisServer server, Path folder, int port) {
    this.server = server;
    this.folder = folder;
    this.port = port;
  }

  /**
   * Starts a Redis on any free port.
   *
   * @throws UncheckedIOException if it doesn't start
   */
  static EmbeddedRedis start() {
    try {
      return start(freePort());
    } catch (IOException e) {
      throw new UncheckedIOException("no port for the embedded Redis: " + e.getMessage(), e);
    }
  }

  /** Starts a Redis on this port. */
  static EmbeddedRedis start(int port) {
    try {
      Path folder = Files.createTempDirectory("chat-redis");
      RedisServer server =
          RedisServer.builder()
              .port(port)
              .setting("bind 127.0.0.1")
              .setting("dir " + folder)
              .setting("save \"\"")
              .build();
      server.start();
      return new EmbeddedRedis(server, folder, port);
    } catch (IOException e) {
      throw new UncheckedIOException("the embedded Redis doesn't start: " + e.getMessage(), e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  URI uri() {
    return URI.create("redis://127.0.0.1:" + port);
  }

  @Override
  public void close() {
    server.stop();
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    } catch (IOException e) {
      System.err.println("Could not remove " + folder + ": " + e.getMessage());
    }
  }
}
