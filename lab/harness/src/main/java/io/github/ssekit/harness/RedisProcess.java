package io.github.ssekit.harness;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import redis.embedded.RedisExecProvider;

/**
 * A Redis server as a process of its own. It keeps its port, on the loopback interface, when it is
 * killed and started again. It takes no snapshots, unless its options say otherwise.
 */
public final class RedisProcess implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(30);

  private final List<String> command;
  private final Path folder;
  private final int port;
  private final boolean tls;
  private ChildProcess process;

  private RedisProcess(String binary, Path folder, boolean tls, List<String> options) {
    this.folder = folder;
    this.tls = tls;
    port = Ports.free();
    command = new ArrayList<>(List.of(binary, "--bind", "127.0.0.1", "--save", ""));
    command.addAll(List.of("--dir", folder.toString()));
    command.addAll(
        tls ? List.of("--port", "0", "--tls-port", "" + port) : List.of("--port", "" + port));
    command.addAll(options);
    process = launch();
  }

  /** Returns the binary of the embedded Redis, or the file of {@code -Dssekit.redis=FILE}. */
  public static String binary() {
    String given = System.getProperty("ssekit.redis");
    try {
      return given == null ? RedisExecProvider.defaultProvider().get().getAbsolutePath() : given;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the installed {@code redis-server}, or {@link #binary} if none is installed. */
  public static String installedBinary() {
    return Programs.find("redis-server").map(Path::toString).orElseGet(RedisProcess::binary);
  }

  /**
   * Starts {@link #binary}, and waits until the server answers.
   *
   * @param folder the folder of the server's files and of its log, {@code redis.log}
   * @param options command-line options, such as {@code "--appendonly", "yes"}
   * @throws IllegalStateException if the server exits, or does not answer within 30 s
   */
  public static RedisProcess start(Path folder, String... options) {
    return new RedisProcess(binary(), folder, false, List.of(options));
  }

  /** As {@link #start}, with {@link #installedBinary}. */
  public static RedisProcess startInstalled(Path folder, String... options) {
    return new RedisProcess(installedBinary(), folder, false, List.of(options));
  }

  /**
   * As {@link #start}, with TLS only. Starts the installed {@code redis-server}, which supports
   * TLS.
   */
  public static RedisProcess startTls(Path folder, String... options) {
    return new RedisProcess(Programs.path("redis-server"), folder, true, List.of(options));
  }

  private ChildProcess launch(String... more) {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(more));
    ChildProcess launched = ChildProcess.start(all, folder.resolve("redis.log"));
    long end = System.nanoTime() + START.toNanos();
    while (!answers()) {
      if (!launched.isAlive() || System.nanoTime() - end > 0) {
        launched.kill();
        throw new IllegalStateException("Redis does not start: " + log());
      }
      LockSupport.parkNanos(10_000_000);
    }
    return launched;
  }

  /**
   * Whether the server has loaded its data and takes commands, or asks for a password; with TLS,
   * whether it listens.
   */
  private boolean answers() {
    if (tls) {
      return Ports.isListening(port);
    }
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(1000);
      socket.getOutputStream().write("PING\r\n".getBytes(US_ASCII));
      String answer =
          new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII)).readLine();
      return answer != null && (answer.startsWith("+PONG") || answer.startsWith("-NOAUTH"));
    } catch (IOException e) {
      return false;
    }
  }

  private String log() {
    try {
      return Files.readString(folder.resolve("redis.log"));
    } catch (IOException e) {
      return "no log: " + e;
    }
  }

  /** Returns the server's port, which uses TLS after {@link #startTls}. */
  public int port() {
    return port;
  }

  /** Returns the server's address: {@code redis://127.0.0.1:PORT}, or {@code rediss:} with TLS. */
  public URI uri() {
    return URI.create((tls ? "rediss" : "redis") + "://127.0.0.1:" + port);
  }

  /**
   * Starts the server again on its port after {@link #kill}, and waits until it answers.
   *
   * @param more options for this start only, which override the others
   */
  public void restart(String... more) {
    process = launch(more);
  }

  /** Stops the process (SIGSTOP): the kernel still accepts connections, but nothing answers. */
  public void pause() {
    process.signal("STOP");
  }

  /** Continues the process after {@link #pause}. */
  public void resume() {
    process.signal("CONT");
  }

  /** Kills the server (SIGKILL), and waits until it is gone. Its files stay. */
  public void kill() {
    process.kill();
  }

  /** Deletes the server's files after {@link #kill}: started again, the server has no data. */
  public void deleteFiles() {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        if (!file.equals(folder)) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As {@link #kill}. */
  @Override
  public void close() {
    kill();
  }
}
