package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;
import redis.clients.jedis.resps.StreamEntry;

/** Many publishes at a time, while something happens to Redis or to the connection. */
class RedisPipelineIT extends RedisTest {
  private RedisBridge bridge;

  private void start() {
    startRedis();
    bridge =
        keep(
            RedisBridge.builder(keep(Hub.create()), redis.uri())
                .history(channel -> channel.startsWith("room:"))
                .answers()
                .states(channel -> channel.startsWith("prices:"))
                .maxHistory(1_000_000, Duration.ofHours(1))
                .connect());
  }

  /** The data of the stored events, in the order of the stream. */
  private List<String> stored(String channel) {
    return admin.xrange("{sse}:stream:" + channel, "-", "+").stream()
        .map(StreamEntry::getFields)
        .map(fields -> fields.get("d"))
        .toList();
  }

  private void cutCommands() {
    admin.clientKill(
        new ClientKillParams().type(ClientType.NORMAL).skipMe(ClientKillParams.SkipMe.YES));
  }

  /** Asserts that Redis stored every confirmed and no refused event, once and in order. */
  private static void assertTrueOutcomes(AsyncNumbers numbers, List<String> stored) {
    List<Integer> order = stored.stream().map(Integer::valueOf).toList();
    assertEquals(order.stream().sorted().distinct().toList(), order);
    Set<String> missing = new HashSet<>(numbers.confirmed());
    missing.removeAll(stored);
    assertEquals(Set.of(), missing);
    Set<String> refusedAndStored = new HashSet<>(numbers.refused());
    refusedAndStored.retainAll(stored);
    assertEquals(Set.of(), refusedAndStored);
  }

  @Test
  void eachThreadsEventsKeepTheirOrderWhetherItWaitsOrNot() throws Exception {
    start();
    List<Thread> threads = new ArrayList<>();
    for (String name : List.of("a", "b", "c", "d")) {
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < 300; i++) {
                  SseEvent event = SseEvent.of(name + i);
                  Object unused =
                      i % 7 == 6
                          ? bridge.publish("room:1", event)
                          : bridge.publishAsync("room:1", event);
                }
                // Waits behind all earlier publishes of this thread.
                Object unused = bridge.publish("room:1", SseEvent.of(name + "end"));
              });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    List<String> stored = stored("room:1");
    assertEquals(4 * 301, stored.size());
    for (String name : List.of("a", "b", "c", "d")) {
      List<String> expected = new ArrayList<>();
      numbers(0, 300).forEach(i -> expected.add(name + i));
      expected.add(name + "end");
      assertEquals(expected, stored.stream().filter(data -> data.startsWith(name)).toList());
    }
  }

  @Test
  void connectionsThatAreCutInTheMiddleGiveEachPublishItsOwnOutcome() throws Exception {
    start();
    AsyncNumbers numbers = keep(AsyncNumbers.publish(bridge, "room:1"));
    for (int i = 1; i <= 20; i++) {
      int next = numbers.count() + 300;
      soon().until(() -> numbers.count() > next);
      cutCommands();
    }
    numbers.end();
    assertTrueOutcomes(numbers, stored("room:1"));
    assertTrue(numbers.confirmed().size() > 1000, "" + numbers.confirmed().size());
  }

  @Test
  void aScriptThatRedisForgetsInTheMiddleIsGivenAgainAndNothingFails() throws Exception {
    start();
    AsyncNumbers numbers = keep(AsyncNumbers.publish(bridge, "room:1"));
    for (int i = 1; i <= 20; i++) {
      int next = numbers.count() + 300;
      soon().until(() -> numbers.count() > next);
      admin.scriptFlush();
    }
    numbers.end();
    assertEquals(List.of(), numbers.refused());
    assertEquals(numbers(0, numbers.count()), stored("room:1"));
  }

  @Test
  void severalScriptsThatRedisForgetsAreGivenAgainAndNothingFails() throws Exception {
    start();
    AtomicInteger count = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    Queue<CompletableFuture<Position>> others = new ConcurrentLinkedQueue<>();
    for (String name : List.of("a", "b", "c", "d", "e", "f", "g", "h")) {
      AnswerProducer producer = bridge.answers().start(name, AnswerOptions.DEFAULT);
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < 300; i++) {
                  SseEvent event = SseEvent.of("" + i);
                  Object unused =
                      switch (i % 3) {
                        case 0 -> producer.send(event);
                        case 1 -> bridge.states().publish("prices:1", name, event);
                        default -> bridge.publish("room:" + name, event);
                      };
                  others.add(bridge.publishAsync("room:other", event));
                  count.incrementAndGet();
                }
              });
      thread.setUncaughtExceptionHandler((t, e) -> failures.add(e));
      thread.start();
      threads.add(thread);
    }
    while (threads.stream().anyMatch(Thread::isAlive)) {
      int next = count.get() + 20;
      soon().until(() -> count.get() > next || threads.stream().noneMatch(Thread::isAlive));
      admin.scriptFlush();
    }
    assertEquals(List.of(), List.copyOf(failures));
    // Redis may have accepted a later publish of the same thread: then the earlier publish fails,
    // and nothing of it is stored.
    int confirmed = 0;
    for (CompletableFuture<Position> other : others) {
      try {
        Position unused = other.join();
        confirmed++;
      } catch (CompletionException e) {
        assertFalse(((PublishException) e.getCause()).mayBeStored(), "" + e.getCause());
      }
    }
    assertEquals(confirmed, stored("room:other").size());
    assertTrue(confirmed > others.size() / 2, confirmed + " of " + others.size());
    assertEquals(numbers(0, 300, 3), stored("answer:a"));
    assertEquals(numbers(2, 300, 3), stored("room:a"));
  }

  /** The numbers from the first to below the last, by a step. */
  private static List<String> numbers(int first, int last, int step) {
    return IntStream.range(first, last)
        .filter(i -> (i - first) % step == 0)
        .mapToObj(String::valueOf)
        .toList();
  }

  @Test
  void whatRedisRefusesForAWhileFailsAndTheRestIsStored() throws Exception {
    start();
    AsyncNumbers numbers = keep(AsyncNumbers.publish(bridge, "room:1"));
    soon().until(() -> numbers.count() > 300);
    admin.configSet("maxmemory-policy", "noeviction");
    admin.configSet("maxmemory", "1");
    soon().until(() -> numbers.refused().size() > 300);
    admin.configSet("maxmemory", "0");
    int next = numbers.count() + 300;
    soon().until(() -> numbers.count() > next);
    numbers.end();
    List<String> all = new ArrayList<>(numbers.confirmed());
    all.addAll(numbers.refused());
    assertEquals(numbers.count(), all.size());
    assertEquals(numbers.confirmed(), stored("room:1"));
  }

  @Test
  void tokensMakeASecondTrySafeWhateverBecameOfTheFirst() throws Exception {
    start();
    List<CompletableFuture<Position>> futures = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      futures.add(bridge.publishAsync("room:1", SseEvent.of("" + i), "token" + i));
      if (i % 500 == 250) {
        cutCommands();
      }
    }
    List<String> unknown = new ArrayList<>();
    for (int i = 0; i < futures.size(); i++) {
      String number = "" + i;
      try {
        Position unused = futures.get(i).join();
      } catch (CompletionException e) {
        unknown.add(number);
      }
    }
    for (String number : unknown) {
      soon()
          .ignoreExceptions()
          .until(() -> bridge.publish("room:1", SseEvent.of(number), "token" + number) != null);
    }
    List<String> stored = stored("room:1");
    assertEquals(2000, stored.size());
    assertEquals(2000, new HashSet<>(stored).size());
  }

  @Test
  void aRedisThatStandsStillHoldsNobodyUpForLong() throws Exception {
    start();
    bridge.publish("room:1", SseEvent.of("before"));
    redis.pause();
    try {
      List<CompletableFuture<Position>> futures = new ArrayList<>();
      String kilobyte = "x".repeat(1024);
      for (int i = 0; i < 20_000; i++) {
        futures.add(bridge.publishAsync("room:1", SseEvent.of(kilobyte)));
      }
      CompletionException e =
          assertThrows(CompletionException.class, () -> futures.get(19_999).join());
      assertTrue(e.getMessage().contains("wait already, the limit is 16777216"), e.getMessage());
      PublishException waited =
          assertThrows(
              PublishException.class, () -> bridge.publish("room:1", SseEvent.of("waits")));
      assertTrue(waited.getMessage().contains("no answer in time"), waited.getMessage());
      soon().until(() -> futures.stream().allMatch(CompletableFuture::isDone));
    } finally {
      redis.resume();
    }
    soon()
        .ignoreExceptions()
        .until(() -> bridge.publishAsync("room:1", SseEvent.of("after")).join() != null);
  }
}
