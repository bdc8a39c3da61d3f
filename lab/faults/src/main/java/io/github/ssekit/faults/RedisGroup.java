package io.github.ssekit.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** Several Redis servers, and a URL by which nodes find the leading server. */
abstract class RedisGroup implements AutoCloseable {
  private static final long AGREE_MILLIS = 30_000;

  final List<RedisServer> servers;

  RedisGroup(Path folder, int count, String... options) {
    servers =
        IntStream.range(0, count)
            .mapToObj(i -> new RedisServer(folder(folder, "redis-" + i), options))
            .toList();
  }

  static Path folder(Path in, String name) {
    try {
      return Files.createDirectory(in.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The URL for the nodes. */
  abstract URI uri();

  /** Index of the leading server. */
  abstract int leader();

  /** Makes the other server lead; returns when it does. */
  abstract void change(long pause);

  /** Waits for a condition on which the servers have to agree. */
  static void agree(String what, java.util.function.BooleanSupplier condition) {
    if (!Threads.await(AGREE_MILLIS, condition)) {
      throw new IllegalStateException(what + " has not come about in " + AGREE_MILLIS + " ms");
    }
  }

  @Override
  public void close() {
    servers.forEach(RedisServer::close);
  }
}
