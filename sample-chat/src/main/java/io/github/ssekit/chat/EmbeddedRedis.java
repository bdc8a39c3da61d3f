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
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import redis.embedded.RedisServer;
import redis.embedded.exceptions.EmbeddedRedisException;

/**
 * A Redis process of this chat, on a free port of the loopback interface, with a temporary folder.
 */
final class EmbeddedRedis implements AutoCloseable {
  /** The number of ports to try before a start fails. */
  private static final int MAX_TRIES = 5;

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
    return start(EmbeddedRedis::freePort);
  }

  /**
   * Starts a Redis on the first of some ports on which it starts: another program may take a free
   * port before the start.
   */
  static EmbeddedRedis start(IntSupplier ports) {
    for (int tries = 1; ; tries++) {
      try {
        return start(ports.getAsInt());
      } catch (UncheckedIOException e) {
        if (tries == MAX_TRIES) {
          throw e;
        }
      }
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
      EmbeddedRedis redis = new EmbeddedRedis(server, folder, port);
      try {
        server.start();
      } catch (EmbeddedRedisException e) {
        redis.removeFolder();
        throw new IOException(e.getMessage(), e);
      }
      return redis;
    } catch (IOException e) {
      throw new UncheckedIOException("the embedded Redis doesn't start: " + e.getMessage(), e);
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("no port for the embedded Redis: " + e.getMessage(), e);
    }
  }

  URI uri() {
    return URI.create("redis://127.0.0.1:" + port);
  }

  @Override
  public void close() {
    server.stop();
    removeFolder();
  }

  private void removeFolder() {
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    } catch (IOException e) {
      System.err.println("Could not remove " + folder + ": " + e.getMessage());
    }
  }
}
