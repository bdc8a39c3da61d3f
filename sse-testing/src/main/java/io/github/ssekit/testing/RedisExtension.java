package io.github.ssekit.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import redis.embedded.RedisServer;

/**
 * A Redis for the tests of a class, by JUnit 5 or newer:
 *
 * <pre>{@code
 * @RegisterExtension static final RedisExtension REDIS = new RedisExtension();
 *
 * RedisBridge bridge = RedisBridge.connect(hub, REDIS.uri());
 * }</pre>
 *
 * The extension starts one process for the class, on a free port. This needs the dependency {@code
 * org.signal:embedded-redis}. If the system property or the environment variable {@value #URL} is
 * set, the extension uses the Redis at that address, and leaves it as it is: give each test a scope
 * of its own there.
 */
public final class RedisExtension implements BeforeAllCallback, AfterAllCallback {
  /** The name of the property and of the variable that have the address of a running Redis. */
  public static final String URL = "SSEKIT_TEST_REDIS";

  private static final int MAX_TRIES = 5;

  /**
   * The number of classes whose tests run now: the class and its nested classes. JUnit reports
   * each.
   */
  private int classes;

  private @Nullable URI uri;
  private @Nullable RedisServer server;
  private @Nullable Path folder;

  /** Creates an extension, to be registered in a static field. */
  public RedisExtension() {}

  /**
   * Returns the address of the Redis.
   *
   * @throws IllegalStateException before the tests of the class, and if the extension is registered
   *     in a field that is not static
   */
  public URI uri() {
    if (uri == null) {
      throw new IllegalStateException(
          "there is no Redis yet: register the extension in a static field, with"
              + " @RegisterExtension, and ask for its address in a test");
    }
    return uri;
  }

  @Override
  public synchronized void beforeAll(ExtensionContext context) {
    classes++;
    if (classes > 1) {
      return;
    }
    String given = System.getProperty(URL, System.getenv(URL));
    if (given != null) {
      uri = URI.create(given);
      return;
    }
    try {
      folder = Files.createTempDirectory("sse-test-redis");
      start(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("the embedded Redis doesn't start: " + e.getMessage(), e);
    }
  }

  /**
   * Starts Redis; tries again on another port, since another program may take a free port first.
   */
  private void start(Path files) throws IOException {
    for (int tries = 1; ; tries++) {
      int port = freePort();
      RedisServer started =
          RedisServer.builder()
              .port(port)
              .setting("bind 127.0.0.1")
              .setting("dir " + files)
              .setting("save \"\"")
              .build();
      try {
        started.start();
        server = started;
        uri = URI.create("redis://127.0.0.1:" + port);
        return;
      } catch (RuntimeException e) {
        if (tries == MAX_TRIES) {
          throw e;
        }
      }
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public synchronized void afterAll(ExtensionContext context) throws IOException {
    classes--;
    if (classes > 0) {
      return;
    }
    if (server != null) {
      server.stop();
    }
    if (folder != null) {
      try (Stream<Path> files = Files.walk(Objects.requireNonNull(folder))) {
        files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
      }
    }
  }
}
