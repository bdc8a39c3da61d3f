package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.core.Hub;
import io.github.ssekit.core.SseEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** Many clients that resume at once, while events come in. */
class RedisHistoryLoadIT {
  @TempDir Path folder;

  private RedisProcess redis;
  private Jedis other;

  @BeforeEach
  void start() throws Exception {
    redis = RedisProcess.start(folder);
    other = redis.client();
  }

  @AfterEach
  void stop() {
    other.close();
    redis.close();
  }

  private RedisBridge bridge(Hub hub) {
    return RedisBridge.builder(hub, redis.uri())
        .history(channel -> channel.startsWith("room:"))
        .historyLimits(20_000, Duration.ofHours(1))
        .connect();
  }

  @Test
  void clientsThatJoinAtRandomPositionsDuringAFloodMissNothing() throws Exception {
    int clients = 300;
    int events = 5_000;
    Hub hub = Hub.builder().log(2_000, 4 << 20).create();
    Hub publishing = Hub.create();
    try (hub;
        publishing;
        AutoCloseable unused = bridge(hub);
        RedisBridge publisher = bridge(publishing)) {
      assertNotNull(unused);
      List<String> ids = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        ids.add(publisher.publish("room:1", SseEvent.of("" + i)));
      }
      AtomicInteger published = new AtomicInteger(1_000);
      Thread flood =
          new Thread(
              () -> {
                for (int i = 1_000; i < events; i++) {
                  publisher.publish("room:1", SseEvent.of("" + i));
                  published.incrementAndGet();
                }
              });
      long begun = System.nanoTime();
      flood.start();
      Random random = new Random(7);
      List<Receiver> receivers = new ArrayList<>();
      List<Integer> firsts = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        int at = random.nextInt(1_000);
        Receiver receiver = new Receiver();
        receivers.add(receiver);
        firsts.add(at + 1);
        int due = 1_000 + i * (events - 2_000) / clients;
        await()
            .atMost(Duration.ofSeconds(60))
            .pollInterval(Duration.ofMillis(1))
            .until(() -> published.get() >= due);
        hub.connect(receiver, List.of("room:1"), ids.get(at));
      }
      flood.join();
      System.out.printf(
          "%d publishes/s from one thread while %d clients joined%n",
          (events - 1_000) * 1_000_000_000L / (System.nanoTime() - begun), clients);
      for (int i = 0; i < clients; i++) {
        Receiver receiver = receivers.get(i);
        int first = firsts.get(i);
        await()
            .atMost(Duration.ofSeconds(30))
            .until(() -> receiver.closed() || receiver.count() >= events - first);
        assertFalse(receiver.closed(), "client " + i + " was too slow for this machine");
        assertEquals(
            IntStream.range(first, events).mapToObj(String::valueOf).toList(), receiver.data());
      }
    }
  }

  @Test
  void thousandsOfClientsThatComeBackAtOnceShareTheirReads() throws Exception {
    int clients = 2_000;
    List<String> ids = new ArrayList<>();
    Hub before = Hub.create();
    try (before;
        RedisBridge bridge = bridge(before)) {
      for (int i = 0; i < 500; i++) {
        ids.add(bridge.publish("room:1", SseEvent.of("x".repeat(100))));
      }
    }
    Hub hub = Hub.create();
    try (hub;
        RedisBridge bridge = bridge(hub)) {
      other.configResetStat();
      Random random = new Random(8);
      Set<String> positions = new HashSet<>();
      List<Receiver> receivers = new ArrayList<>();
      long begun = System.nanoTime();
      for (int i = 0; i < clients; i++) {
        int at = 300 + random.nextInt(200);
        Receiver receiver = new Receiver();
        receivers.add(receiver);
        positions.add(ids.get(at));
        hub.connect(receiver, List.of("room:1"), ids.get(at));
      }
      bridge.publish("room:1", SseEvent.of("last"));
      for (Receiver receiver : receivers) {
        await()
            .atMost(Duration.ofSeconds(15))
            .pollInterval(Duration.ofMillis(1))
            .until(() -> receiver.data().contains("last"));
      }
      long millis = (System.nanoTime() - begun) / 1_000_000;
      // Probes and one publish are among them.
      long reads = calls("evalsha");
      System.out.printf(
          "%d clients at %d positions back in %d ms with %d reads%n",
          clients, positions.size(), millis, reads);
      assertTrue(reads <= 2L * positions.size(), reads + " reads of " + positions.size());
    }
  }

  private long calls(String command) {
    for (String line : other.info("commandstats").lines().toList()) {
      if (line.startsWith("cmdstat_" + command + ":calls=")) {
        return Long.parseLong(line.substring(line.indexOf('=') + 1, line.indexOf(',')));
      }
    }
    return 0;
  }
}
