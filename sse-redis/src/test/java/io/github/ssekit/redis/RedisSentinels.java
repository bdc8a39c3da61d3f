package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;

import io.github.ssekit.harness.ChildProcess;
import io.github.ssekit.harness.Ports;
import io.github.ssekit.harness.RedisProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/** A primary, a replica, and Sentinels that watch them, as real processes. */
final class RedisSentinels implements AutoCloseable {
  static final String MASTER = "chat";

  private final Path folder;
  private final RedisProcess primary;
  private final RedisProcess replica;
  private final List<Integer> ports = new ArrayList<>();
  private final List<ChildProcess> processes = new ArrayList<>();

  private RedisSentinels(Path folder) throws IOException {
    this.folder = folder;
    primary = RedisProcess.start(Files.createDirectory(folder.resolve("primary")), server());
    replica = RedisProcess.start(Files.createDirectory(folder.resolve("replica")), server());
    follow(replica, primary);
  }

  private static String[] server() {
    return new String[] {
      "--repl-diskless-sync-delay", "0", "--appendonly", "yes", "--repl-timeout", "5"
    };
  }

  /** Starts all processes, and waits until the Sentinels know each other and the replica. */
  static RedisSentinels start(Path folder, int count) throws IOException {
    RedisSentinels group = new RedisSentinels(folder);
    for (int i = 0; i < count; i++) {
      int unused = group.startSentinel(group.primary.port(), count / 2 + 1);
    }
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> group.ports.stream().allMatch(port -> knowsAll(port, count)));
    return group;
  }

  private static boolean knowsAll(int port, int count) {
    try (Jedis sentinel = new Jedis("127.0.0.1", port)) {
      return sentinel.sentinelMaster(MASTER).get("num-other-sentinels").equals("" + (count - 1))
          && sentinel.sentinelReplicas(MASTER).stream()
              .anyMatch(each -> "ok".equals(each.get("master-link-status")));
    } catch (RuntimeException e) {
      return false;
    }
  }

  /** Starts another Sentinel, for a given primary. Returns the Sentinel's port. */
  int startSentinel(int primaryPort, int quorum, String... lines) throws IOException {
    int port = Ports.free();
    Path home = Files.createDirectory(folder.resolve("sentinel-" + port));
    List<String> config =
        new ArrayList<>(
            List.of(
                "port " + port,
                "bind 127.0.0.1",
                "dir " + home,
                "sentinel monitor " + MASTER + " 127.0.0.1 " + primaryPort + " " + quorum,
                "sentinel down-after-milliseconds " + MASTER + " 2500",
                "sentinel failover-timeout " + MASTER + " 3000"));
    config.addAll(List.of(lines));
    Path file = Files.write(home.resolve("sentinel.conf"), config);
    List<String> command = List.of(RedisProcess.binary(), file.toString(), "--sentinel");
    processes.add(ChildProcess.start(command, home.resolve("sentinel.log")));
    ports.add(port);
    return port;
  }

  RedisProcess primary() {
    return primary;
  }

  RedisProcess replica() {
    return replica;
  }

  List<Integer> ports() {
    return List.copyOf(ports);
  }

  URI uri() {
    return uri(ports);
  }

  static URI uri(List<Integer> sentinels) {
    return URI.create(
        sentinels.stream()
            .map(port -> "127.0.0.1:" + port)
            .collect(Collectors.joining(",", "redis-sentinel://", "/" + MASTER)));
  }

  /** Whether most Sentinels name this server as the primary. */
  boolean isNamed(RedisProcess server) {
    return ports.stream().filter(port -> server.port() == named(port)).count() * 2 > ports.size();
  }

  private static int named(int sentinel) {
    try (Jedis jedis = new Jedis("127.0.0.1", sentinel)) {
      return Integer.parseInt(jedis.sentinelGetMasterAddrByName(MASTER).get(1));
    } catch (JedisException e) {
      return -1;
    }
  }

  /** Swaps primary and replica without a Sentinel, which would close the connections of clients. */
  void swapByHand() {
    int port = ports.get(0);
    try (Jedis sentinel = new Jedis("127.0.0.1", port);
        Jedis to = new Jedis("127.0.0.1", replica.port())) {
      sentinel.sentinelRemove(MASTER);
      to.replicaofNoOne();
      follow(primary, replica);
      sentinel.sentinelMonitor(MASTER, "127.0.0.1", replica.port(), 1);
    }
  }

  private static void follow(RedisProcess server, RedisProcess leader) {
    try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      jedis.replicaof("127.0.0.1", leader.port());
      await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(10))
          .until(() -> jedis.info("replication").contains("master_link_status:up"));
    }
  }

  @Override
  public void close() {
    processes.forEach(ChildProcess::kill);
    replica.close();
    primary.close();
  }
}
