package io.github.ssekit.faults;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.AbstractTransaction;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Response;
import redis.clients.jedis.params.RestoreParams;

/** Faults of a Redis that goes on running: its process, run id and subscribers stay. */
final class LiveRedis {
  /** ACL rules: each takes away a right that is needed to publish, to listen, or to read. */
  private static final List<String> RIGHTS =
      List.of("-hset", "-xadd", "-publish", "-evalsha", "resetchannels", "-xrange");

  private LiveRedis() {}

  /** Makes Redis a replica of a somewhat older copy of itself, and then a primary again. */
  static void rollBack(RedisServer redis, Path folder, long pause) {
    RedisServer copy = new RedisServer(folder);
    try {
      replicate(copy, redis.port());
      copy.run(Jedis::replicaofNoOne);
      Threads.pause(pause);
      replicate(redis, copy.port());
      redis.run(Jedis::replicaofNoOne);
    } finally {
      copy.close();
    }
  }

  private static void replicate(RedisServer replica, int primary) {
    replica.run(jedis -> jedis.replicaof("127.0.0.1", primary));
    RedisGroup.agree(
        "a replica that is in step",
        () -> replica.ask(jedis -> jedis.info("replication")).contains("master_link_status:up"));
  }

  /** Backs up all keys of the library, and restores them after the pause over later writes. */
  static void restore(RedisServer redis, long pause) {
    List<String> keys = new ArrayList<>(redis.ask(jedis -> jedis.keys("{sse}:*")));
    List<Response<byte[]>> backup = new ArrayList<>();
    redis.run(
        jedis -> {
          try (AbstractTransaction dump = jedis.multi()) {
            keys.forEach(key -> backup.add(dump.dump(key)));
            List<Object> unused = dump.exec();
          }
        });
    Threads.pause(pause);
    redis.run(
        jedis -> {
          RestoreParams over = RestoreParams.restoreParams().replace();
          try (AbstractTransaction restore = jedis.multi()) {
            for (int i = 0; i < keys.size(); i++) {
              restore.restore(keys.get(i), 0, backup.get(i).get(), over);
            }
            List<Object> unused = restore.exec();
          }
        });
  }

  /** Leaves Redis without memory for writes meanwhile; Redis evicts nothing. */
  static void refuseWrites(RedisServer redis, Runnable meanwhile) {
    redis.run(jedis -> jedis.configSet("maxmemory", "1"));
    meanwhile.run();
    redis.run(jedis -> jedis.configSet("maxmemory", "0"));
  }

  /** Makes Redis close connections that are idle for a second, as some firewalls do. */
  static void closeIdle(RedisServer redis, Runnable meanwhile) {
    redis.run(jedis -> jedis.configSet("timeout", "1"));
    meanwhile.run();
    redis.run(jedis -> jedis.configSet("timeout", "0"));
  }

  /** Takes away one of the rights that a node needs, for a while. */
  static void takeRight(RedisServer redis, int pick, long pause) {
    redis.run(jedis -> jedis.aclSetUser("default", RIGHTS.get(pick % RIGHTS.size())));
    Threads.pause(pause);
    redis.run(jedis -> jedis.aclSetUser("default", "+@all", "&*"));
  }
}
