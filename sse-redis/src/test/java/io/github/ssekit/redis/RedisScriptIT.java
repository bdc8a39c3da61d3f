package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.Programs;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.RecordingTransport;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisDataException;

/** The contract of the scripts. The tests run the scripts as a program in another language does. */
class RedisScriptIT extends RedisTest {

  @BeforeEach
  void start() throws Exception {
    startRedis();
  }

  private Position publish(String channel, String data, int keep, long ageMillis, String run)
      throws Exception {
    return Position.parse(
        (String)
            admin.eval(
                text("scope.lua") + text("publish.lua"),
                List.of("{sse}:scope", "{sse}:stream:" + channel, "{sse}:channel:" + channel),
                List.of(channel, "", data, "" + keep, "" + ageMillis, run, "PUBLISH", "60000")));
  }

  @Test
  void nobodyIsToldOfALossByAPublishThatRedisRefuses() throws Exception {
    publish("c0", "x", 1000, 60_000, "run");
    admin.configSet("maxmemory", "1");
    for (int i = 0; i < 3; i++) {
      List<String> args =
          List.of(
              "c0",
              "",
              "x",
              "1000",
              "60000",
              "run",
              "PUBLISH",
              "60000",
              "",
              System.currentTimeMillis() + 60_000 + "-0",
              "{sse}:control");
      String script = text("scope.lua") + text("publish.lua");
      List<String> keys = List.of("{sse}:scope", "{sse}:stream:c0", "{sse}:channel:c0");
      assertThrows(JedisDataException.class, () -> admin.eval(script, keys, args));
    }
    assertTrue(admin.info("commandstats").contains("cmdstat_publish:calls=1,"), "the first event");
  }

  @Test
  void redisCliCanPublishAndEveryNodeHears() throws Exception {
    Programs.require("redis-cli");
    Path script = folder.resolve("publish.lua");
    Files.writeString(script, text("scope.lua") + text("publish.lua"));
    Hub hub = Hub.create();
    try (hub;
        RedisBridge bridge = RedisBridge.builder(hub, redis.uri()).history(c -> true).connect()) {
      RecordingTransport receiver = new RecordingTransport();
      hub.connect(receiver, List.of("room:1"), null);
      await().until(() -> receiver.lastEventId() != null);
      assertTrue(bridge.health().isSubscribed());
      Process cli =
          new ProcessBuilder(
                  "redis-cli",
                  "-p",
                  "" + redis.port(),
                  "--eval",
                  script.toString(),
                  "{sse}:scope",
                  "{sse}:stream:room:1",
                  "{sse}:channel:room:1",
                  ",",
                  "room:1",
                  "greeting",
                  "hello from a shell",
                  "1000",
                  "86400000",
                  "",
                  "PUBLISH",
                  "60000")
              .redirectErrorStream(true)
              .start();
      String id = new String(cli.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      assertNotNull(Position.parse(id), id);
      await().until(() -> receiver.events().size() == 1);
      assertEquals(new SseEvent("greeting", "hello from a shell", id), receiver.events().get(0));
    }
  }

  /** The clock of a new scope is ten seconds ahead of the time. */
  @Test
  void aShortHistoryIsKeptAndExpiresWhileIdsShareTheirMilliseconds() throws Exception {
    String stream = "{sse}:stream:c";
    Position first = publish("c", "x", 1000, 4_000, "run");
    long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    soon()
        .until(
            () -> {
              publish("c", "x", 1000, 4_000, "run");
              return System.nanoTime() - end > 0;
            });
    Position last = publish("c", "x", 1000, 4_000, "run");
    assertEquals(first.milliseconds(), last.milliseconds());
    assertEquals(first.toString(), admin.xrange(stream, "-", "+").get(0).getID().toString());
    assertTrue(admin.pttl(stream) > 0, "it expires");
  }

  @Test
  void aPublisherNeedsTheseRightsAndNoMore() throws Exception {
    String[] rights = LeastRights.ofPublisher();
    admin.aclSetUser("publisher", rights);
    admin.aclLogReset();
    String script = text("scope.lua") + text("publish.lua");
    String loaded = admin.scriptLoad(script);
    admin.configResetStat();
    try (Jedis publisher = new Jedis("127.0.0.1", redis.port(), 30_000)) {
      publisher.auth("publisher", "password");
      Set<Object> ids = new HashSet<>();
      for (int i = 0; i < 2; i++) {
        ids.add(publisher.eval(script, keys("c", "token"), arguments("c")));
      }
      assertEquals(1, ids.size());
      // A publish to a new channel forgets the quiet channel once it is among three random fields
      // of the hash.
      admin.hset("{sse}:scope", "last:quiet", "1700000000000-0");
      for (int i = 0; admin.hexists("{sse}:scope", "last:quiet"); i++) {
        assertTrue(i < 2000, "quiet channels are not forgotten");
        publisher.evalsha(loaded, keys("new" + i, "token" + i), arguments("new" + i));
      }
      assertEquals(Set.of(), LeastRights.unused(rights, List.of(admin)));
      assertEquals(List.of(), admin.aclLog());
    }
  }

  private static List<String> keys(String channel, String token) {
    return List.of(
        "{sse}:scope",
        "{sse}:stream:" + channel,
        "{sse}:channel:" + channel,
        "{sse}:token:" + token);
  }

  private static List<String> arguments(String channel) {
    return List.of(channel, "", "data", "1000", "60000", "", "PUBLISH", "60000");
  }

  @Test
  void aPageIsBoundedInBytesHoweverLargeTheEventsAre() throws Exception {
    // One event of each channel until the limit is reached: the other channels are left out.
    assertEquals(27, sizes(30, 10_000, 262_144).size());
    assertEquals(List.of(1_000_000), sizes(1, 1_000_000, 262_144));
    int bytes = sizes(1, 100, 6_500).get(0);
    assertTrue(bytes > 4_500 && bytes < 7_000, "" + bytes);
  }

  @Test
  void ofAnEventThatIsTooLargeAPageHasTheSizeAlone() throws Exception {
    publish("c0", "x".repeat(1_000_000), 1000, 60_000, "run");
    Position id = publish("c0", "x", 1000, 60_000, "run");
    List<?> reply = page(1, 262_144, 999_999);
    List<?> first = (List<?>) ((List<?>) reply.get(6)).get(0);
    List<?> fields = (List<?>) first.get(1);
    assertEquals(List.of("o", "p"), List.of(fields.get(0), fields.get(2)));
    List<?> second = (List<?>) ((List<?>) reply.get(6)).get(1);
    assertEquals(id.toString(), second.get(0));
    assertEquals(List.of("p", first.get(0), "t", "", "d", "x"), second.get(1));
  }

  @Test
  void aPageEndsSoonBehindWhatIsWanted() throws Exception {
    List<Position> ids = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      ids.add(publish("c0", "x", 1000, 60_000, "run"));
    }
    List<?> reply = page(1, 262_144, 1_000, ids.get(9).toString());
    int read = ((List<?>) reply.get(6)).size();
    assertTrue(read > 10 && read < 40, "read " + read);
    assertEquals(1L, reply.get(5), "there is more");
  }

  @Test
  void aPageIsBoundedInWhatItReadsToFindTheNewestEvents() throws Exception {
    for (int channel = 0; channel < 20; channel++) {
      for (int i = 0; i < 400; i++) {
        publish("c" + channel, "x", 1000, 60_000, "run");
      }
    }
    List<String> starts = Collections.nCopies(20, "+300");
    List<?> reply = page(20, 262_144, 1_000, "", starts);
    // The search ends after the channel that brings it to 1,000 events, so a page has at least one
    // channel.
    assertEquals(4, (reply.size() - 3) / 4);
    assertEquals(1, (page(20, 1, 1_000, "", starts).size() - 3) / 4);
  }

  private List<?> page(int channels, int mostBytes, int largest) throws Exception {
    return page(channels, mostBytes, largest, "");
  }

  private List<?> page(int channels, int mostBytes, int largest, String upTo) throws Exception {
    return page(channels, mostBytes, largest, upTo, List.of());
  }

  private List<?> page(int channels, int mostBytes, int largest, String upTo, List<String> starts)
      throws Exception {
    List<String> keys = new ArrayList<>(List.of("{sse}:scope"));
    List<String> args =
        new ArrayList<>(List.of("run", "0-0", "1000", "" + mostBytes, "" + largest, upTo));
    for (int channel = 0; channel < channels; channel++) {
      keys.add("{sse}:stream:c" + channel);
      args.add("c" + channel);
    }
    args.addAll(starts);
    return (List<?>) admin.eval(text("scope.lua") + text("page.lua"), keys, args);
  }

  /** The bytes of data in the reply of page.lua, by channel; each channel has 100 events. */
  private List<Integer> sizes(int channels, int eventBytes, int most) throws Exception {
    admin.flushAll();
    for (int channel = 0; channel < channels; channel++) {
      for (int i = 0; i < 100; i++) {
        publish("c" + channel, "x".repeat(eventBytes), 1000, 60_000, "run");
      }
    }
    List<?> reply = page(channels, most, 2_000_000);
    List<Integer> sizes = new ArrayList<>();
    for (int i = 6; i < reply.size(); i += 4) {
      assertEquals(1L, reply.get(i - 1), "there is more");
      int size = 0;
      for (Object entry : (List<?>) reply.get(i)) {
        List<?> fields = (List<?>) ((List<?>) entry).get(1);
        size += ((String) fields.get(5)).length();
      }
      sizes.add(size);
    }
    return sizes;
  }

  @Test
  void idsRiseWhateverTheClockDoes() throws Exception {
    List<Position> ids = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      ids.add(publish("c" + i % 3, "x", 100, 60_000, ""));
    }
    assertEquals(ids.stream().sorted().distinct().toList(), ids);
    // A clock that is ahead, as after a failover, and whose sequence is nearly full.
    admin.hset("{sse}:scope", "clock", "1999999999999-999998");
    assertEquals(Position.parse("1999999999999-999999"), publish("c0", "x", 100, 60_000, ""));
    assertEquals(Position.parse("2000000000000-0"), publish("c0", "x", 100, 60_000, ""));
  }

  @Test
  void aChangeOfRunMovesTheClockBeyondWhatTheLostTailCouldHold() throws Exception {
    Position before = publish("a", "x", 100, 60_000, "run1");
    long begun = System.currentTimeMillis();
    Position after = publish("a", "x", 100, 60_000, "run2");
    assertTrue(after.isAfter(before), before + " " + after);
    assertTrue(after.milliseconds() >= begun + 10_000, begun + " " + after);
    // And no further: otherwise a scope that begins again could have a lower clock.
    assertTrue(after.milliseconds() <= System.currentTimeMillis() + 10_001, "" + after);
    assertEquals("run1=" + before, admin.hget("{sse}:scope", "ends"));
  }

  @Test
  void aTokenSaysWhetherItsEventIsOfThisRun() throws Exception {
    Object first = publishWithToken("run1", "");
    assertEquals(first, publishWithToken("run1", ""));
    publish("a", "y", 100, 60_000, "run2");
    assertEquals(List.of(first), publishWithToken("run2", ""));
    // A caller that doesn't pass the id it has seen gets the id alone.
    assertEquals(first, publishWithToken("run2"));
    admin.del("{sse}:token:t");
    Object second = publishWithToken("run2", "");
    assertEquals(second, publishWithToken("run2", ""));
    assertEquals(List.of(second), publishWithToken("run3", ""));
  }

  private Object publishWithToken(String run, String... seen) throws Exception {
    List<String> args = new ArrayList<>(List.of("a", "", "x", "100", "60000", run));
    args.addAll(List.of("PUBLISH", "60000", ""));
    args.addAll(List.of(seen));
    return admin.eval(
        text("scope.lua") + text("publish.lua"),
        List.of("{sse}:scope", "{sse}:stream:a", "{sse}:channel:a", "{sse}:token:t"),
        args);
  }

  @Test
  void aLossThatOneNodeProvesCoversWhatOthersMayHaveHeard() throws Exception {
    Position clock = publish("a", "x", 100, 60_000, "run2");
    String seen = (clock.milliseconds() + 4_000) + "-7";
    Position floor = floorAfterEvidence("run1", seen);
    assertEquals(Position.parse((clock.milliseconds() + 4_001) + "-0"), floor);
    // A repeated report changes nothing.
    assertEquals(floor, floorAfterEvidence("run1", seen));
  }

  @Test
  void whatIsBelowTheFloorOfANewScopeIsNotToldAgainWhoeverHasSeenIt() throws Exception {
    Position first = publish("a", "x", 100, 60_000, "run2");
    Position floor = Position.parse(admin.hget("{sse}:scope", "floor"));
    String below = (floor.milliseconds() - 1) + "-0";
    assertEquals(floor, floorAfterEvidence("run0", below, "run1", below, "lost", below));
    // A loss that was found on another server counts on this server, too.
    Position raised = floorAfterEvidence("lost", (first.milliseconds() + 2_000) + "-0");
    assertTrue(raised.isAfter(floor));
    assertEquals(raised, floorAfterEvidence("lost", (first.milliseconds() + 2_000) + "-0"));
  }

  private Position floorAfterEvidence(String... pairs) throws Exception {
    List<String> args = new ArrayList<>(List.of("run2", "nonce", "PUBLISH"));
    args.add("" + pairs.length / 2);
    args.addAll(List.of(pairs));
    admin.eval(
        text("scope.lua") + text("attach.lua"), List.of("{sse}:scope", "{sse}:control"), args);
    return Position.parse(admin.hget("{sse}:scope", "floor"));
  }

  @Test
  void aClockThatWasLostAloneGoesOnBeyondEveryChannel() throws Exception {
    publish("a", "x", 100, 60_000, "r");
    admin.hset("{sse}:scope", "last:b", "1999999999999-5");
    admin.hdel("{sse}:scope", "clock");
    Position next = publish("a", "y", 100, 60_000, "r");
    assertEquals(Position.parse("2000000000000-1"), next);
    assertEquals("2000000000000-0", admin.hget("{sse}:scope", "floor"));
  }

  @Test
  void whatTheFirstPublisherAfterALossHasSeenIsNotGivenAgain() throws Exception {
    long ahead = System.currentTimeMillis() + 40_000;
    Object id =
        admin.eval(
            text("scope.lua") + text("publish.lua"),
            List.of("{sse}:scope", "{sse}:stream:a", "{sse}:channel:a"),
            List.of("a", "", "x", "100", "60000", "r", "PUBLISH", "60000", ahead + "-7"));
    assertEquals((ahead + 1) + "-1", id);
  }

  @Test
  void aStreamThatKnowsALaterIdThanTheClockMovesClockAndFloor() throws Exception {
    publish("a", "x", 100, 60_000, "r");
    admin.xadd(
        "{sse}:stream:a",
        new redis.clients.jedis.StreamEntryID("1999999999999-5"),
        Map.of("d", "y"));
    Position next = publish("a", "z", 100, 60_000, "r");
    assertEquals(Position.parse("2000000000000-1"), next);
    assertEquals("2000000000000-0", admin.hget("{sse}:scope", "floor"));
  }

  @Test
  void historyIsTrimmedByCountAndByAge() throws Exception {
    for (int i = 0; i < 1000; i++) {
      publish("a", "x", 100, 60_000, "r");
    }
    long kept = admin.xlen("{sse}:stream:a");
    assertTrue(kept >= 100 && kept <= 300, "kept " + kept);
    long expiry = admin.pttl("{sse}:stream:a");
    assertTrue(expiry > 30_000 && expiry <= 62_000, "expires in " + expiry);
    publish("b", "x", 100, 1_000, "r");
    await().atMost(Duration.ofSeconds(10)).until(() -> !admin.exists("{sse}:stream:b"));
  }

  @Test
  void channelsThatAreQuietForLongAreForgottenAndTheBoundRemembersThem() throws Exception {
    publish("now", "x", 100, 60_000, "r");
    for (int i = 0; i < 50; i++) {
      admin.hset("{sse}:scope", "last:old" + i, "1000-" + i);
    }
    // The channel old7 lost an event on its way; its floor is the id of a later event of another
    // channel.
    admin.hset("{sse}:scope", "floor:old7", "2000-0");
    int made = 0;
    while (admin.hgetAll("{sse}:scope").keySet().stream().anyMatch(k -> k.startsWith("last:old"))) {
      publish("new" + made++, "x", 100, 60_000, "r");
      assertTrue(made < 2000, "quiet channels are not forgotten");
    }
    assertEquals("2000-0", admin.hget("{sse}:scope", "pruned"));
    assertFalse(admin.hget("{sse}:scope", "last:now").isEmpty());
  }
}
