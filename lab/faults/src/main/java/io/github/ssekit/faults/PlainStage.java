package io.github.ssekit.faults;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import redis.clients.jedis.Jedis;

/**
 * A Redis that keeps all confirmed writes, three nodes without proxies, and a record of their
 * outages.
 */
final class PlainStage implements AutoCloseable {
  private static final int NODES = 3;

  /** Events in a node's log of a channel: so few that late and returning viewers need Redis. */
  private static final int SMALL_LOG = 16;

  /** A time during which something was broken, in milliseconds of the run. */
  private record Outage(long from, long to, boolean ofRedis) {}

  final RunClock clock = new RunClock();
  final List<NodeProcess> nodes = new ArrayList<>();
  private final RedisServer redis;
  private final List<Outage> outages = new ArrayList<>();

  /**
   * Starts Redis and the nodes, and waits until the nodes serve.
   *
   * @param kind the nodes' kind of channels besides channels with history, see {@link Node}
   */
  PlainStage(Path folder, String kind) {
    redis = new RedisServer(folder, "--appendfsync", "always");
    URI uri = URI.create("redis://127.0.0.1:" + redis.port());
    for (int i = 0; i < NODES; i++) {
      nodes.add(new NodeProcess(i, folder, uri, SMALL_LOG, kind));
    }
    nodes.forEach(NodeProcess::awaitServing);
  }

  List<Integer> ports() {
    return nodes.stream().map(NodeProcess::port).toList();
  }

  /** Kills a node, and starts it again. */
  void restart(int node) {
    kill(node);
    nodes.get(node).start();
  }

  private void kill(int node) {
    nodes.get(node).kill();
    outage(clock.now(), false);
  }

  void freeze(int node, long millis) {
    nodes.get(node).signal("STOP");
    long from = clock.now();
    Threads.pause(millis);
    nodes.get(node).signal("CONT");
    outage(from, false);
  }

  /** Kills Redis, and starts it again with its data. */
  void restartRedis(long pause) {
    restartRedis(pause, () -> {});
  }

  /**
   * Restarts Redis, with a node killed just before or meanwhile; starts the node again afterwards.
   */
  void restartBoth(int node, boolean nodeFirst, long pause) {
    if (nodeFirst) {
      kill(node);
    }
    restartRedis(
        pause,
        () -> {
          if (!nodeFirst) {
            kill(node);
          }
        });
    nodes.get(node).start();
  }

  /** Stops Redis' process for a while. */
  void freezeRedis(long millis) {
    long from = clock.now();
    redis.pause();
    Threads.pause(millis);
    redis.resume();
    outage(from, true);
  }

  /** Returns the result of a command of the lab's own. */
  <T> T ask(Function<Jedis, T> question) {
    return redis.ask(question);
  }

  private void restartRedis(long pause, Runnable meanwhile) {
    long from = clock.now();
    redis.kill();
    Threads.pause(pause);
    meanwhile.run();
    redis.start();
    outage(from, true);
  }

  private synchronized void outage(long from, boolean ofRedis) {
    outages.add(new Outage(from, clock.now(), ofRedis));
  }

  /**
   * Returns the time from which something can be expected that is due at a time and takes so long:
   * the end of the last outage in its way, or the due time.
   */
  synchronized long from(long due, long takes) {
    long from = due;
    for (Outage outage : outages) {
      if (outage.from() <= from + takes && outage.to() > from) {
        from = outage.to();
      }
    }
    return from;
  }

  /** The end of the outage of Redis into which a time falls; otherwise the time itself. */
  synchronized long redisFrom(long time) {
    return outages.stream()
        .filter(outage -> outage.ofRedis() && outage.from() <= time && outage.to() > time)
        .mapToLong(Outage::to)
        .findAny()
        .orElse(time);
  }

  @Override
  public void close() {
    nodes.forEach(NodeProcess::kill);
    redis.close();
  }
}
