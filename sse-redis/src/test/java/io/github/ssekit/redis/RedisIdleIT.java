package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** A Redis that ends idle connections. */
class RedisIdleIT extends RedisTest {
  private static final int THREADS = 8;

  @Test
  void whatIsPublishedAfterAQuietTimeArrives() throws Exception {
    startRedis("--timeout", "1");
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    keep(threads::shutdownNow);
    RedisBridge bridge =
        keep(
            RedisBridge.builder(keep(Hub.create()), redis.uri())
                .history(channel -> channel.startsWith("room:"))
                .silence(Duration.ofSeconds(30))
                .connect());
    for (String channel : List.of("room:a", "news", "room:a", "news")) {
      assertEquals(List.of(), burst(threads, bridge, channel));
      await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(100))
          .until(() -> commandConnections() == 0);
    }
  }

  /** Publishes from all threads at once. Returns the failures. */
  private static List<String> burst(ExecutorService threads, RedisBridge bridge, String channel)
      throws InterruptedException {
    CyclicBarrier together = new CyclicBarrier(THREADS);
    Callable<Void> publish =
        () -> {
          together.await();
          bridge.publish(channel, SseEvent.of("hello"));
          return null;
        };
    List<Future<Void>> all = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      all.add(threads.submit(publish));
    }
    List<String> failures = new ArrayList<>();
    for (Future<Void> each : all) {
      try {
        each.get();
      } catch (ExecutionException e) {
        failures.add(e.getCause() + ": " + e.getCause().getCause());
      }
    }
    return failures;
  }

  /** Counts connections over a connection of its own, since Redis closes idle connections. */
  private long commandConnections() {
    try (Jedis own = new Jedis("127.0.0.1", redis.port())) {
      return own.clientList()
          .lines()
          .filter(line -> line.contains(" name=sse-kit ") && line.contains(" sub=0 "))
          .count();
    }
  }
}
