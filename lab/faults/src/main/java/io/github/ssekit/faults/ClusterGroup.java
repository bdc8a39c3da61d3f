package io.github.ssekit.faults;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.params.MigrateParams;
import redis.clients.jedis.util.JedisClusterCRC16;

/** A cluster of two nodes; the slot of the scope moves from one to the other. */
final class ClusterGroup extends RedisGroup {
  private static final int SLOTS = 16384;
  private static final int SLOT = JedisClusterCRC16.getSlot(Stage.SCOPE);
  private static final int KEYS_AT_ONCE = 100;

  private int leader;

  ClusterGroup(Path in) {
    super(in, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000");
    // The first has all slots but one half that does not hold the scope's.
    int half = SLOTS / 2;
    servers.get(0).run(jedis -> add(jedis, 1, SLOT < half ? 0 : half));
    servers.get(1).run(jedis -> add(jedis, 2, SLOT < half ? half : 0));
    servers
        .get(1)
        .run(
            jedis ->
                jedis.sendCommand(
                    Command.CLUSTER, "MEET", "127.0.0.1", "" + servers.get(0).port()));
    agree("a cluster", () -> servers.stream().allMatch(ClusterGroup::isReady));
  }

  private static void add(Jedis jedis, long epoch, int from) {
    jedis.clusterSetConfigEpoch(epoch);
    jedis.clusterAddSlots(IntStream.range(from, from + SLOTS / 2).toArray());
  }

  private static boolean isReady(RedisServer server) {
    return server.ask(Jedis::clusterInfo).contains("cluster_state:ok");
  }

  @Override
  URI uri() {
    return URI.create(
        "redis-cluster://127.0.0.1:"
            + servers.get(0).port()
            + ",127.0.0.1:"
            + servers.get(1).port());
  }

  @Override
  int leader() {
    return leader;
  }

  /** Moves the slot as an operator's tools do, with a pause before the last step. */
  @Override
  void change(long pause) {
    RedisServer from = servers.get(leader);
    RedisServer to = servers.get(1 - leader);
    String fromId = from.ask(Jedis::clusterMyId);
    String toId = to.ask(Jedis::clusterMyId);
    to.run(jedis -> jedis.clusterSetSlotImporting(SLOT, fromId));
    from.run(jedis -> jedis.clusterSetSlotMigrating(SLOT, toId));
    from.run(jedis -> migrate(jedis, to.port()));
    Threads.pause(pause);
    // What was added meanwhile.
    from.run(jedis -> migrate(jedis, to.port()));
    to.run(jedis -> jedis.clusterSetSlotNode(SLOT, toId));
    from.run(jedis -> jedis.clusterSetSlotNode(SLOT, toId));
    leader = 1 - leader;
  }

  private static void migrate(Jedis from, int port) {
    for (List<String> keys = from.clusterGetKeysInSlot(SLOT, KEYS_AT_ONCE);
        !keys.isEmpty();
        keys = from.clusterGetKeysInSlot(SLOT, KEYS_AT_ONCE)) {
      from.migrate("127.0.0.1", port, 5000, new MigrateParams(), keys.toArray(new String[0]));
    }
  }
}
