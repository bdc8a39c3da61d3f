package io.github.ssekit.bench;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A Redis of our own on a free port: the machine's {@code redis-server}, else the embedded one. */
final class RedisServer implements AutoCloseable {
  private final Path folder = Files.createTempDirectory("bench-redis");
  private final int port = freePort();
  private final @Nullable ServerProcess installed;
  private final redis.embedded.@Nullable RedisServer embedded;

  RedisServer() throws IOException {
    Path program = onPath("redis-server");
    if (program == null) {
      installed = null;
      embedded =
          redis.embedded.RedisServer.builder()
              .port(port)
              .setting("bind 127.0.0.1")
              .setting("dir " + folder)
              .setting("save \"\"")
              .build();
      embedded.start();
    } else {
      embedded = null;
      String[] settings = {"--bind", "127.0.0.1", "--dir", "" + folder, "--save", ""};
      List<String> command =
          Stream.concat(Stream.of("" + program, "--port", "" + port), Arrays.stream(settings))
              .toList();
      installed = ServerProcess.start(command, port);
      awaitPort(port);
    }
  }

  static @Nullable Path onPath(String program) {
    for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
      Path file = Path.of(folder, program);
      if (Files.isExecutable(file)) {
        return file;
      }
    }
    return null;
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Waits up to 10 s for a program that listens. */
  static void awaitPort(int port) throws IOException {
    for (int i = 0; ; i++) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException e) {
        if (i == 200) {
          throw e;
        }
        LockSupport.parkNanos(50_000_000);
      }
    }
  }

  String uri() {
    return "redis://127.0.0.1:" + port;
  }

  @Override
  public void close() throws IOException {
    if (installed != null) {
      installed.close();
    }
    if (embedded != null) {
      embedded.stop();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    }
  }
}
