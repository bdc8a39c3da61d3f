package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.RecordingTransport;
import io.github.ssekit.hub.Start;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Newcomers that get events of the past from a real Redis. */
class RedisNewcomersIT extends RedisTest {
  private Hub hub;
  private RedisBridge bridge;

  @BeforeEach
  void start() throws Exception {
    startRedis();
    hub = keep(Hub.create());
    bridge =
        keep(
            RedisBridge.builder(hub, redis.uri())
                .history(channel -> channel.startsWith("room:"))
                .newcomers(channel -> channel.equals("room:all") ? Start.ALL : Start.NOW)
                .maxHistory(5_000, Duration.ofHours(1))
                .connect());
  }

  private void publish(String channel, int from, int to) {
    numbers(from, to).forEach(n -> bridge.publish(channel, SseEvent.of(n)));
  }

  private RecordingTransport connect(Start start, String... channels) {
    RecordingTransport client = new RecordingTransport();
    hub.connect(client, ConnectionOptions.of(channels).withStart(start));
    return client;
  }

  private static void awaitPublished(RecordingTransport client, List<String> events) {
    soon().until(() -> client.published().size() >= events.size());
    assertEquals(events, client.published());
    assertEquals(List.of(), client.resets());
  }

  @Test
  void theNewestEventsComeFirstThenLiveOnesAndTheClientResumesAsEver() {
    publish("room:a", 0, 100);
    RecordingTransport client = connect(Start.last(7), "room:a");
    awaitPublished(client, numbers(93, 100));
    publish("room:a", 100, 110);
    awaitPublished(client, numbers(93, 110));
    client.signals().failed(new IllegalStateException("gone"));
    publish("room:a", 110, 120);
    RecordingTransport back = new RecordingTransport();
    hub.connect(
        back,
        ConnectionOptions.of("room:a")
            .withStart(Start.last(7))
            .withLastEventId(client.lastEventId()));
    awaitPublished(back, numbers(110, 120));
  }

  @Test
  void whoComesToAnEmptyChannelLearnsItsPosition() {
    for (Start start : List.of(Start.ALL, Start.last(5), Start.NOW)) {
      RecordingTransport client = connect(start, "room:empty");
      soon().until(() -> client.lastEventId() != null);
      assertEquals(List.of(), client.published());
      assertEquals(List.of(), client.resets());
    }
  }

  @Test
  void allThatIsKeptComesInPagesWhileMoreIsPublished() throws Exception {
    publish("room:all", 0, 2_500);
    Thread publisher = new Thread(() -> publish("room:all", 2_500, 3_500));
    publisher.start();
    List<RecordingTransport> clients = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      clients.add(connect(null, "room:all"));
    }
    publisher.join();
    clients.forEach(client -> awaitPublished(client, numbers(0, 3_500)));
  }

  @Test
  void whatWasTrimmedBeforeIsNoLossToANewcomer() {
    publish("room:all", 0, 50);
    admin.xtrim("{sse}:stream:room:all", 20, false);
    awaitPublished(connect(null, "room:all"), numbers(30, 50));
    admin.del("{sse}:stream:room:all");
    RecordingTransport client = connect(Start.last(500), "room:all");
    soon().until(() -> client.lastEventId() != null);
    publish("room:all", 50, 60);
    awaitPublished(client, numbers(50, 60));
  }

  @Test
  void whatWasLostBeforeItCameIsNoLossToANewcomer() {
    publish("room:all", 0, 2_500);
    String last = admin.hget("{sse}:scope", "clock");
    // The floors that a proved loss and the notice of a dropped pub/sub message leave.
    admin.hset("{sse}:scope", "floor", last);
    admin.hset("{sse}:scope", "floor:room:all", last);
    awaitPublished(connect(null, "room:all"), numbers(0, 2_500));
    awaitPublished(connect(Start.last(700), "room:all"), numbers(1_800, 2_500));
    RecordingTransport back = new RecordingTransport();
    hub.connect(
        back,
        ConnectionOptions.of("room:all")
            .withLastEventId(
                admin.xrange("{sse}:stream:room:all", "-", "+", 10).get(9).getID().toString()));
    soon().until(() -> back.published().size() >= 2_490);
    assertEquals(1, back.resets().size(), "who was there before is told");
  }

  @Test
  void whatIsMissingAmongItsEventsIsTold() {
    publish("room:all", 0, 10);
    String id = admin.xrange("{sse}:stream:room:all", "-", "+").get(5).getID().toString();
    admin.xdel("{sse}:stream:room:all", new redis.clients.jedis.StreamEntryID(id));
    RecordingTransport client = connect(null, "room:all");
    soon().until(() -> client.published().size() == 9);
    assertEquals(1, client.resets().size());
    assertTrue(client.resets().get(0).contains("\"reason\":\"lost\""), client.resets().get(0));
  }

  @Test
  void eachChannelStartsAtItsOwnPlaceHoweverManyPagesThatTakes() {
    // Events of room:b lie between the events of the first pages.
    for (int i = 0; i < 2_000; i++) {
      publish("room:all", i, i + 1);
      if (i % 100 == 0) {
        publish("room:b", 10_000 + i, 10_001 + i);
      }
    }
    RecordingTransport client = connect(null, "room:all", "room:b");
    soon().until(() -> client.published().size() >= 2_000);
    publish("room:b", 20_000, 20_001);
    awaitPublished(client, Stream.concat(numbers(0, 2_000).stream(), Stream.of("20000")).toList());
  }

  @Test
  void theNewestAreFewerIfTheyAreLarge() {
    for (int i = 0; i < 30; i++) {
      bridge.publish("room:a", SseEvent.of("x".repeat(100_000)));
    }
    RecordingTransport client = connect(Start.last(30), "room:a");
    soon().until(() -> client.published().size() >= 10);
    publish("room:a", 0, 1);
    soon().until(() -> client.published().contains("0"));
    int given = client.published().size() - 1;
    assertTrue(given >= 10 && given <= 12, given + " events of 100,000 bytes");
    assertEquals(List.of(), client.resets());
  }

  @Test
  void aThousandAtOnceCostTwoReadsAtMost() {
    publish("room:a", 0, 5);
    RecordingTransport first = connect(Start.NOW, "room:a");
    soon().until(() -> first.lastEventId() != null);
    admin.configResetStat();
    List<RecordingTransport> clients = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      clients.add(connect(Start.last(1), "room:a"));
    }
    publish("room:a", 5, 6);
    for (RecordingTransport client : clients) {
      soon().until(() -> client.published().contains("5"));
      List<String> got = client.published();
      assertTrue(got.equals(List.of("4", "5")) || got.equals(List.of("5")), got::toString);
    }
    // Each read of the newest event is one XREVRANGE.
    long reads = calls("xrevrange");
    System.out.printf("1,000 newcomers at once: %d reads of the newest event%n", reads);
    assertTrue(reads >= 1 && reads <= 5, reads + " reads"); // 1 on an idle machine
  }

  private long calls(String command) {
    return admin
        .info("commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_" + command + ":calls="))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf('=') + 1, line.indexOf(','))))
        .sum();
  }
}
