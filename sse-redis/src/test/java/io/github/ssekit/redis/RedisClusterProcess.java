package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;

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
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.args.ClusterResetType;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.MigrateParams;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * A Redis Cluster of primaries without replicas, as real processes. The first node has the scope.
 */
final class RedisClusterProcess implements AutoCloseable {
  private static final int SLOTS = 16384;
  private static final int SLOT = JedisClusterCRC16.getSlot("{sse}:scope");

  private final List<RedisProcess> nodes = new ArrayList<>();

  /** Starts nodes, gives them all slots, and waits until they agree. */
  static RedisClusterProcess start(Path folder, int count) throws IOException {
    RedisClusterProcess cluster = new RedisClusterProcess();
    List<Integer> busPorts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int bus = Ports.free();
      busPorts.add(bus);
      cluster.nodes.add(
          RedisProcess.start(
              Files.createDirectory(folder.resolve("node-" + i)),
              "--cluster-enabled",
              "yes",
              "--cluster-port",
              "" + bus,
              "--cluster-node-timeout",
              "2000",
              "--appendonly",
              "yes",
              "--appendfsync",
              "always"));
    }
    cluster.join(busPorts);
    return cluster;
  }

  private void join(List<Integer> busPorts) {
    int each = SLOTS / nodes.size();
    // Shares begin at the slot of the scope, so that the first node has it.
    for (int i = 0; i < nodes.size(); i++) {
      try (Jedis jedis = new Jedis("127.0.0.1", nodes.get(i).port())) {
        jedis.clusterReset(ClusterResetType.HARD);
        jedis.clusterSetConfigEpoch(i + 1);
        int share = i == nodes.size() - 1 ? SLOTS - each * i : each;
        int[] slots = new int[share];
        for (int s = 0; s < share; s++) {
          slots[s] = (SLOT + each * i + s) % SLOTS;
        }
        jedis.clusterAddSlots(slots);
        if (i > 0) {
          Object unused =
              jedis.sendCommand(
                  Command.CLUSTER,
                  "MEET",
                  "127.0.0.1",
                  "" + nodes.get(0).port(),
                  "" + busPorts.get(0));
        }
      }
    }
    awaitAgreement();
  }

  void awaitAgreement() {
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> nodes.stream().allMatch(this::isReady));
  }

  private boolean isReady(RedisProcess node) {
    try (Jedis jedis = new Jedis("127.0.0.1", node.port())) {
      String info = jedis.clusterInfo();
      return info.contains("cluster_state:ok")
          && info.contains("cluster_known_nodes:" + nodes.size());
    } catch (JedisException e) {
      return false;
    }
  }

  RedisProcess node(int index) {
    return nodes.get(index);
  }

  URI uri() {
    return URI.create(
        nodes.stream()
            .map(node -> "127.0.0.1:" + node.port())
            .collect(Collectors.joining(",", "redis-cluster://", "")));
  }

  /** Moves the slot of the scope, as an operator's tools do. */
  void moveScope(int fromIndex, int toIndex) {
    try (Jedis from = new Jedis("127.0.0.1", nodes.get(fromIndex).port());
        Jedis to = new Jedis("127.0.0.1", nodes.get(toIndex).port())) {
      to.clusterSetSlotImporting(SLOT, from.clusterMyId());
      from.clusterSetSlotMigrating(SLOT, to.clusterMyId());
      for (List<String> keys = from.clusterGetKeysInSlot(SLOT, 1);
          !keys.isEmpty();
          keys = from.clusterGetKeysInSlot(SLOT, 1)) {
        from.migrate(
            "127.0.0.1",
            nodes.get(toIndex).port(),
            5000,
            new MigrateParams(),
            keys.toArray(new String[0]));
      }
      to.clusterSetSlotNode(SLOT, to.clusterMyId());
      from.clusterSetSlotNode(SLOT, to.clusterMyId());
    }
  }

  /** Whether a bridge is subscribed to a sharded channel on this node. */
  boolean isHeard(int index, String channel) {
    try (Jedis jedis = new Jedis("127.0.0.1", nodes.get(index).port())) {
      return jedis.pubsubShardChannels().contains(channel);
    }
  }

  @Override
  public void close() {
    nodes.forEach(RedisProcess::close);
  }
}
