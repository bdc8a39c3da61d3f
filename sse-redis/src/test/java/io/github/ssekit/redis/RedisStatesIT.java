package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.CloseReason;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.RecordingTransport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** State channels, with a real Redis and two nodes. */
@Tag("redis-times")
class RedisStatesIT extends RedisTest {
  private static final String PRICES = "state:prices";

  private final Hub hub = keep(Hub.create());
  private final Hub second = keep(Hub.create());
  private RedisBridge bridge;
  private RedisBridge other;
  private StateChannels states;

  @BeforeEach
  void start() {
    startRedis("--appendonly", "yes", "--appendfsync", "everysec");
    bridge = bridge(hub, Duration.ofHours(1));
    other = bridge(second, Duration.ofHours(1));
    states = bridge.states();
  }

  private RedisBridge bridge(Hub made, Duration removalsKept) {
    return bridge(made, removalsKept, Duration.ofMillis(900));
  }

  private RedisBridge bridge(Hub made, Duration removalsKept, Duration silence) {
    return keep(
        RedisBridge.builder(made, redis.uri())
            .states(channel -> channel.startsWith("state:"))
            .history(channel -> channel.startsWith("room:"))
            .maxHistory(100, Duration.ofSeconds(1))
            .silence(silence)
            .removalsKept(removalsKept)
            .connect());
  }

  private void put(String key, int value) {
    states.publish(PRICES, key, SseEvent.of(key + "=" + value));
  }

  private RecordingTransport client(Hub at, String lastEventId) {
    RecordingTransport client = new RecordingTransport();
    at.connect(client, List.of(PRICES), lastEventId);
    return client;
  }

  private static void awaitPublished(RecordingTransport client, List<String> events) {
    soon().until(() -> client.published().size() >= events.size());
    assertEquals(events, client.published());
    assertEquals(List.of(), client.resets());
  }

  @Test
  void aNewcomerGetsTheNewestOfEachKeyThenLiveEvents() {
    put("a", 1);
    put("b", 2);
    put("a", 3);
    put("c", 4);
    states.remove(PRICES, "b");
    RecordingTransport client = client(second, null);
    awaitPublished(client, List.of("a=3", "c=4", "b"));
    put("b", 5);
    awaitPublished(client, List.of("a=3", "c=4", "b", "b=5"));
    assertEquals(3, admin.xlen("{sse}:stream:" + PRICES));
  }

  @Test
  void whoComesBackGetsWhatHasChangedAndWhatWasRemoved() {
    numbers(0, 50).forEach(n -> put("k" + n, 0));
    RecordingTransport client = client(hub, null);
    soon().until(() -> client.published().size() == 50);
    client.signals().failed(new IllegalStateException("gone"));
    for (int i = 1; i < 4; i++) {
      put("k7", i);
      put("k8", i);
    }
    states.remove(PRICES, "k9");
    RecordingTransport back = client(keepThird(), client.lastEventId());
    awaitPublished(back, List.of("k7=3", "k8=3", "k9"));
    assertEquals(StateChannels.REMOVED_TYPE, back.events().get(2).type());
  }

  @Test
  void removalsMakeRoomForValues() {
    SseEvent large = SseEvent.of("x".repeat(600_000));
    List.of("a", "b", "c").forEach(key -> states.publish(PRICES, key, large));
    for (int i = 0; i < 300; i++) {
      String key = i + "ü".repeat(190);
      states.publish(PRICES, key, SseEvent.of("1"));
      states.remove(PRICES, key);
    }
    states.publish(PRICES, "d", SseEvent.of("x".repeat(250_000)));
    long removals = admin.xlen("{sse}:removed:" + PRICES);
    assertThrows(StateFullException.class, () -> states.publish(PRICES, "e", large));
    assertEquals(removals, admin.xlen("{sse}:removed:" + PRICES), "none in vain");
  }

  @Test
  void aKeyThatComesAndGoesIsNotedOnce() {
    put("b", 0);
    for (int i = 0; i < 50; i++) {
      put("a", i);
      states.remove(PRICES, "a");
    }
    assertEquals(1, admin.xlen("{sse}:removed:" + PRICES));
  }

  @Test
  void keysThatComeAndGoBehindARemovalThatStandsAreNotedOnce() {
    put("first", 0);
    states.remove(PRICES, "first");
    for (int i = 0; i < 50; i++) {
      put("a", i);
      states.remove(PRICES, "a");
    }
    assertEquals(2, admin.xlen("{sse}:removed:" + PRICES));
  }

  @Test
  void aRefusedEventForgetsNoRemovalThatANewcomerWouldMiss() {
    StateChannels forgetful = bridge(keep(Hub.create()), Duration.ofMillis(1)).states();
    SseEvent large = SseEvent.of("x".repeat(900_000));
    List.of("a", "b").forEach(key -> states.publish(PRICES, key, large));
    put("c", 1);
    long removed = forgetful.remove(PRICES, "c").milliseconds();
    soon().until(() -> Long.parseLong(admin.time().get(0)) * 1000 > removed + 1000);
    assertThrows(StateFullException.class, () -> forgetful.publish(PRICES, "d", large));
    RecordingTransport client = client(second, null);
    soon().ignoreExceptions().until(() -> !second.snapshot(1).connections().get(0).resuming());
    assertEquals(3, client.published().size(), "the removal, too");
    assertEquals(List.of(), client.resets());
  }

  @Test
  void theKeyIsNoPartOfTheEventsSize() {
    Hub small = keep(Hub.builder().maxEventBytes(1024).create());
    RedisBridge there = bridge(small, Duration.ofHours(1));
    SseEvent event = SseEvent.of("x".repeat(960));
    there.states().publish(PRICES, "k".repeat(150), event);
    RecordingTransport client = client(small, null);
    awaitPublished(client, List.of("x".repeat(960)));
  }

  @Test
  void aKeyOfTheWrongTypeInPlaceOfRemovalsIsDeleted() {
    put("a", 1);
    admin.set("{sse}:removed:" + PRICES, "garbage");
    put("a", 2);
    states.remove(PRICES, "a");
    assertEquals(1, admin.xlen("{sse}:removed:" + PRICES));
  }

  @Test
  void aSlowClientIsClosedAndComesBackToTheNewestOfEachKeyWithoutAReset() {
    Hub small = keep(Hub.builder().maxChannelLog(16, 64 << 10).create());
    RedisBridge there = bridge(small, Duration.ofHours(1));
    put("a", 0);
    put("b", 0);
    RecordingTransport slow = new RecordingTransport();
    List<CloseReason> reasons = new CopyOnWriteArrayList<>();
    small.connect(slow, List.of(PRICES), null).onClose(reasons::add);
    awaitPublished(slow, List.of("a=0", "b=0"));
    soon().ignoreExceptions().until(() -> !small.snapshot(1).connections().get(0).resuming());
    slow.ready(false);
    for (int i = 1; i <= 20; i++) {
      put("a", i);
      put("b", i);
    }
    Position last = states.remove(PRICES, "a");
    soon().until(() -> !last.isAfter(there.position()));
    slow.ready(true);
    soon().until(() -> reasons.equals(List.of(CloseReason.SLOW)));
    assertEquals(List.of("a=0", "b=0"), slow.published());
    awaitPublished(client(small, slow.lastEventId()), List.of("b=20", "a"));
    assertEquals(List.of(), slow.resets());
  }

  /** A node with empty logs: its clients get all events from Redis. */
  private Hub keepThird() {
    Hub third = keep(Hub.create());
    bridge(third, Duration.ofHours(1));
    return third;
  }

  @Test
  void tenThousandKeysReachANewcomerSoon() {
    long started = System.nanoTime();
    for (int i = 0; i < StateChannels.MAX_KEYS; i++) {
      put("k" + i, i);
    }
    System.out.printf(
        "10,000 keys are published in %d ms%n", (System.nanoTime() - started) / 1_000_000);
    assertThrows(StateFullException.class, () -> put("one more", 0));
    put("k5", 5);
    RecordingTransport warm = client(hub, null);
    soon().until(() -> warm.published().size() == StateChannels.MAX_KEYS);
    Hub third = keepThird();
    long calls = calls();
    long millis = millisOfANewcomer(third);
    long read = calls() - calls;
    System.out.printf(
        "10,000 keys reach a newcomer in %d ms, in %d calls; the next on that node in %d ms%n",
        millis, read, millisOfANewcomer(third));
    assertTrue(millis <= 30_000, millis + " ms");
  }

  private static long millisOfANewcomer(Hub at) {
    RecordingTransport client = new RecordingTransport();
    long began = System.nanoTime();
    at.connect(client, List.of(PRICES), null);
    soon().until(() -> client.published().size() == StateChannels.MAX_KEYS);
    long millis = (System.nanoTime() - began) / 1_000_000;
    assertEquals(List.of(), client.resets());
    return millis;
  }

  @Test
  void aThousandNewcomersShareTwoReads() {
    numbers(0, 600).forEach(n -> put("k" + n, 0));
    // The probes of these nodes would be counted, too.
    bridge.close();
    other.close();
    Hub third = keep(Hub.create());
    bridge(third, Duration.ofHours(1), Duration.ofMinutes(10));
    long calls = calls();
    List<RecordingTransport> many = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      many.add(client(third, null));
    }
    many.forEach(each -> soon().until(() -> each.published().size() == 600));
    long reads = calls() - calls;
    System.out.printf("1,000 newcomers: %d calls%n", reads);
    // A read takes two calls; some probes are counted, too. A read for each client would be 2,000.
    assertTrue(reads <= 2 * 2 + 10, reads + " calls");
  }

  private long calls() {
    return admin
        .info("commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_evalsha:calls="))
        .mapToLong(line -> Long.parseLong(line.split("[=,]", 3)[1]))
        .sum();
  }

  @Test
  void aForgottenRemovalResetsWhoWasAwaySinceBeforeAndNobodyElse() {
    Hub third = keep(Hub.create());
    StateChannels forgetful = bridge(third, Duration.ofMillis(1)).states();
    numbers(0, 1_200).forEach(n -> put("k" + n, 0));
    String before = bridge.position().toString();
    forgetful.remove(PRICES, "k3");
    String after = forgetful.remove(PRICES, "k4").toString();
    soon()
        .until(
            () -> {
              forgetful.publish(PRICES, "k5", SseEvent.of("k5=1"));
              return admin.xlen("{sse}:stream:" + PRICES) == 1_198;
            });
    assertEquals(0, admin.xlen("{sse}:removed:" + PRICES));
    assertEquals(1_199, admin.hlen("{sse}:keys:" + PRICES));
    RecordingTransport newcomer = client(keepThird(), null);
    soon().until(() -> newcomer.published().size() == 1_198);
    assertEquals(List.of(), newcomer.resets());
    RecordingTransport away = client(keepThird(), before);
    soon().until(() -> away.resets().size() == 1);
    awaitPublished(client(keepThird(), after), List.of("k5=1"));
  }

  @Test
  void aKeyThatComesAgainIsNotForgottenWithItsRemoval() {
    Hub third = keep(Hub.create());
    StateChannels forgetful = bridge(third, Duration.ofMillis(1)).states();
    put("a", 1);
    put("b", 1);
    states.remove(PRICES, "a");
    put("a", 2);
    assertNull(states.remove(PRICES, "never there"));
    assertNull(states.remove("state:other", "never there"));
    assertFalse(admin.exists("{sse}:keys:state:other"));
    soon()
        .until(
            () -> {
              forgetful.publish(PRICES, "b", SseEvent.of("b=2"));
              return admin.xlen("{sse}:removed:" + PRICES) == 0;
            });
    awaitPublished(client(keepThird(), null), List.of("a=2", "b=2"));
    assertNotNull(states.remove(PRICES, "a"));
    assertNull(states.remove(PRICES, "a"), "once");
  }

  @Test
  void whatIsLostInPartBeginsAnewAndAllAreTold() {
    for (String key : List.of("{sse}:stream:" + PRICES, "{sse}:keys:" + PRICES)) {
      put("a", 1);
      put("b", 1);
      RecordingTransport client = client(second, null);
      soon().until(() -> client.published().size() >= 1 && client.lastEventId() != null);
      admin.del(key);
      put("b", 2);
      soon().until(() -> !client.resets().isEmpty());
      awaitPublished(client(keepThird(), null), List.of("b=2"));
      states.remove(PRICES, "b");
      put("b", 3);
    }
  }

  @Test
  void aQuietChannelIsNotForgotten() {
    put("a", 1);
    long quiet = System.nanoTime() + Duration.ofMillis(3_100).toNanos();
    soon().until(() -> System.nanoTime() > quiet);
    numbers(0, 60).forEach(n -> bridge.publish("room:" + n, SseEvent.of(n)));
    awaitPublished(client(keepThird(), null), List.of("a=1"));
    assertNotNull(admin.hget("{sse}:scope", "last:" + PRICES));
  }

  @Test
  void whatAChannelDoesNotTakeIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> put("", 1));
    assertThrows(IllegalArgumentException.class, () -> put("x".repeat(201), 1));
    // A removal event could not carry these keys unchanged.
    assertThrows(IllegalArgumentException.class, () -> put("a\rb", 1));
    assertThrows(IllegalArgumentException.class, () -> put("\ud800", 1));
    assertThrows(
        IllegalArgumentException.class, () -> bridge.publish(PRICES, SseEvent.of("without key")));
    assertThrows(
        IllegalArgumentException.class, () -> states.publish("room:1", "a", SseEvent.of("1")));
    assertThrows(IllegalArgumentException.class, () -> states.remove("room:1", "a"));
    SseEvent large = SseEvent.of("x".repeat(1_000_000));
    states.publish(PRICES, "a", large);
    states.publish(PRICES, "b", large);
    assertThrows(StateFullException.class, () -> states.publish(PRICES, "c", large));
    states.publish(PRICES, "b", large);
    states.remove(PRICES, "b");
    states.publish(PRICES, "c", large);
    assertThrows(
        IllegalStateException.class,
        () -> keep(RedisBridge.connect(keep(Hub.create()), redis.uri())).states());
  }

  /** A page that keeps a map, as {@link StateChannels} says. */
  private static final class Page {
    final Map<String, String> map = new TreeMap<>();
    int resets;
    private RecordingTransport transport;
    private int read;

    void connect(Hub hub) {
      String last = null;
      if (transport != null) {
        // Taken before the read: events that arrive during the read come again.
        last = transport.lastEventId();
        last = read() ? null : last;
      }
      transport = new RecordingTransport();
      read = 0;
      hub.connect(transport, List.of(PRICES), last);
    }

    void leave() {
      transport.signals().failed(new IllegalStateException("gone"));
    }

    /** Applies new events to the map. Returns whether the page must begin anew. */
    boolean read() {
      List<SseEvent> events = transport.events();
      for (; read < events.size(); read++) {
        SseEvent event = events.get(read);
        if ("stream-reset".equals(event.type())) {
          leaveForGood();
          return true;
        } else if (StateChannels.REMOVED_TYPE.equals(event.type())) {
          map.remove(event.data());
        } else {
          String[] pair = event.data().split("=", 2);
          map.put(pair[0], pair[1]);
        }
      }
      return false;
    }

    private void leaveForGood() {
      transport.signals().failed(new IllegalStateException("begins anew"));
      resets++;
      map.clear();
      transport = null;
    }
  }

  @Test
  void everyPageEndsWithTheMapOfTheOracle() {
    // Confirmed events survive the kill of Redis, however slow the disk is.
    admin.configSet("appendfsync", "always");
    Random random = new Random(14);
    Map<String, String> oracle = new HashMap<>();
    List<Page> pages = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      Page page = new Page();
      pages.add(page);
      page.connect(i % 2 == 0 ? hub : second);
    }
    for (int i = 0; i < 1_500; i++) {
      String key = "k" + random.nextInt(30);
      if (random.nextInt(3) == 0) {
        states.remove(PRICES, key);
        oracle.remove(key);
      } else {
        put(key, i);
        oracle.put(key, "" + i);
      }
      Page page = pages.get(random.nextInt(pages.size()));
      if (i % 10 == 0) {
        page.leave();
        page.connect(random.nextBoolean() ? hub : second);
      }
      if (i % 300 == 150) {
        admin.clientKill(new ClientKillParams().type(ClientType.PUBSUB));
      }
      if (i == 700) {
        restart();
      }
    }
    for (Page page : pages) {
      soon()
          .until(
              () -> {
                if (page.read()) {
                  page.connect(hub);
                }
                return page.map.equals(oracle);
              });
      assertEquals(0, page.resets, "nothing was lost");
    }
  }

  private void restart() {
    redis.kill();
    soon().until(() -> !bridge.health().isSubscribed());
    redis.restart();
    admin = keep(new Jedis("127.0.0.1", redis.port()));
    soon().until(() -> bridge.health().isSubscribed());
  }
}
