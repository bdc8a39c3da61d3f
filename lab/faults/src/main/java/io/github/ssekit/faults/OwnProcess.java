package io.github.ssekit.faults;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A process that the lab started, and ends by its id at the latest when the lab ends. */
final class OwnProcess {
  private static final Set<Process> ALIVE = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> ALIVE.forEach(Process::destroyForcibly)));
  }

  private final Process process;

  private OwnProcess(Process process) {
    this.process = process;
    ALIVE.add(process);
    CompletableFuture<Void> unused = process.onExit().thenAccept(ALIVE::remove);
  }

  /** Starts a command; its output is appended to the file, or may be read if there is none. */
  static OwnProcess start(List<String> command, @Nullable File log) {
    ProcessBuilder builder = new ProcessBuilder(command);
    if (log != null) {
      builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log));
    } else {
      builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    }
    try {
      return new OwnProcess(builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts a command whose output and errors may be read. */
  static OwnProcess startMerged(List<String> command) throws IOException {
    return new OwnProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  /** The path of a program, or null if there is none of that name. */
  static @Nullable String installed(String name) {
    for (String each : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
      Path found = Path.of(each, name);
      if (Files.isExecutable(found)) {
        return found.toString();
      }
    }
    return null;
  }

  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Process process() {
    return process;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** STOP, CONT or TERM. */
  void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** kill -9, of its children too, and waits until it is gone. */
  void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().onExit().join();
  }

  /** SIGTERM, and after some seconds the other. */
  void stop() {
    process.destroy();
    if (!Threads.await(5000, () -> !isAlive())) {
      kill();
    }
  }
}
