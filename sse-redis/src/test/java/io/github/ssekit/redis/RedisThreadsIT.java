package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.LogCapture;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.RecordingTransport;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** An Error on each thread of a bridge, thrown by the application's code: the thread continues. */
class RedisThreadsIT extends RedisTest {
  private final LogCapture log = keep(LogCapture.of("io.github.ssekit.redis", Level.INFO));
  private final Hub hub = keep(Hub.create());

  /** Threads on which the login throws. */
  private final Set<String> broken = ConcurrentHashMap.newKeySet();

  /** Threads on which the login has thrown. */
  private final Set<String> thrown = ConcurrentHashMap.newKeySet();

  private final AtomicBoolean badType = new AtomicBoolean();
  private final RecordingTransport plain = new RecordingTransport();
  private final RecordingTransport kept = new RecordingTransport();
  private RedisBridge bridge;

  @BeforeEach
  void start() throws Exception {
    startRedis("--requirepass", "pw");
    admin.auth("pw");
    bridge =
        keep(
            RedisBridge.builder(hub, redis.uri())
                .history(channel -> channel.startsWith("room:"))
                .silence(Duration.ofSeconds(3))
                .login(this::login)
                .eventTypes(
                    channel -> {
                      if (badType.get()) {
                        throw new AssertionError("thrown by a test");
                      }
                      return null;
                    })
                .connect());
    hub.connect(plain, List.of("chat"), null);
    hub.connect(kept, List.of("room:1"), null);
    soon().until(() -> kept.lastEventId() != null && admin.pubsubNumSub("chat").get("chat") == 1);
  }

  private RedisLogin login() {
    String thread = Thread.currentThread().getName();
    if (broken.contains(thread)) {
      thrown.add(thread);
      throw new AssertionError("thrown by a test");
    }
    return new RedisLogin(null, "pw");
  }

  private void breakOn(String thread) {
    broken.add(thread);
    cut(ClientType.NORMAL);
  }

  private void cut(ClientType type) {
    admin.clientKill(new ClientKillParams().type(type).skipMe(ClientKillParams.SkipMe.YES));
  }

  @Test
  void onTheReader() {
    breakOn("sse-redis-reader");
    cut(ClientType.PUBSUB);
    soon().until(() -> thrown.contains("sse-redis-reader"));
    soon().until(() -> bridge.health().deaf() != null);
    assertNotNull(bridge.health().deaf());
    soon().until(() -> log.lines("sse-redis-reader continues after an error").size() == 1);
    broken.clear();
    worksAgain();
  }

  @Test
  void onTheWriter() {
    breakOn("sse-redis-writer");
    soon().until(() -> thrown.contains("sse-redis-writer"));
    soon().until(() -> log.lines("sse-redis-writer continues after an error").size() == 1);
    soon()
        .until(
            () -> {
              cut(ClientType.NORMAL); // Another thread may have opened a connection.
              return bridge.health().deaf() != null;
            });
    broken.clear();
    worksAgain();
  }

  @Test
  void onAThreadThatReads() {
    String id = bridge.publish("room:1", SseEvent.of("first")).toString();
    bridge.publish("room:1", SseEvent.of("second"));
    broken.add("sse-redis-replay");
    RecordingTransport back = new RecordingTransport();
    // The pool may hold a connection, so this repeats until the thread needs a new connection.
    soon()
        .until(
            () -> {
              cut(ClientType.NORMAL);
              hub.connect(
                  new RecordingTransport(), List.of("room:1"), "1-" + System.nanoTime() % 1000);
              return thrown.contains("sse-redis-replay");
            });
    hub.connect(back, List.of("room:1"), id);
    broken.clear();
    soon().until(() -> back.published().equals(List.of("second")));
    worksAgain();
  }

  @Test
  void onAPublisher() {
    broken.add("sse-redis-publisher");
    soon()
        .until(
            () -> {
              cut(ClientType.NORMAL);
              try {
                Object unused = bridge.publishAsync("room:1", SseEvent.of("x")).get();
                return false; // Another thread had made a connection by then.
              } catch (ExecutionException e) {
                return e.getCause() instanceof AssertionError;
              }
            });
    broken.clear();
    worksAgain();
  }

  @Test
  void inADelivery() {
    badType.set(true);
    admin.publish("chat", "skipped");
    soon().until(() -> plain.resets().size() == 1);
    assertEquals("{\"channel\":\"chat\",\"reason\":\"lost\"}", plain.resets().get(0));
    badType.set(false);
    worksAgain();
  }

  private void worksAgain() {
    soon().until(() -> bridge.health().isHealthy() && bridge.health().isSubscribed());
    soon()
        .ignoreExceptions()
        .until(
            () -> {
              bridge.publishAsync("chat", SseEvent.of("again")).get();
              bridge.publish("room:1", SseEvent.of("again"));
              return plain.published().contains("again") && kept.published().contains("again");
            });
    assertTrue(hub.isHealthy());
  }
}
