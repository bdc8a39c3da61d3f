package io.github.ssekit.bench;

import com.sun.management.ThreadMXBean;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.ToIntFunction;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The process of one server under test. It prints the port, then answers each line of its input:
 * with heap and threads, with the bytes that its threads have allocated, or with the close reasons
 * of connections since the last such answer. It ends with its input, and so with the process that
 * started it.
 */
final class Serve {
  private Serve() {}

  /**
   * Arguments: the server's class, a function from Redis' URI to the port that the server listens
   * on; and the URI.
   */
  public static void main(String[] args) throws Exception {
    // Silences the containers' greetings. Without the variable, the logger and its level could be
    // collected.
    Logger root = Logger.getLogger("");
    root.setLevel(Level.WARNING);
    @SuppressWarnings("unchecked")
    ToIntFunction<String> server =
        (ToIntFunction<String>) Class.forName(args[0]).getDeclaredConstructor().newInstance();
    System.out.println("READY " + server.applyAsInt(args[1]));
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      System.out.println(
          switch (line) {
            case "closed" -> "CLOSED " + Closed.take();
            case "allocated" -> "ALLOCATED " + allocated();
            default -> "MEMORY " + heapAfterGc() + " " + threads();
          });
    }
    System.exit(0);
  }

  private static long heapAfterGc() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** Bytes allocated by live threads: delivering threads live until the end. */
  private static long allocated() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
        .filter(bytes -> bytes > 0)
        .sum();
  }

  private static int threads() {
    return ManagementFactory.getThreadMXBean().getThreadCount();
  }
}
