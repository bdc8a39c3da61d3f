package io.github.ssekit.faults;

import io.github.ssekit.harness.ChildProcess;
import io.github.ssekit.harness.Ports;
import io.github.ssekit.harness.RedisProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/** A primary and its replica, watched by a Sentinel. */
final class SentinelGroup extends RedisGroup {
  private static final String MASTER = "lab";

  private final int port = Ports.free();
  private final ChildProcess sentinel;

  SentinelGroup(Path in) {
    super(in, 2, "--repl-timeout", "5");
    Path folder = folder(in, "sentinel");
    int primary = servers.get(0).port();
    servers.get(1).run(jedis -> jedis.replicaof("127.0.0.1", primary));
    try {
      Path config =
          Files.write(
              folder.resolve("sentinel.conf"),
              List.of(
                  "port " + port,
                  "bind 127.0.0.1",
                  "dir " + folder,
                  "sentinel monitor " + MASTER + " 127.0.0.1 " + primary + " 1",
                  // On a busy machine, a live primary may not answer for a second or two.
                  "sentinel down-after-milliseconds " + MASTER + " 5000",
                  "sentinel failover-timeout " + MASTER + " 3000"));
      sentinel =
          ChildProcess.start(
              List.of(RedisProcess.installedBinary(), config.toString(), "--sentinel"),
              folder.resolve("sentinel.log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    agree("a replica that is in step", () -> isReplicated(primary));
  }

  @Override
  URI uri() {
    return URI.create("redis-sentinel://127.0.0.1:" + port + "/" + MASTER);
  }

  @Override
  int leader() {
    return named() == servers.get(0).port() ? 0 : 1;
  }

  /** The port of the primary, as the Sentinel names it; -1 if the Sentinel does not answer. */
  private int named() {
    try (Jedis jedis = new Jedis("127.0.0.1", port)) {
      return Integer.parseInt(jedis.sentinelGetMasterAddrByName(MASTER).get(1));
    } catch (JedisException e) {
      return -1;
    }
  }

  private boolean isReplicated(int primary) {
    try (Jedis jedis = new Jedis("127.0.0.1", port)) {
      return named() == primary
          && jedis.sentinelReplicas(MASTER).stream()
              .anyMatch(each -> "ok".equals(each.get("master-link-status")));
    } catch (JedisException e) {
      return false;
    }
  }

  /**
   * Kills the primary (SIGKILL). When its replica has taken over, the old primary comes back as a
   * replica.
   */
  @Override
  void change(long pause) {
    int old = leader();
    RedisServer next = servers.get(1 - old);
    servers.get(old).kill();
    agree("a failover", () -> named() == next.port());
    Threads.pause(pause);
    servers.get(old).start();
    agree("a replica that is in step", () -> isReplicated(next.port()));
  }

  @Override
  public void close() {
    sentinel.kill();
    super.close();
  }
}
