package io.github.ssekit.chat;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A Redis, two nodes as processes of their own, and one address in front of them: something to
 * kill. {@code mvn -q -Pchat-cluster} starts it; a node that has died is started again. Each of
 * these processes ends with its parent process, however the parent ends.
 */
final class Cluster {
  /**
   * Held while a node starts, and for good from the shutdown on, so that no node starts after it.
   */
  private static final ReentrantLock STARTING = new ReentrantLock();

  private Cluster() {}

  /**
   * Runs until the process is told to end.
   *
   * @param args the arguments of {@link Chat} for a node; none for the parent process of the nodes
   */
  public static void main(String[] args) throws Exception {
    ProcessHandle starter = ProcessHandle.current().parent().orElseThrow();
    Future<?> unused = starter.onExit().thenRun(() -> System.exit(1));
    if (args.length > 0) {
      Chat.main(args);
      return;
    }
    EmbeddedRedis redis = EmbeddedRedis.start();
    System.out.println("Redis of its own at " + redis.uri());
    List<Integer> ports = new CopyOnWriteArrayList<>();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(redis)));
    keep("A", redis, ports);
    keep("B", redis, ports);
    @SuppressWarnings("resource") // open as long as the process
    Forwarder proxy = new Forwarder(Integer.getInteger("chat.port", 3000), ports, true);
    System.out.println("Chat at " + proxy.uri() + " (Ctrl-C ends all)");
  }

  /** Starts a node. Whenever it ends, a new node takes its place, after the other in the order. */
  private static void keep(String name, EmbeddedRedis redis, List<Integer> ports) throws Exception {
    ChatProcess node = start(name, redis);
    Integer port = node.awaitUri().getPort();
    ports.add(port);
    System.out.printf(
        "Node %s: pid %d, http://localhost:%d/status, to be killed with: kill -9 %2$d%n",
        name, node.pid(), port);
    Thread keeper =
        new Thread(
            () -> {
              try (node) {
                node.awaitEnd();
                ports.remove(port);
                System.out.println("Node " + name + " has ended; the pages go to the other");
                keep(name, redis, ports);
              } catch (Exception e) {
                System.err.println("Node " + name + ": " + e);
              }
            });
    keeper.setDaemon(true);
    keeper.start();
  }

  private static ChatProcess start(String name, EmbeddedRedis redis) throws IOException {
    STARTING.lock();
    try {
      return ChatProcess.node("--port", "0", "--redis", "" + redis.uri(), "--node", "node " + name);
    } finally {
      STARTING.unlock();
    }
  }

  private static void stop(EmbeddedRedis redis) {
    STARTING.lock();
    ProcessHandle.current().children().forEach(ProcessHandle::destroy);
    redis.close();
  }
}
