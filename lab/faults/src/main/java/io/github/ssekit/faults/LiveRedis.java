package io.github.ssekit.faults;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.AbstractTransaction;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Response;
import redis.clients.jedis.params.RestoreParams;

/** What is done to a Redis that goes on running: the process, its run id, its subscribers stay. */
final class LiveRedis {
  /** Each of them is needed to publish, to listen, or to read. */
  private static final List<String> RIGHTS =
      List.of("-hset", "-xadd", "-publish", "-evalsha", "resetchannels", "-xrange");

  private LiveRedis() {}

  /**
   * Redis becomes a replica of a copy of itself that is somewhat older, and then a primary again.
   */
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

  /** A backup of all that the library keeps is restored over what has come since. */
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

  /** Redis has no memory for writes, and evicts nothing. */
  static void refuseWrites(RedisServer redis, Runnable meanwhile) {
    redis.run(jedis -> jedis.configSet("maxmemory", "1"));
    meanwhile.run();
    redis.run(jedis -> jedis.configSet("maxmemory", "0"));
  }

  /** Redis closes what is idle for a second, as some firewalls do. */
  static void closeIdle(RedisServer redis, Runnable meanwhile) {
    redis.run(jedis -> jedis.configSet("timeout", "1"));
    meanwhile.run();
    redis.run(jedis -> jedis.configSet("timeout", "0"));
  }

  /** One of the rights that a node needs is taken away for a while. */
  static void takeRight(RedisServer redis, int pick, long pause) {
    redis.run(jedis -> jedis.aclSetUser("default", RIGHTS.get(pick % RIGHTS.size())));
    Threads.pause(pause);
    redis.run(jedis -> jedis.aclSetUser("default", "+@all", "&*"));
  }
}
