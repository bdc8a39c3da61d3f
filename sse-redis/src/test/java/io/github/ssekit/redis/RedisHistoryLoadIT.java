package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many clients that resume at once, while events come in. */
@Tag("long")
class RedisHistoryLoadIT extends RedisTest {

  @BeforeEach
  void start() throws Exception {
    startRedis();
  }

  private RedisBridge bridge(Hub hub) {
    return RedisBridge.builder(hub, redis.uri())
        .history(channel -> channel.startsWith("room:"))
        .maxHistory(20_000, Duration.ofHours(1))
        .connect();
  }

  @Test
  void clientsThatJoinAtRandomPositionsDuringAFloodMissNothing() throws Exception {
    int clients = 300;
    int channels = 4;
    int before = 250;
    int after = 2_750;
    List<String> names = IntStream.range(0, channels).mapToObj(c -> "room:" + c).toList();
    Hub hub = Hub.builder().maxChannelLog(4_000, 4 << 20).create();
    Hub publishing = Hub.create();
    try (hub;
        publishing;
        AutoCloseable unused = bridge(hub);
        RedisBridge publisher = bridge(publishing)) {
      assertNotNull(unused);
      List<String> ids = new ArrayList<>();
      for (int i = 0; i < before * channels; i++) {
        ids.add(
            publisher
                .publish(names.get(i % channels), number(i % channels, i / channels))
                .toString());
      }
      AtomicInteger published = new AtomicInteger();
      List<Thread> flood = new ArrayList<>();
      long begun = System.nanoTime();
      for (int c = 0; c < channels; c++) {
        int channel = c;
        flood.add(
            new Thread(
                () -> {
                  for (int n = 0; n < after - before; n++) {
                    // 2,200 events a second in all, or as many as the machine can publish.
                    long due = begun + n * (1_000_000_000L * channels / 2_200);
                    while (System.nanoTime() < due) {
                      LockSupport.parkNanos(due - System.nanoTime());
                    }
                    publisher.publish(names.get(channel), number(channel, before + n));
                    published.incrementAndGet();
                  }
                }));
      }
      flood.forEach(Thread::start);
      Random random = new Random(7);
      List<Counter> joined = new ArrayList<>();
      List<Integer> missed = new ArrayList<>();
      int last = (after - before) * channels * 9 / 10;
      for (int i = 0; i < clients; i++) {
        int at = random.nextInt(ids.size());
        // The number of each channel's first event after the client's position.
        int[] first =
            IntStream.range(0, channels).map(c -> (at - c + channels) / channels).toArray();
        Counter client = new Counter(first);
        joined.add(client);
        missed.add(after * channels - at - 1);
        int due = i * last / clients;
        await()
            .atMost(Duration.ofSeconds(60))
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(1))
            .until(() -> published.get() >= due);
        hub.connect(client, names, ids.get(at));
      }
      for (Thread thread : flood) {
        thread.join();
      }
      System.out.printf(
          "%d publishes/s while %d clients joined%n",
          published.get() * 1_000_000_000L / (System.nanoTime() - begun), clients);
      for (int i = 0; i < clients; i++) {
        Counter client = joined.get(i);
        int due = missed.get(i);
        await()
            .atMost(Duration.ofSeconds(30))
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(1))
            .until(() -> client.wrong() != null || client.count() == due);
        assertNull(client.wrong(), "client " + i);
      }
    }
  }

  private static SseEvent number(int channel, int n) {
    return SseEvent.of(channel + ":" + n);
  }

  @Test
  void thousandsOfClientsThatComeBackAtOnceShareTheirReads() throws Exception {
    int clients = 2_000;
    int events = 500;
    List<String> ids = new ArrayList<>();
    Hub before = Hub.create();
    try (before;
        RedisBridge bridge = bridge(before)) {
      for (int i = 0; i < events; i++) {
        ids.add(bridge.publish("room:1", number(0, i)).toString());
      }
    }
    Hub hub = Hub.create();
    try (hub;
        RedisBridge bridge = bridge(hub)) {
      admin.configResetStat();
      Random random = new Random(8);
      Set<String> positions = new HashSet<>();
      List<Counter> back = new ArrayList<>();
      List<Integer> missed = new ArrayList<>();
      long begun = System.nanoTime();
      for (int i = 0; i < clients; i++) {
        int at = 300 + random.nextInt(200);
        Counter client = new Counter(at + 1);
        back.add(client);
        missed.add(events - at);
        positions.add(ids.get(at));
        hub.connect(client, List.of("room:1"), ids.get(at));
      }
      bridge.publish("room:1", number(0, events));
      for (int i = 0; i < clients; i++) {
        Counter client = back.get(i);
        int due = missed.get(i);
        await()
            .atMost(Duration.ofSeconds(15))
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(1))
            .until(() -> client.wrong() != null || client.count() == due);
        assertNull(client.wrong(), "client " + i);
      }
      long millis = (System.nanoTime() - begun) / 1_000_000;
      // The count includes probes and one publish.
      long reads = calls("evalsha");
      System.out.printf(
          "%d clients at %d positions back in %d ms with %d reads, in a heap of %d MB%n",
          clients, positions.size(), millis, reads, Runtime.getRuntime().maxMemory() >> 20);
      assertTrue(reads <= 4L * positions.size(), reads + " reads of " + positions.size());
    }
  }

  private long calls(String command) {
    for (String line : admin.info("commandstats").lines().toList()) {
      if (line.startsWith("cmdstat_" + command + ":calls=")) {
        return Long.parseLong(line.substring(line.indexOf('=') + 1, line.indexOf(',')));
      }
    }
    return 0;
  }
}
