package io.github.ssekit.faults;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.args.ClusterFailoverOption;
import redis.clients.jedis.params.MigrateParams;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * A cluster of two primaries with a replica each. The slot of the scope moves from one primary to
 * the other, or a replica takes over from its primary.
 */
final class ClusterGroup extends RedisGroup {
  private static final int SLOTS = 16384;
  private static final int SLOT = JedisClusterCRC16.getSlot(Stage.SCOPE);
  private static final int KEYS_AT_ONCE = 100;

  /** The index of the primary of each half of the slots; {@link #replicas} has the replica's. */
  private final int[] primaries = {0, 1};

  private final int[] replicas = {2, 3};

  /** The half whose primary has the scope's slot. */
  private int half;

  ClusterGroup(Path in) {
    super(in, 4, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000");
    // The first server has the half that holds the scope's slot.
    int middle = SLOTS / 2;
    servers.get(0).run(jedis -> add(jedis, 1, SLOT < middle ? 0 : middle));
    servers.get(1).run(jedis -> add(jedis, 2, SLOT < middle ? middle : 0));
    String first = "" + servers.get(0).port();
    for (RedisServer each : servers.subList(1, 4)) {
      each.run(jedis -> jedis.sendCommand(Command.CLUSTER, "MEET", "127.0.0.1", first));
    }
    agree("a cluster", () -> servers.stream().allMatch(ClusterGroup::isReady));
    for (int i = 0; i < 2; i++) {
      String id = servers.get(primaries[i]).ask(Jedis::clusterMyId);
      RedisServer replica = servers.get(replicas[i]);
      agree("a cluster that knows " + id, () -> knows(replica, id));
      replica.run(jedis -> jedis.clusterReplicate(id));
      agree("a replica that is in step", () -> isReplicated(replica));
    }
  }

  private static void add(Jedis jedis, long epoch, int from) {
    jedis.clusterSetConfigEpoch(epoch);
    jedis.clusterAddSlots(IntStream.range(from, from + SLOTS / 2).toArray());
  }

  private static boolean isReady(RedisServer server) {
    String info = server.ask(Jedis::clusterInfo);
    return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:4");
  }

  private static boolean knows(RedisServer server, String id) {
    return server.ask(Jedis::clusterNodes).contains(id);
  }

  private static boolean isReplicated(RedisServer replica) {
    return replica.ask(jedis -> jedis.info("replication")).contains("master_link_status:up");
  }

  @Override
  URI uri() {
    return URI.create(
        servers.stream()
            .map(server -> "127.0.0.1:" + server.port())
            .collect(Collectors.joining(",", "redis-cluster://", "")));
  }

  @Override
  int leader() {
    return primaries[half];
  }

  /** Moves the slot as an operator's tools do, with a pause before the last step. */
  @Override
  void change(long pause) {
    RedisServer from = servers.get(primaries[half]);
    RedisServer to = servers.get(primaries[1 - half]);
    String fromId = from.ask(Jedis::clusterMyId);
    String toId = to.ask(Jedis::clusterMyId);
    to.run(jedis -> jedis.clusterSetSlotImporting(SLOT, fromId));
    from.run(jedis -> jedis.clusterSetSlotMigrating(SLOT, toId));
    from.run(jedis -> migrate(jedis, to.port()));
    Threads.pause(pause);
    // Moves the keys that were added meanwhile.
    from.run(jedis -> migrate(jedis, to.port()));
    to.run(jedis -> jedis.clusterSetSlotNode(SLOT, toId));
    from.run(jedis -> jedis.clusterSetSlotNode(SLOT, toId));
    half = 1 - half;
  }

  private static void migrate(Jedis from, int port) {
    for (List<String> keys = from.clusterGetKeysInSlot(SLOT, KEYS_AT_ONCE);
        !keys.isEmpty();
        keys = from.clusterGetKeysInSlot(SLOT, KEYS_AT_ONCE)) {
      from.migrate("127.0.0.1", port, 5000, new MigrateParams(), keys.toArray(new String[0]));
    }
  }

  /**
   * Makes the replica of the scope's primary take over.
   *
   * @param dies whether the primary is killed (SIGKILL), and comes back as a replica; else it hands
   *     over
   */
  void promote(boolean dies, long pause) {
    RedisServer old = servers.get(primaries[half]);
    RedisServer next = servers.get(replicas[half]);
    if (dies) {
      old.kill();
      Threads.pause(pause);
      // Without the killed primary, the other is no majority.
      next.run(jedis -> jedis.clusterFailover(ClusterFailoverOption.TAKEOVER));
      agree("a new primary", () -> leads(next));
      old.start();
    } else {
      next.run(jedis -> jedis.clusterFailover());
      agree("a new primary", () -> leads(next));
    }
    int primary = primaries[half];
    primaries[half] = replicas[half];
    replicas[half] = primary;
    agree("a cluster", () -> servers.stream().allMatch(ClusterGroup::isReady));
    agree("a replica that is in step", () -> isReplicated(old));
  }

  private static boolean leads(RedisServer server) {
    return server.ask(jedis -> jedis.info("replication")).contains("role:master");
  }
}
