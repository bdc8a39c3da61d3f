package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.RedisProcess;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.RecordingTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/**
 * A scope in Redis with foreign values. Whatever the values are, and whichever operation meets them
 * first, the node goes on, no browser gets an envelope, and resets report possible losses.
 */
@Tag("redis-times")
class RedisPoisonedIT {
  private static final List<String> GARBAGE =
      List.of("garbage", "999999999999999-0", "9999999999999-0");

  @TempDir static Path folder;

  private static RedisProcess redis;
  private static Jedis other;

  @BeforeAll
  static void start() throws Exception {
    redis = RedisProcess.start(folder);
    other = new Jedis("127.0.0.1", redis.port());
  }

  @AfterAll
  static void stop() {
    other.close();
    redis.close();
  }

  private static void field(String name, String value) {
    other.hset("{sse}:scope", name, value);
  }

  private static void key(String key, Consumer<String> written) {
    other.del(key);
    written.accept(key);
  }

  private static Map<String, Runnable> poisons() {
    Map<String, Runnable> all = new LinkedHashMap<>();
    for (String name : List.of("clock", "last:a", "floor")) {
      GARBAGE.forEach(value -> all.put(name + " " + value, () -> field(name, value)));
    }
    for (String name : List.of("pruned", "floor:a", "begun")) {
      all.put(name + " garbage", () -> field(name, "garbage"));
    }
    for (String value : List.of("x=garbage y=")) {
      all.put("ends " + value, () -> field("ends", value));
    }
    for (String value : List.of("two words=b")) {
      all.put("run " + value, () -> field("run", value));
    }
    all.put("clock 5-0", () -> field("clock", "5-0"));
    all.put("no clock", () -> other.hdel("{sse}:scope", "clock"));
    all.put(
        "no clock and a last id of garbage",
        () -> {
          other.hdel("{sse}:scope", "clock");
          field("last:a", "garbage");
        });
    all.put("scope is a string", () -> key("{sse}:scope", key -> other.set(key, "x")));
    all.put("stream is a string", () -> key("{sse}:stream:a", key -> other.set(key, "x")));
    all.put("stream is full", RedisPoisonedIT::fill);
    all.put(
        "stream is full and empty",
        () -> {
          fill();
          other.xtrim("{sse}:stream:a", 0, false);
        });
    all.put(
        "stream counts further than we do",
        () -> {
          String clock = other.hget("{sse}:scope", "clock");
          String ms = clock.substring(0, clock.indexOf('-'));
          other.xadd("{sse}:stream:a", new StreamEntryID(ms + "-77777777777"), Map.of("d", "x"));
        });
    return all;
  }

  /**
   * Adds an entry with the highest possible id to the stream, which then takes no further entry.
   */
  private static void fill() {
    other.sendCommand(
        Protocol.Command.XADD,
        "{sse}:stream:a",
        "18446744073709551615-18446744073709551615",
        "d",
        "x");
  }

  /** The first operation after the data were corrupted. */
  private enum First {
    PUBLISH {
      @Override
      void meet(RedisPoisonedIT test) {
        test.bridge.publish("a", SseEvent.of("first"));
      }
    },
    ATTACH {
      @Override
      void meet(RedisPoisonedIT test) {
        long begun = System.nanoTime();
        other.clientKill(new ClientKillParams().type(ClientType.PUBSUB));
        soon()
            .until(
                () -> {
                  Duration heard = test.bridge.health().sinceProbe();
                  return heard != null && heard.toNanos() < System.nanoTime() - begun;
                });
      }
    },
    PAGE {
      @Override
      void meet(RedisPoisonedIT test) {
        test.comesBack();
      }
    },
    RECENT {
      @Override
      void meet(RedisPoisonedIT test) {
        Recent recent = test.bridge.recent("a", 100);
        assertNotNull(Position.parse(recent.position().toString()));
      }
    },
    GAP {
      @Override
      void meet(RedisPoisonedIT test) {
        other.eval(
            RedisTest.text("scope.lua") + RedisTest.text("gap.lua"),
            List.of("{sse}:scope", "{sse}:control"),
            List.of("run", "a", "PUBLISH", "0-0"));
      }
    };

    abstract void meet(RedisPoisonedIT test);
  }

  static Stream<Arguments> all() {
    return poisons().keySet().stream()
        .flatMap(poison -> Stream.of(First.values()).map(first -> Arguments.of(poison, first)));
  }

  private final List<AutoCloseable> nodes = new ArrayList<>();
  private RedisBridge bridge;
  private String position;

  private static ConditionFactory soon() {
    return await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(2));
  }

  private RedisBridge bridge(Hub hub) {
    RedisBridge made =
        RedisBridge.builder(hub, redis.uri())
            .history(channel -> true)
            .silence(Duration.ofMinutes(10))
            .connect();
    nodes.add(hub);
    nodes.add(made);
    return made;
  }

  /** Connects a client that has missed two events to another node, and waits until it is live. */
  private RecordingTransport comesBack() {
    Hub hub = Hub.create();
    bridge(hub);
    RecordingTransport back = new RecordingTransport();
    hub.connect(back, List.of("a"), position);
    // A client gets a new position once it is live.
    soon().until(() -> back.lastEventId() != null && !back.lastEventId().equals(position));
    return back;
  }

  @ParameterizedTest(name = "{0}, met by {1}")
  @MethodSource("all")
  void theNodeGoesOnAndWhatIsNotKnownIsTold(String poison, First first) throws Exception {
    other.flushAll();
    Hub hub = Hub.create();
    RecordingTransport live = new RecordingTransport();
    try {
      bridge = bridge(hub);
      hub.connect(live, List.of("a"), null);
      soon().until(() -> live.lastEventId() != null);
      position = bridge.publish("a", SseEvent.of("known")).toString();
      bridge.publish("a", SseEvent.of("missed 1"));
      bridge.publish("a", SseEvent.of("missed 2"));
      soon().until(() -> live.published().contains("missed 2"));
      poisons().get(poison).run();
      first.meet(this);
      RecordingTransport back = comesBack();
      // Until a node finds out that Redis has lost data, events may get lost, which a reset
      // reports.
      soon()
          .pollInterval(Duration.ofMillis(50))
          .until(
              () -> {
                bridge.publish("a", SseEvent.of("after"));
                return live.published().contains("after") && back.published().contains("after");
              });
      soon().until(() -> bridge.health().isSubscribed());
      boolean complete = back.published().containsAll(List.of("missed 1", "missed 2"));
      assertTrue(complete || !back.resets().isEmpty(), () -> "untold: " + back.published());
      for (RecordingTransport receiver : List.of(live, back)) {
        assertTrue(
            receiver.published().stream().noneMatch(data -> data.startsWith("1 ")),
            () -> "an envelope: " + receiver.published());
      }
      assertTrue(back.resets().size() < 6, () -> "told again and again: " + back.resets());
      // All is well again: a client that comes with a position gets the events after it, and no
      // more.
      position = bridge.publish("a", SseEvent.of("known again")).toString();
      bridge.publish("a", SseEvent.of("missed again"));
      RecordingTransport later = comesBack();
      soon().until(() -> later.published().contains("missed again"));
      assertEquals(List.of("missed again"), later.published());
      assertEquals(List.of(), later.resets());
    } finally {
      for (AutoCloseable node : nodes) {
        node.close();
      }
    }
  }
}
