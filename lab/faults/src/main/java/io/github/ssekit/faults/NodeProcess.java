package io.github.ssekit.faults;

import io.github.ssekit.harness.ChildProcess;
import io.github.ssekit.harness.Ports;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A node as a process: a {@link Node} that keeps its port over restarts. */
final class NodeProcess {
  private static final long START_MILLIS = 60_000;

  private final Path log;
  private final URI redis;
  private final int logEvents;
  private final List<String> more;
  private final int port = Ports.free();
  private ChildProcess process;

  /**
   * Starts a node.
   *
   * @param logEvents limit of events in the log of a channel
   * @param more further arguments, see {@link Node}
   */
  NodeProcess(int number, Path folder, URI redis, int logEvents, String... more) {
    this.logEvents = logEvents;
    this.more = List.of(more);
    this.log = folder.resolve("node" + number + ".log");
    this.redis = redis;
    process = launch();
  }

  private ChildProcess launch() {
    List<String> command = new ArrayList<>();
    Collections.addAll(
        command,
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-ea",
        "-Xmx192m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xshare:auto",
        "-classpath",
        System.getProperty("java.class.path"),
        Node.class.getName(),
        "" + port,
        redis.toString(),
        "" + logEvents);
    command.addAll(more);
    return ChildProcess.start(command, log);
  }

  int port() {
    return port;
  }

  void signal(String name) {
    process.signal(name);
  }

  void kill() {
    process.kill();
  }

  void stop() {
    process.stop();
  }

  /** Starts the node after a kill or stop; does not wait until the node serves. */
  void start() {
    process = launch();
  }

  /** Whether the node serves, and is subscribed to Redis. */
  boolean isServing() {
    return Http.answers(port);
  }

  /** Waits until the node serves, and starts it again if it has ended for want of a Redis. */
  void awaitServing() {
    boolean serves =
        Threads.await(
            START_MILLIS,
            () -> {
              if (!process.isAlive()) {
                start();
              }
              return Http.answers(port);
            });
    if (!serves) {
      throw new IllegalStateException("a node does not start: see " + log);
    }
  }
}
