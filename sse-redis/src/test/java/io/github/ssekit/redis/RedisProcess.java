package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;
import redis.embedded.RedisExecProvider;

/** A real Redis server process, which a test may stop, freeze, kill and start again. */
final class RedisProcess implements AutoCloseable {
  private final List<String> command = new ArrayList<>();
  private final File folder;
  private final int port;
  private Process process;

  private RedisProcess(String binary, Path folder, int port, List<String> options)
      throws IOException {
    this.folder = folder.toFile();
    this.port = port;
    command.addAll(List.of(binary, "--bind", "127.0.0.1", "--save", "", "--dir", "" + folder));
    command.addAll(options);
    launch();
  }

  /** The binary that the embedded Redis brings, or that of {@code -Dssekit.redis=FILE}. */
  static String binary() throws IOException {
    String given = System.getProperty("ssekit.redis");
    return given == null ? RedisExecProvider.defaultProvider().get().getAbsolutePath() : given;
  }

  /** Starts the binary, and waits until it answers. */
  static RedisProcess start(Path folder, String... options) throws IOException {
    int port = freePort();
    List<String> all = new ArrayList<>(List.of("--port", "" + port));
    all.addAll(List.of(options));
    RedisProcess redis = new RedisProcess(binary(), folder, port, all);
    redis.awaitAnswer();
    return redis;
  }

  /** Starts the system's Redis, which can do TLS, with TLS alone. */
  static RedisProcess startTls(Path folder, String... options) throws IOException {
    int port = freePort();
    List<String> all = new ArrayList<>(List.of("--port", "0", "--tls-port", "" + port));
    all.addAll(List.of(options));
    return new RedisProcess("redis-server", folder, port, all);
  }

  /**
   * A port that is free, and below those that kernels give to connections: one of these could be
   * taken by a client before the server binds it.
   */
  static int freePort() throws IOException {
    for (int tries = 0; ; tries++) {
      int port = ThreadLocalRandom.current().nextInt(16_000, 32_000);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (IOException e) {
        if (tries == 100) {
          throw e;
        }
      }
    }
  }

  int port() {
    return port;
  }

  URI uri() {
    return URI.create("redis://127.0.0.1:" + port);
  }

  Jedis client() {
    return new Jedis(new HostAndPort("127.0.0.1", port));
  }

  /** Starts it again on its port. */
  void restart() throws IOException {
    launch();
    awaitAnswer();
  }

  private void launch() throws IOException {
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(new File(folder, "redis.log"))
            .start();
  }

  private void awaitAnswer() {
    await()
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(10))
        .until(
            () -> {
              assertTrue(process.isAlive(), this::log);
              try (Jedis jedis = client()) {
                jedis.ping();
                return true;
              } catch (JedisException e) {
                return String.valueOf(e.getMessage()).contains("NOAUTH");
              }
            });
  }

  private String log() {
    try {
      return "Redis has ended: " + Files.readString(folder.toPath().resolve("redis.log"));
    } catch (IOException e) {
      return "Redis has ended without a log: " + e;
    }
  }

  /** Forgets what a server has stored in its folder. */
  static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        if (!file.equals(folder)) {
          Files.delete(file);
        }
      }
    }
  }

  /** SIGSTOP or SIGCONT. */
  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor();
  }

  void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() {
    kill();
  }
}
