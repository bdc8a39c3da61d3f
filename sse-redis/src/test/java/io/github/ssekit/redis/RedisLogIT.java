package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.harness.LogCapture;
import io.github.ssekit.hub.Hub;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.logging.Level;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.ClientKillParams;

/**
 * The log and the errors name why Redis can't be used. The log says so once, and says once when
 * Redis can be used again.
 */
@Tag("redis-times")
class RedisLogIT extends RedisTest {
  private final LogCapture log = keep(LogCapture.of("io.github.ssekit.redis", Level.INFO));
  private final Hub hub = keep(Hub.create());

  @BeforeEach
  void start() throws Exception {
    keep(() -> assertEquals(List.of(), log.lines("s3cret")));
    startRedis();
    admin.aclSetUser("node", "on", ">s3cret", "~*", "&*", "+@all");
  }

  private RedisBridge connect(boolean history) {
    return RedisBridge.builder(hub, URI.create("redis://node:s3cret@127.0.0.1:" + redis.port()))
        .history(channel -> history && channel.startsWith("room:"))
        .silence(Duration.ofSeconds(3))
        .connect();
  }

  /**
   * A change to the user, whether the test then cuts the user's connections, the change back, and
   * the log line.
   */
  @ParameterizedTest
  @CsvSource({
    "resetpass >0ther, true, resetpass >s3cret, subscribing failed: WRONGPASS",
    "off, true, on, subscribing failed: WRONGPASS",
    "-subscribe, true, +subscribe, subscribing failed: NOPERM",
    "resetchannels, true, allchannels, subscribing failed: NOPERM",
    "-hset, false, +hset, publishing refused: ERR The user executing the script can't run",
    "resetkeys, false, allkeys, publishing refused: NOPERM",
    "-evalsha, false, +evalsha, publishing refused: NOPERM"
  })
  void aRightThatIsTakenAwayAndGivenBackIsSaidOnceEach(
      String change, boolean cut, String undo, String words) throws Exception {
    try (RedisBridge bridge = connect(true)) {
      soon().until(() -> bridge.health().isHealthy() && bridge.health().isSubscribed());
      admin.aclSetUser("node", change.split(" "));
      if (cut) {
        admin.clientKill(new ClientKillParams().user("node"));
      }
      soon().until(() -> !log.lines(words).isEmpty());
      RedisHealth health = bridge.health();
      assertTrue((health.deaf() + " " + health.refused()).contains(words), "" + health);
      // Many attempts, one line.
      await().during(Duration.ofSeconds(2)).atMost(Duration.ofSeconds(9)).until(() -> true);
      assertEquals(1, log.lines(words).size());
      assertTrue(log.lines(words).get(0).startsWith("WARNING Redis at 127.0.0.1:"));
      admin.aclSetUser("node", undo.split(" "));
      String over = words.startsWith("sub") ? "subscribed again after" : "publishing goes on after";
      soon().until(() -> log.lines("INFO").stream().anyMatch(line -> line.contains(over)));
      soon().until(() -> bridge.health().isHealthy());
    }
  }

  @Test
  void aServerThatIsGoneIsSaidOnce() throws Exception {
    try (RedisBridge bridge = connect(false)) {
      redis.kill();
      soon().until(() -> !log.lines("Connection refused").isEmpty());
      assertEquals(1, log.lines("Connection refused").size());
      redis.restart();
      admin.close();
      admin = keep(new Jedis("127.0.0.1", redis.port()));
      admin.aclSetUser("node", "on", ">s3cret", "~*", "&*", "+@all");
      soon().until(() -> log.lines("subscribed again after").size() == 1);
      assertTrue(bridge.health().isSubscribed());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "redis://node:wr0ng@127.0.0.1:PORT, WRONGPASS",
    "redis://no.host.invalid, unknown host: no.host.invalid",
    "redis://127.0.0.1:1, Connection refused",
    "rediss://127.0.0.1:PORT, this port does not speak TLS: use a redis URI in place of rediss"
  })
  void connectNamesTheCause(String uri, String words) {
    URI address = URI.create(uri.replace("PORT", "" + redis.port()));
    String message =
        assertThrows(RedisUnavailableException.class, () -> RedisBridge.connect(hub, address))
            .getMessage();
    assertTrue(message.contains(words), message);
  }
}
