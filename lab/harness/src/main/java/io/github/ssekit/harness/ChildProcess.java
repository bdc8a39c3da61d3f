package io.github.ssekit.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A process that this JVM starts, and kills when the JVM exits. */
public final class ChildProcess {
  private static final Set<Process> ALIVE = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> ALIVE.forEach(Process::destroyForcibly)));
  }

  private final Process process;

  private ChildProcess(Process process) {
    this.process = process;
    ALIVE.add(process);
    CompletableFuture<Void> unused = process.onExit().thenAccept(ALIVE::remove);
  }

  /**
   * Starts a command.
   *
   * @param log file to which the command's output and errors are appended; if null, {@link
   *     #process} has the output, and the errors are discarded
   * @throws UncheckedIOException if the command can't be started
   */
  public static ChildProcess start(List<String> command, @Nullable Path log) {
    ProcessBuilder builder = new ProcessBuilder(command);
    if (log != null) {
      builder
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    } else {
      builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    }
    return start(builder);
  }

  /**
   * Starts a command as the builder says.
   *
   * @throws UncheckedIOException if the command can't be started
   */
  public static ChildProcess start(ProcessBuilder builder) {
    try {
      return new ChildProcess(builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the process itself. */
  public Process process() {
    return process;
  }

  /** Whether the process runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Sends a signal: {@code STOP}, {@code CONT}, {@code TERM}, {@code INT}. */
  public void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Kills the process and its descendants, and waits until the process is gone. */
  public void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().onExit().join();
  }

  /** Asks the process to end (SIGTERM), and kills it if it has not ended within 5 s. */
  public void stop() {
    process.destroy();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        kill();
      }
    } catch (InterruptedException e) {
      kill();
      Thread.currentThread().interrupt();
    }
  }
}
