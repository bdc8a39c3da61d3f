package io.github.ssekit.chat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A Redis, two nodes that are processes of their own, and one address before them: something to
 * kill. {@code mvn -q -Pchat-cluster} starts it; a node that has died is started again.
 */
final class Cluster {
  private Cluster() {}

  /** Runs until the process is told to end. */
  public static void main(String[] args) throws Exception {
    EmbeddedRedis redis = EmbeddedRedis.start();
    List<Integer> ports = new CopyOnWriteArrayList<>();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(redis)));
    keep("A", redis, ports);
    keep("B", redis, ports);
    @SuppressWarnings("resource") // as long as the process
    Forwarder proxy = new Forwarder(Integer.getInteger("chat.port", 3000), ports, true);
    System.out.println("Chat at " + proxy.uri() + " (Ctrl-C ends all)");
  }

  /** Starts a node; whenever it has ended, another takes its place, behind the one that is left. */
  private static void keep(String name, EmbeddedRedis redis, List<Integer> ports) throws Exception {
    ChatProcess node = ChatProcess.classes("--port", "0", "--redis", redis.uri().toString());
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

  private static void stop(EmbeddedRedis redis) {
    ProcessHandle.current().children().forEach(ProcessHandle::destroy);
    redis.close();
  }
}
