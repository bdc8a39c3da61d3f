package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.LogCapture;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.IllegalChannelException;
import io.github.ssekit.hub.RecordingTransport;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.StreamEntryID;

/** Presence, with a real Redis and two nodes. */
@Tag("redis-times")
class RedisPresenceIT extends RedisTest {
  private static final String HERE = "here:1";
  private static final String STREAM = "{sse}:stream:here:1";
  private static final String NAMES = "{sse}:here:here:1";

  private static final Duration GRACE = Duration.ofMillis(300);
  private static final Duration LIFETIME = Duration.ofSeconds(4);

  /** Longer than a test: no assertion depends on the end of this time. */
  private static final Duration LONG = Duration.ofMinutes(10);

  private final Hub hub = keep(Hub.create());
  private final Hub second = keep(Hub.create());
  private RedisBridge bridge;
  private RedisBridge other;

  @BeforeEach
  void start() {
    startRedis();
    bridge = bridge(hub, GRACE, LIFETIME);
    other = bridge(second, GRACE, LIFETIME);
  }

  private RedisBridge bridge(Hub made, Duration grace, Duration lifetime) {
    return keep(
        RedisBridge.builder(made, redis.uri())
            .presence(channel -> channel.startsWith("here:"))
            .history(channel -> channel.startsWith("room:"))
            .states(channel -> true)
            .silence(Duration.ofMillis(900))
            .presenceTimes(grace, lifetime)
            .connect());
  }

  private static RecordingTransport client(Hub at, String lastEventId) {
    RecordingTransport client = new RecordingTransport();
    at.connect(client, List.of(HERE), lastEventId);
    return client;
  }

  /** Opens a page that joins under a name and receives the list. */
  private static RecordingTransport page(Hub at, RedisBridge redis, String name) {
    RecordingTransport page = new RecordingTransport();
    Connection connection = at.connect(page, List.of(HERE), null);
    redis.presence().join(HERE, name, connection);
    return page;
  }

  private static void leave(RecordingTransport page) {
    page.signals().failed(new IllegalStateException("gone"));
  }

  private static String list(String... names) {
    String quoted = names.length == 0 ? "" : "\"" + String.join("\",\"", names) + "\"";
    return "{\"count\":%d,\"here\":[%s]}".formatted(names.length, quoted);
  }

  private static void awaitHere(RecordingTransport page, String... names) {
    soon()
        .untilAsserted(
            () -> {
              List<String> told = page.published();
              assertEquals(list(names), told.isEmpty() ? null : told.get(told.size() - 1));
            });
  }

  /** The hub closes, for example, a connection that it refuses for lack of room. */
  @Test
  void aConnectionThatIsClosedDoesNotJoin() {
    RecordingTransport onlooker = client(second, null);
    RecordingTransport gone = new RecordingTransport();
    Connection closed = hub.connect(gone, List.of(HERE), null);
    leave(gone);
    soon().until(() -> !closed.isOpen());
    bridge.presence().join(HERE, "Ghost", closed);
    RecordingTransport ann = page(hub, bridge, "Ann");
    awaitHere(onlooker, "Ann");
    assertFalse(onlooker.published().toString().contains("Ghost"), "" + onlooker.published());
    leave(ann);
  }

  @Test
  void aListWhoseLastIdIsLostIsPublishedAgain() {
    RecordingTransport ann = page(hub, bridge, "Ann");
    awaitHere(ann, "Ann");
    admin.hdel("{sse}:scope", "last:" + HERE);
    soon().until(() -> admin.hexists("{sse}:scope", "last:" + HERE));
    RecordingTransport late = client(second, null);
    awaitHere(late, "Ann");
    assertEquals(List.of(), late.resets());
  }

  @Test
  void namesOfAnEarlierClockThatWasAheadExpireAsOthersDo() {
    // The onlooker is live already, so it misses no list.
    RecordingTransport onlooker = client(second, null);
    soon().until(() -> onlooker.lastEventId() != null);
    String ghost = "0".repeat(36) + " Ghost";
    admin.hset(NAMES, ghost, "" + (System.currentTimeMillis() + 3_600_000));
    page(hub, bridge, "Ann");
    soon().until(() -> onlooker.published().contains(list("Ann", "Ghost")));
    awaitHere(onlooker, "Ann");
  }

  @Test
  void aNewcomerGetsTheListThenChangesAndANameCountsOnce() {
    RecordingTransport ann = page(hub, bridge, "Ann");
    awaitHere(ann, "Ann");
    RecordingTransport bob = page(second, other, "Bob");
    RecordingTransport tab = page(second, other, "Ann");
    awaitHere(ann, "Ann", "Bob");
    awaitHere(bob, "Ann", "Bob");
    assertEquals(List.of("Ann", "Bob"), other.presence().here(HERE));

    RecordingTransport onlooker = client(second, null);
    awaitHere(onlooker, "Ann", "Bob");
    assertEquals(Presence.TYPE, onlooker.events().get(0).type());

    leave(tab);
    leave(bob);
    awaitHere(onlooker, "Ann");
    leave(ann);
    awaitHere(onlooker);
    assertEquals(List.of(), bridge.presence().here(HERE));
    soon().until(() -> !admin.exists(NAMES));
    assertEquals(List.of(), onlooker.resets());
  }

  @Test
  void whoComesBackWithinTheGraceTimeHasNotLeft() {
    Hub third = keep(Hub.create());
    RedisBridge patient = bridge(third, LONG, LIFETIME);
    RecordingTransport onlooker = client(hub, null);
    RecordingTransport ann = page(third, patient, "Ann");
    awaitHere(onlooker, "Ann");
    leave(ann);
    RecordingTransport back = page(second, other, "Ann");
    awaitHere(back, "Ann");
    Runnable leave = bridge.presence().join(HERE, "Bob");
    awaitHere(onlooker, "Ann", "Bob");
    leave.run();
    leave.run();
    awaitHere(onlooker, "Ann");
    List<String> told = onlooker.published();
    assertEquals(
        List.of(list("Ann"), list("Ann", "Bob"), list("Ann")),
        told.subList(told.indexOf(list("Ann")), told.size()));
  }

  @Test
  void whoComesBackGetsTheNewestListAloneAndNothingIfItHasIt() {
    RecordingTransport away = page(hub, bridge, "Ann");
    awaitHere(away, "Ann");
    String last = away.lastEventId();
    for (String name : List.of("Bob", "Cid", "Dan")) {
      Runnable unused = other.presence().join(HERE, name);
      soon().until(() -> other.presence().here(HERE).contains(name));
    }
    Hub third = keep(Hub.create());
    RedisBridge unused = bridge(third, GRACE, LIFETIME);
    RecordingTransport back = client(third, last);
    awaitHere(back, "Ann", "Bob", "Cid", "Dan");
    assertEquals(1, back.published().size());
    assertEquals(1, admin.xlen(STREAM));
    RecordingTransport again = client(third, back.lastEventId());
    Runnable eve = bridge.presence().join(HERE, "Eve");
    awaitHere(again, "Ann", "Bob", "Cid", "Dan", "Eve");
    assertEquals(1, again.published().size());
    assertEquals(List.of(), again.resets());
    eve.run();
  }

  /** Waits until the nodes have refreshed each name twice. */
  private void awaitRefreshes() {
    for (int i = 0; i < 2; i++) {
      Map<String, String> before = admin.hgetAll(NAMES);
      soon()
          .until(
              () -> {
                Map<String, String> now = admin.hgetAll(NAMES);
                return before.entrySet().stream()
                    .noneMatch(each -> each.getValue().equals(now.get(each.getKey())));
              });
    }
  }

  @Test
  void aListThatHasNotChangedIsNotPublishedAgain() {
    RecordingTransport ann = page(hub, bridge, "Ann");
    awaitHere(ann, "Ann");
    int before = ann.published().size();
    awaitRefreshes();
    assertEquals(before, ann.published().size());
    assertEquals(1, admin.xrevrange(STREAM, "+", "-", 9).size());
  }

  @Test
  void theNamesOfANodeThatDiesExpire() {
    Hub third = keep(Hub.create());
    RedisBridge doomed = bridge(third, GRACE, LIFETIME);
    RecordingTransport bob = page(third, doomed, "Bob");
    RecordingTransport ann = page(hub, bridge, "Ann");
    awaitHere(ann, "Ann", "Bob");
    awaitHere(bob, "Ann", "Bob");
    // The closed bridge tells Redis nothing more, not even that Bob has left.
    doomed.close();
    awaitHere(ann, "Ann");
    assertEquals(List.of("Ann"), bridge.presence().here(HERE));
  }

  @Test
  void aNewcomerToTheRoomOfADeadNodeGetsTheTruth() {
    Hub third = keep(Hub.create());
    RedisBridge doomed = bridge(third, GRACE, LIFETIME);
    awaitHere(page(third, doomed, "Bob"), "Bob");
    doomed.close();
    soon().until(() -> !admin.exists(NAMES));
    awaitHere(client(hub, null));
  }

  @Test
  void anEmptyRoomHasAListOnceSomebodyWasThere() {
    RecordingTransport onlooker = client(hub, null);
    Runnable leave = join("Ann");
    awaitHere(onlooker, "Ann");
    assertEquals(1, onlooker.published().size(), "before there was nobody");
    leave.run();
    awaitHere(onlooker);
    admin.del(STREAM);
    awaitHere(client(second, null));
  }

  @Test
  void namesComeBackWithARedisThatHasLostAll() {
    RecordingTransport ann = page(hub, bridge, "Ann");
    RecordingTransport bob = page(second, other, "Bob");
    awaitHere(ann, "Ann", "Bob");
    redis.kill();
    redis.deleteFiles();
    RecordingTransport cid = page(second, other, "Cid");
    redis.restart();
    admin = keep(new Jedis("127.0.0.1", redis.port()));
    awaitHere(ann, "Ann", "Bob", "Cid");
    awaitHere(bob, "Ann", "Bob", "Cid");
    awaitHere(cid, "Ann", "Bob", "Cid");
  }

  @Test
  void whateverRedisLosesOrHoldsIsRepaired() {
    RecordingTransport ann = page(hub, bridge, "Ann");
    RecordingTransport bob = page(second, other, "Bob");
    awaitHere(ann, "Ann", "Bob");
    int before = ann.published().size();
    admin.del(STREAM);
    awaitListAgain(ann, before);
    admin.del(NAMES);
    awaitBothNoted();
    before = bob.published().size();
    admin.del(STREAM, NAMES);
    admin.set(NAMES, "not a hash");
    admin.set(STREAM, "not a stream");
    awaitListAgain(bob, before);
    awaitBothNoted();
    admin.hset(NAMES, Map.of("short", "1999999999999", "0".repeat(36) + " Eve", "soon"));
    awaitBothNoted();
    awaitHere(ann, "Ann", "Bob");
    awaitHere(bob, "Ann", "Bob");
  }

  private void awaitBothNoted() {
    soon().until(() -> admin.type(NAMES).equals("hash") && admin.hlen(NAMES) == 2);
  }

  private void awaitListAgain(RecordingTransport page, int before) {
    soon().until(() -> page.published().size() > before);
    awaitHere(page, "Ann", "Bob");
  }

  @Test
  void theListFollowsAReset() {
    RecordingTransport ann = page(hub, bridge, "Ann");
    RecordingTransport bob = page(second, other, "Bob");
    awaitHere(ann, "Ann", "Bob");
    awaitHere(bob, "Ann", "Bob");
    String last = ann.lastEventId();
    admin.eval(
        text("scope.lua") + text("gap.lua"),
        List.of("{sse}:scope", "{sse}:control"),
        List.of(run(), HERE, "PUBLISH", last));
    soon().until(() -> ann.resets().size() == 1 && bob.resets().size() == 1);
    for (RecordingTransport page : List.of(ann, bob)) {
      soon()
          .until(
              () -> {
                List<SseEvent> events = page.events();
                return events.get(events.size() - 1).data().equals(list("Ann", "Bob"))
                    && "stream-reset".equals(events.get(events.size() - 2).type());
              });
    }
    assertEquals(1, admin.xlen(STREAM));
    StreamEntryID id = admin.xrevrange(STREAM, "+", "-", 1).get(0).getID();
    awaitRefreshes();
    assertEquals(id, admin.xrevrange(STREAM, "+", "-", 1).get(0).getID(), "once");
  }

  private String run() {
    return admin
        .info("server")
        .lines()
        .filter(line -> line.startsWith("run_id:"))
        .map(line -> line.substring("run_id:".length()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aListIsBoundedAndItsCountIsRight() {
    RecordingTransport onlooker = client(second, null);
    IntStream.range(0, 150).forEach(i -> join("p%03d".formatted(i)));
    String hundred =
        String.join("\",\"", IntStream.range(0, 100).mapToObj("p%03d"::formatted).toList());
    String expected = "{\"count\":150,\"here\":[\"" + hundred + "\"]}";
    soon()
        .untilAsserted(
            () -> {
              List<String> told = onlooker.published();
              assertEquals(expected, told.isEmpty() ? null : told.get(told.size() - 1));
            });
  }

  private Runnable join(String name) {
    return bridge.presence().join(HERE, name);
  }

  @Test
  void whoComesBeyondTheBoundIsListedOnceOthersHaveLeftAndTheLogSaysSo() {
    LogCapture log = keep(LogCapture.only(Presence.class, Level.INFO));
    String full = "here:\u202e1";
    Hub third = keep(Hub.create());
    Presence presence = bridge(third, GRACE, LIFETIME.multipliedBy(4)).presence();
    long began = System.nanoTime();
    List<Runnable> all =
        IntStream.range(0, Presence.MAX_NAMES + 1)
            .mapToObj(i -> presence.join(full, "p" + i))
            .toList();
    soon().until(() -> presence.here(full).size() == Presence.MAX_NAMES);
    System.out.printf(
        "%d names are here after %d ms%n",
        Presence.MAX_NAMES, (System.nanoTime() - began) / 1_000_000);
    String line =
        "Presence of channel \"here:\\u202e1\" has no room for more names than 5000: others are left out until some have left";
    soon().untilAsserted(() -> assertEquals(List.of(line), log.messages()));
    all.subList(0, 10).forEach(Runnable::run);
    soon().until(() -> presence.here(full).size() == Presence.MAX_NAMES - 9);
  }

  @Test
  void namesAreWhatTheyAre() {
    RecordingTransport onlooker = client(second, null);
    Runnable leave = join("Ann \"Q\" \\ ünï 🙂 <b>");
    String expected = "{\"count\":1,\"here\":[\"Ann \\\"Q\\\" \\\\ ünï 🙂 <b>\"]}";
    soon().until(() -> onlooker.published().contains(expected));
    assertEquals(List.of("Ann \"Q\" \\ ünï 🙂 <b>"), bridge.presence().here(HERE));
    leave.run();
    awaitHere(onlooker);
  }

  @Test
  void whatIsNoNameOrNoChannelOfPresenceIsRefused() {
    Presence presence = bridge.presence();
    for (String name : List.of("", "x".repeat(101), "a\nb", "a\u0000", "\ud83d")) {
      assertThrows(IllegalArgumentException.class, () -> presence.join(HERE, name), name);
    }
    assertThrows(IllegalArgumentException.class, () -> presence.join("room:1", "Ann"));
    assertThrows(IllegalArgumentException.class, () -> presence.here("room:1"));
    Exception e = assertThrows(NullPointerException.class, () -> presence.join(HERE, "Ann", null));
    assertEquals("connection", e.getMessage());
    String illegal = HERE + "\n";
    assertThrows(IllegalChannelException.class, () -> presence.join(illegal, "Ann"));
    assertThrows(IllegalChannelException.class, () -> presence.here(illegal));
    assertThrows(IllegalChannelException.class, () -> bridge.recent("room:\n", 1));
    SseEvent event = SseEvent.of(Presence.TYPE, "{}");
    assertThrows(IllegalArgumentException.class, () -> bridge.publish(HERE, event));
    assertThrows(IllegalArgumentException.class, () -> bridge.states().publish(HERE, "Ann", event));
    RedisBridge without = keep(RedisBridge.connect(keep(Hub.create()), redis.uri()));
    assertThrows(IllegalStateException.class, without::presence);
    redis.kill();
    assertThrows(RedisUnavailableException.class, () -> presence.here(HERE));
  }
}
