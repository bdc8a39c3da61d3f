package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.RecordingTransport;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.params.ClientKillParams;

/** A channel for each user, most of them without new events: the cost of a resume in Redis. */
class RedisManyChannelsIT extends RedisTest {
  private static final int CHANNELS = 10_000;

  @BeforeEach
  void start() throws Exception {
    startRedis();
    admin.aclSetUser("node", "on", ">secret", "~*", "&*", "+@all");
  }

  private Hub hub() {
    Hub hub = Hub.builder().maxChannelsPerConnection(CHANNELS).create();
    keep(hub);
    return hub;
  }

  private RedisBridge bridge(Hub hub, String user, Duration silence) {
    URI uri = URI.create("redis://" + user + "127.0.0.1:" + redis.port());
    RedisBridge bridge =
        RedisBridge.builder(hub, uri).history(channel -> true).silence(silence).connect();
    keep(bridge);
    return bridge;
  }

  /** Waits longer than other tests: the node first subscribes to ten thousand channels. */
  static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(5));
  }

  private static List<String> channels(int count) {
    return IntStream.range(0, count).mapToObj(i -> "user:" + i).toList();
  }

  private double info(String section, String name) {
    for (String line : admin.info(section).lines().toList()) {
      if (line.startsWith(name)) {
        return Double.parseDouble(line.substring(name.length()).replaceFirst(",.*", ""));
      }
    }
    return 0;
  }

  /** The CPU time of Redis so far, in milliseconds. */
  private long work() {
    return (long) (1_000 * (info("cpu", "used_cpu_user:") + info("cpu", "used_cpu_sys:")));
  }

  private long calls(String command) {
    return (long) info("commandstats", "cmdstat_" + command + ":calls=");
  }

  @Test
  void aNodeThatWasAwayReadsOnlyTheChannelsThatMoved() {
    Hub hub = hub();
    RedisBridge bridge = bridge(hub, "node:secret@", Duration.ofSeconds(10));
    RedisBridge publisher = bridge(hub(), "", Duration.ofSeconds(10));
    RecordingTransport receiver = new RecordingTransport();
    hub.connect(receiver, channels(CHANNELS), null);
    soon().until(() -> receiver.lastEventId() != null);
    publisher.publish("user:7", SseEvent.of("0"));
    soon().until(() -> receiver.published().size() == 1);
    admin.aclSetUser("node", "off");
    admin.clientKill(new ClientKillParams().user("node"));
    soon().until(() -> !bridge.health().isSubscribed());
    for (int i = 1; i < 501; i++) {
      publisher.publish(i < 490 ? "user:7" : "user:" + i, SseEvent.of("" + i));
    }
    long before = work();
    admin.aclSetUser("node", "on");
    soon().until(() -> receiver.published().size() == 501);
    long took = work() - before;
    assertEquals(numbers(0, 501), receiver.published());
    assertEquals(List.of(), receiver.resets());
    System.out.printf("%d channels, 500 events missed: Redis worked %d ms%n", CHANNELS, took);
    assertTrue(took <= 400, "Redis worked " + took + " ms");
  }

  @Test
  void aClientOfManyChannelsThatComesBackCostsWhatItMissed() {
    List<String> channels = channels(1_000);
    Hub hub = hub();
    RedisBridge publisher = bridge(hub, "", Duration.ofSeconds(10));
    String position = null;
    for (String channel : channels) {
      position = publisher.publish(channel, SseEvent.of("before")).toString();
    }
    for (int i = 0; i < 900; i++) {
      publisher.publish("user:" + i % 3, SseEvent.of("" + i));
    }
    Hub second = hub();
    bridge(second, "", Duration.ofSeconds(10));
    admin.configResetStat();
    RecordingTransport back = new RecordingTransport();
    second.connect(back, channels, position);
    soon().until(() -> back.published().contains("899"));
    assertEquals(numbers(0, 900), back.published());
    assertEquals(List.of(), back.resets());
    assertTrue(calls("xrange") < 100, "reads of streams: " + calls("xrange"));
  }

  @Test
  void theProbesOfANodeCostTheSameHoweverManyChannelsAreOpen() {
    Hub hub = hub();
    bridge(hub, "", Duration.ofSeconds(6));
    RecordingTransport receiver = new RecordingTransport();
    hub.connect(receiver, channels(CHANNELS), null);
    soon().until(() -> receiver.lastEventId() != null);
    admin.configResetStat();
    soon().until(() -> calls("evalsha") >= 5);
    long calls = calls("evalsha");
    double read = info("stats", "total_net_input_bytes:") / calls;
    // The names of 2,000 channels have 50,000 bytes; the names of all channels, five times as many.
    assertTrue(read < 100_000, "a probe has " + read + " bytes");
  }
}
