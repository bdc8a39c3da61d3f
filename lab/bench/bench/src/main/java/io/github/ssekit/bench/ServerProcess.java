package io.github.ssekit.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A server under test, seen from outside: its port, its CPU time and its memory. */
final class ServerProcess implements AutoCloseable {
  /** Clock ticks a second in /proc, the same on every Linux that Java runs on. */
  private static final int USER_HZ = 100;

  private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
  }

  /** The memory of a server after garbage collection. */
  record Memory(long heap, long rss, int threads) {}

  private final Process process;
  private final BufferedReader answers;

  /** Whether the process is {@link Serve}, which answers commands. */
  private final boolean java;

  final int port;

  private ServerProcess(Process process, int port, BufferedReader answers, boolean java) {
    this.process = process;
    this.port = port;
    this.answers = answers;
    this.java = java;
  }

  /** Starts a JVM that says its port when it is ready. */
  static ServerProcess start(List<String> command) throws IOException {
    Process process = launch(command);
    BufferedReader answers = process.inputReader(StandardCharsets.UTF_8);
    String port = answer(process, answers, "READY ");
    return new ServerProcess(process, Integer.parseInt(port), answers, true);
  }

  /** Starts a program that can't say when it is ready. */
  static ServerProcess start(List<String> command, int port) throws IOException {
    Process process = launch(command);
    return new ServerProcess(process, port, process.inputReader(StandardCharsets.UTF_8), false);
  }

  private static Process launch(List<String> command) throws IOException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    RUNNING.add(process);
    return process;
  }

  /** Returns the rest of the next line that begins with a word. Kills the process after 60 s. */
  private static String answer(Process process, BufferedReader answers, String word)
      throws IOException {
    CompletableFuture<Void> late =
        CompletableFuture.runAsync(
            process::destroyForcibly, CompletableFuture.delayedExecutor(60, TimeUnit.SECONDS));
    try {
      for (String line = answers.readLine(); line != null; line = answers.readLine()) {
        if (line.startsWith(word)) {
          return line.substring(word.length());
        }
      }
    } finally {
      late.cancel(false);
    }
    throw new IOException("the server has ended without saying " + word);
  }

  /** Processor seconds used so far. */
  double cpuSeconds() throws IOException {
    return cpuSeconds(process.toHandle());
  }

  /** Processor seconds used so far by everything on this machine but the benchmark. */
  static double othersCpuSeconds() throws IOException {
    String all = Files.readString(Path.of("/proc/stat")).lines().findFirst().orElse("");
    // "cpu", then user, nice, system, idle, iowait, and more fields of busy time.
    String[] fields = all.trim().split("\\s+");
    long busy = 0;
    for (int i = 1; i < fields.length; i++) {
      busy += i == 4 || i == 5 ? 0 : Long.parseLong(fields[i]);
    }
    return (double) busy / USER_HZ - cpuSeconds(ProcessHandle.current());
  }

  private static double cpuSeconds(ProcessHandle root) throws IOException {
    long ticks = 0;
    for (long pid : pids(root)) {
      ticks += ticks(Path.of("/proc/" + pid + "/stat"));
    }
    return (double) ticks / USER_HZ;
  }

  private static long ticks(Path stat) throws IOException {
    String text = Files.readString(stat);
    String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
    return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
  }

  /** Processor seconds that the threads of a JVM's collector have used so far. */
  double collectorCpuSeconds() throws IOException {
    return cpuSeconds("G1 ", "GC ");
  }

  /** Processor seconds that the threads of the JIT compilers have used so far. */
  double compilerCpuSeconds() throws IOException {
    return cpuSeconds("C1 ", "C2 ");
  }

  /** Processor seconds of the threads whose names begin with one of two words. */
  private double cpuSeconds(String one, String other) throws IOException {
    long ticks = 0;
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(Path.of("/proc/" + process.pid() + "/task"))) {
      for (Path thread : threads) {
        try {
          String name = Files.readString(thread.resolve("comm"));
          boolean isMeant = name.startsWith(one) || name.startsWith(other);
          ticks += isMeant ? ticks(thread.resolve("stat")) : 0;
        } catch (IOException e) {
          // The thread has ended: it is no collector or compiler thread, since they stay.
        }
      }
    }
    return (double) ticks / USER_HZ;
  }

  /** The bytes that the threads of a JVM have allocated so far; 0 if the server is no JVM. */
  long allocatedBytes() throws IOException {
    return java ? Long.parseLong(ask("allocated", "ALLOCATED ")) : 0;
  }

  /** Collects garbage, if the server is a JVM. */
  Memory memory() throws IOException {
    if (!java) {
      return new Memory(0, rss(), 0);
    }
    String[] numbers = ask("memory", "MEMORY ").split(" ");
    return new Memory(Long.parseLong(numbers[0]), rss(), Integer.parseInt(numbers[1]));
  }

  /** Connections that our library has closed since the last call, counted by reason. */
  Map<String, Double> closed() throws IOException {
    Map<String, Double> counts = new TreeMap<>();
    if (java) {
      String[] words = ask("closed", "CLOSED ").split(" ");
      for (int i = 0; i + 1 < words.length; i += 2) {
        counts.put(words[i], Double.valueOf(words[i + 1]));
      }
    }
    return counts;
  }

  private String ask(String command, String word) throws IOException {
    OutputStream commands = process.getOutputStream();
    commands.write((command + "\n").getBytes(StandardCharsets.US_ASCII));
    commands.flush();
    return answer(process, answers, word);
  }

  private long rss() throws IOException {
    long kib = 0;
    for (long pid : pids(process.toHandle())) {
      try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
        kib +=
            lines
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
      }
    }
    return kib << 10;
  }

  private static List<Long> pids(ProcessHandle root) {
    return Stream.concat(Stream.of(root), root.descendants()).map(ProcessHandle::pid).toList();
  }

  @Override
  public void close() {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    children.forEach(ProcessHandle::destroyForcibly);
    RUNNING.remove(process);
  }
}
