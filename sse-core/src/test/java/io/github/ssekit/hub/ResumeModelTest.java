package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random steps, by seed, on a hub with two hand-driven loops and a fake Redis, against a model of
 * browsers that reconnect with their last event ID. Each gets every event of its channels once, in
 * order, or a reset that covers it. More seeds: {@code -Dssekit.model.seeds=20000}.
 */
class ResumeModelTest {
  private static final int STEPS = 500;
  private static final int CLIENTS = 6;
  private static final List<String> CHANNELS = List.of("a", "b", "c");
  private static final Duration HEARTBEAT = Duration.ofSeconds(15);

  /** A browser, over all its connections. */
  private static final class Client {
    final String name;
    final Set<String> channels;
    RecordingTransport transport = new RecordingTransport();

    /** The last event ID that the browser sends, "" without an ID. */
    String lastEventId;

    /** The browser must get all events after this position; null until it has a position. */
    @Nullable Position since;

    /** All events that it got, and how often. */
    final Map<Position, Integer> seen = new TreeMap<>();

    /** The position up to which each channel's resets cover missing events. */
    final Map<String, Position> covered = new HashMap<>();

    final Map<StreamReset.Reason, Integer> resets = new EnumMap<>(StreamReset.Reason.class);

    /** Whether the browser has left. Blocks that it read before count. */
    boolean away;

    /** The number of blocks of this connection that were read. */
    int read;

    Client(String name, Set<String> channels, String lastEventId) {
      this.name = name;
      this.channels = channels;
      this.lastEventId = lastEventId;
      this.since = Position.parse(lastEventId);
    }

    /** Reads new blocks, up to block number {@code limit} of this connection. */
    void read(int limit) {
      List<String> blocks = transport.blocks();
      while (read < Math.min(limit, blocks.size())) {
        String block = blocks.get(read++);
        if (!block.startsWith("retry: ") && !block.startsWith(":")) {
          read(block);
        }
      }
    }

    private void read(String block) {
      String id = block.startsWith("id: ") ? block.lines().findFirst().orElse("").substring(4) : "";
      Position position = Position.parse(id);
      if (block.contains("stream-reset")) {
        reset(block, position);
      } else if (position != null) {
        rises(position, block.contains("data: "));
        if (block.contains("data: ")) {
          String channel = block.substring(block.indexOf("data: ") + 6);
          assertTrue(channels.contains(channel), name + " gets an event of " + channel);
          seen.merge(position, 1, Integer::sum);
        }
        since = since == null ? position : since;
      }
      lastEventId = id.isEmpty() ? lastEventId : id;
    }

    private void rises(Position position, boolean event) {
      Position before = Position.parse(lastEventId);
      if (before != null) {
        int order = position.compareTo(before);
        assertTrue(
            order > 0 || (order == 0 && !event), name + ": " + position + " after " + before);
      }
    }

    private void reset(String block, @Nullable Position position) {
      StreamReset.Reason reason = StreamReset.Reason.LOST;
      for (StreamReset.Reason r : StreamReset.Reason.values()) {
        reason = block.contains("\"reason\":\"" + r + "\"") ? r : reason;
      }
      resets.merge(reason, 1, Integer::sum);
      int to = block.indexOf("\"to\":\"") + 6;
      boolean hasEnd = to >= 6;
      assertEquals(reason != StreamReset.Reason.UNKNOWN_ID, hasEnd, name + ": " + block);
      Position upTo =
          hasEnd ? Position.parse(block.substring(to, block.indexOf('"', to))) : position;
      if (upTo == null) {
        throw new AssertionError(name + ": " + block);
      }
      if (block.contains("\"channel\":null")) {
        assertEquals(upTo, position, name);
        since = upTo;
      } else {
        int channel = block.indexOf("\"channel\":\"") + 11;
        covered.merge(block.substring(channel, channel + 1), upTo, (a, b) -> a.isAfter(b) ? a : b);
      }
    }

    void check(List<FakeRedis.Stored> stored) {
      assertEquals(List.of(), transport.breaches(), name);
      for (FakeRedis.Stored e : stored) {
        int times = seen.getOrDefault(e.position(), 0);
        assertTrue(times <= 1, name + " sees " + e + " " + times + " times");
        if (times == 0 && channels.contains(e.channel())) {
          Position upTo = covered.get(e.channel());
          boolean isCovered = upTo != null && !e.position().isAfter(upTo);
          boolean isBefore = since != null && !e.position().isAfter(since);
          assertTrue(isCovered || isBefore, name + " misses " + e);
        }
      }
    }
  }

  private final Map<StreamReset.Reason, Integer> resets = new EnumMap<>(StreamReset.Reason.class);
  private int events;

  @Test
  void everyBrowserSeesAllThatItsChannelsGotOnceInOrderOrIsToldOfTheGap() {
    int seeds = Integer.getInteger("ssekit.model.seeds", 200);
    for (int seed = 0; seed < seeds; seed++) {
      run(seed);
    }
    assertTrue(events > seeds * 20, "the runs reach clients: " + events);
    for (StreamReset.Reason reason :
        List.of(
            StreamReset.Reason.LOST,
            StreamReset.Reason.REWOUND,
            StreamReset.Reason.TRIMMED,
            StreamReset.Reason.UNKNOWN_ID)) {
      assertTrue(resets.getOrDefault(reason, 0) > seeds / 20, "the runs reach " + reason + resets);
    }
  }

  private void run(int seed) {
    Random random = new Random(seed);
    ManualHub hub =
        new ManualHub(
            b ->
                b.loops(2)
                    .maxChannelLog(5, 1 << 20)
                    .maxBatchBytes(60)
                    .heartbeat(HEARTBEAT)
                    .maxReplayBytes(1 + seed % 4 * 60));
    FakeRedis redis = new FakeRedis(random, hub.feed, seed % 4 == 3 ? Start.ALL : Start.NOW);
    hub.feed.attach(redis);
    List<Client> clients = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      step(seed, random, hub, redis, clients);
    }
    for (Client c : clients) {
      c.transport.ready(true);
      hub.settle();
      if (c.away || c.transport.closed()) {
        comeBack(hub, c, false);
      }
    }
    redis.probe();
    drain(hub, redis);
    // A client without a last event ID must get only events from now on.
    CHANNELS.forEach(channel -> redis.publish(channel, true));
    drain(hub, redis);
    for (Client c : clients) {
      c.read(Integer.MAX_VALUE);
      c.check(redis.stored);
      assertTrue(c.since != null, c.name + " has a position");
      events += c.seen.size();
      c.resets.forEach((reason, count) -> resets.merge(reason, count, Integer::sum));
    }
    assertEquals(clients.size(), hub.hub.connectionCount(), "seed " + seed);
  }

  /** Completes everything that is under way. */
  private static void drain(ManualHub hub, FakeRedis redis) {
    boolean busy = true;
    for (int i = 0; busy; i++) {
      assertTrue(i < 10_000, "pages are asked for without end");
      hub.settle();
      busy = redis.hear();
      busy |= redis.read();
      busy |= redis.answer();
    }
    redis.probe();
    while (redis.hear()) {
      hub.settle();
    }
    hub.settle();
  }

  private static void step(
      int seed, Random random, ManualHub hub, FakeRedis redis, List<Client> clients) {
    String channel = CHANNELS.get(random.nextInt(CHANNELS.size()));
    int what = random.nextInt(200);
    if (what < 35) {
      redis.publish(channel, true);
    } else if (what < 40) {
      redis.probe();
    } else if (what < 75) {
      // In some runs the node is far behind.
      if (random.nextInt(1 + seed % 3) == 0) {
        redis.hear();
      }
    } else if (what < 80) {
      hub.duringNextTurn(redis::hear);
    } else if (what < 95) {
      redis.read();
    } else if (what < 110) {
      redis.answer();
    } else if (what < 150) {
      hub.turn(random.nextInt(2));
    } else if (what < 153) {
      hub.runCallbacks();
    } else if (what < 156) {
      hub.pass(HEARTBEAT);
    } else if (what < 159) {
      redis.lose(channel);
    } else if (what < 160) {
      redis.trim(channel);
    } else if (what < 162) {
      redis.rewind();
    } else if (what < 168 && clients.size() < 1 + seed % CLIENTS) {
      clients.add(newClient(seed, random, hub, redis, clients.size()));
    } else if (!clients.isEmpty()) {
      change(random, hub, clients.get(random.nextInt(clients.size())), what);
    }
  }

  private static Client newClient(
      int seed, Random random, ManualHub hub, FakeRedis redis, int number) {
    Set<String> channels =
        random.nextBoolean()
            ? Set.of(CHANNELS.get(random.nextInt(3)))
            : random.nextBoolean() ? Set.of("a", "c") : Set.of("a", "b", "c");
    Position clock = redis.clock();
    String lastEventId =
        switch (random.nextInt(6)) {
          case 0 -> "$";
          case 1 -> new Position(clock.milliseconds() + 5, 0).toString();
          case 2, 3 -> new Position(100 + random.nextInt(200), 1).toString();
          default -> "";
        };
    Client client = new Client("seed " + seed + ", client " + number, channels, lastEventId);
    connect(hub, client, random.nextInt(4) == 0);
    return client;
  }

  private static void connect(ManualHub hub, Client c, boolean notReady) {
    c.transport = notReady ? RecordingTransport.notReady() : new RecordingTransport();
    c.read = 0;
    hub.hub.connect(c.transport, c.channels, c.lastEventId);
  }

  private static void change(Random random, ManualHub hub, Client c, int what) {
    if (c.away || c.transport.closed()) {
      comeBack(hub, c, random.nextInt(4) == 0);
    } else if (what < 174) {
      c.transport.ready(false);
    } else if (what < 186) {
      c.transport.ready(true);
    } else if (what < 190) {
      // Some of the last writes may never arrive.
      c.read(c.transport.blocks().size() - random.nextInt(4));
      c.transport.signals().failed(new IOException("gone"));
      c.away = true;
      if (random.nextBoolean()) {
        comeBack(hub, c, random.nextInt(4) == 0);
      }
    }
  }

  private static void comeBack(ManualHub hub, Client c, boolean notReady) {
    if (!c.away) {
      c.read(Integer.MAX_VALUE);
    }
    c.away = false;
    connect(hub, c, notReady);
  }
}
