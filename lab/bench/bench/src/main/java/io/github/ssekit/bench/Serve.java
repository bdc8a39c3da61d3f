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
 * The process of one server under test: says the port, then answers each line of its input, with
 * heap and threads, with the bytes that its threads have allocated, or with why connections were
 * closed since it was last asked; and ends with its input, and so with the process that started it.
 */
final class Serve {
  private Serve() {}

  /** Class of the server (a function from Redis' URI to the port that it listens on), and URI. */
  public static void main(String[] args) throws Exception {
    // The containers' greetings. Held in a variable, or it may be collected, level and all.
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

  /** By the threads that live: those that deliver do so until the end. */
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
