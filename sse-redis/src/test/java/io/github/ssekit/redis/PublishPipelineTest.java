package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** Publishes in a pipeline, to a server whose replies each test scripts. */
@Timeout(60)
class PublishPipelineTest {
  private static final int MANY = 1 << 20;

  /** Opened once the other publishes are queued: the first publish gets its reply then. */
  private final CountDownLatch given = new CountDownLatch(1);

  private final CountDownLatch firstArrived = new CountDownLatch(1);

  private final List<AutoCloseable> open = new ArrayList<>();
  private ScriptedRedis redis;
  private CommandPool commands;
  private RedisPublisher publisher;

  private void start(int maxBytes, ScriptedRedis.Script script) throws Exception {
    redis =
        new ScriptedRedis(
            (connection, data) -> {
              if (data.equals("0")) {
                firstArrived.countDown();
                given.await();
              }
              return script.reply(connection, data);
            });
    open.add(redis);
    RedisConnector connector =
        new RedisConnector(
            RedisUri.parse(redis.uri()),
            Tls.DEFAULT,
            null,
            new Scope("sse", 0, channel -> false, null, null),
            Duration.ofSeconds(10),
            false);
    commands = new CommandPool(connector);
    open.add(commands);
    commands.lend(connection -> {});
    publisher = new RedisPublisher(commands, connector, maxBytes);
    open.add(publisher);
  }

  @AfterEach
  void close() throws Exception {
    given.countDown();
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private static Publication<@Nullable Position> event(String data) {
    return new Publication.Plain("chat".getBytes(UTF_8), data.getBytes(UTF_8));
  }

  /** Publishes the numbers from 0 on. They wait behind the first until all are queued. */
  private List<CompletableFuture<?>> publish(int count) {
    List<CompletableFuture<?>> futures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      futures.add(publisher.publishAsync(event("" + i)));
    }
    given.countDown();
    return futures;
  }

  /** The outcome of each publish: "ok", or the kind of failure. */
  private static List<String> outcomes(List<CompletableFuture<?>> futures) {
    return futures.stream()
        .map(future -> future.handle((position, e) -> e == null ? "ok" : kind(e)).join())
        .toList();
  }

  private static String kind(Throwable e) {
    return cause(e).getClass().getSimpleName();
  }

  private static Throwable cause(Throwable e) {
    return e instanceof PublishException ? Objects.requireNonNull(e.getCause()) : e;
  }

  private static List<String> times(int count, String outcome) {
    return IntStream.range(0, count).mapToObj(i -> outcome).toList();
  }

  private static List<String> joined(List<String> first, List<String> second) {
    List<String> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  @Test
  void whatEachThreadPublishesStaysInOrderWhetherItWaitsOrNot() throws Exception {
    start(MANY, (connection, data) -> ScriptedRedis.OK);
    List<Thread> threads = new ArrayList<>();
    for (int t = 1; t <= 4; t++) {
      int own = t * 10_000;
      threads.add(
          new Thread(
              () -> {
                for (int i = 0; i < 500; i++) {
                  if (i % 10 == 9) {
                    Object unused = publisher.publish(event("" + (own + i)));
                  } else {
                    CompletableFuture<?> unused = publisher.publishAsync(event("" + (own + i)));
                  }
                }
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    List<Integer> all = redis.accepted().stream().map(Integer::valueOf).toList();
    assertEquals(2000, all.size());
    for (int t = 1; t <= 4; t++) {
      int own = t * 10_000;
      assertEquals(
          IntStream.range(own, own + 500).boxed().toList(),
          all.stream().filter(n -> n / 10_000 * 10_000 == own).toList());
    }
  }

  @Test
  void whatIsRefusedHarmsNoOther() throws Exception {
    start(MANY, (connection, data) -> data.equals("7") ? "-OOM no room\r\n" : ScriptedRedis.OK);
    List<String> outcomes = outcomes(publish(20));
    assertEquals(joined(joined(times(7, "ok"), List.of("Refused")), times(12, "ok")), outcomes);
  }

  @Test
  void aConnectionThatEndsInTheMiddleFailsWhatIsUnderWayAndTheRestGoesByTheNext() throws Exception {
    start(
        MANY,
        (connection, data) ->
            connection == 0 && data.equals("30") ? ScriptedRedis.END : ScriptedRedis.OK);
    List<String> outcomes = outcomes(publish(100));
    assertEquals(joined(times(30, "ok"), times(70, "Disconnected")), outcomes);
    assertEquals("ok", outcomes(List.of(publisher.publishAsync(event("100")))).get(0));
    assertEquals(
        joined(IntStream.range(0, 30).mapToObj(i -> "" + i).toList(), List.of("100")),
        redis.accepted());
  }

  @Test
  void whatAServerRefusesThatIsNotThePrimaryIsSentOnceMoreInOrder() throws Exception {
    start(
        MANY,
        (connection, data) ->
            connection == 0 && Integer.parseInt(data) >= 10
                ? "-READONLY a replica\r\n"
                : ScriptedRedis.OK);
    assertEquals(times(50, "ok"), outcomes(publish(50)));
    assertEquals(IntStream.range(0, 50).mapToObj(i -> "" + i).toList(), redis.accepted());
  }

  @Test
  void whatIsRefusedAgainIsNotSentAThirdTime() throws Exception {
    List<Integer> connections = new ArrayList<>();
    start(
        MANY,
        (connection, data) -> {
          synchronized (connections) {
            connections.add(connection);
          }
          return "-READONLY a replica\r\n";
        });
    assertEquals(times(3, "NotPrimary"), outcomes(publish(3)));
    synchronized (connections) {
      assertEquals(6, connections.size(), "" + connections);
    }
  }

  @Test
  void nothingIsSentOnceMoreThatALaterOneHasOvertaken() throws Exception {
    start(
        MANY,
        (connection, data) ->
            connection == 0 && data.equals("5") ? "-READONLY a replica\r\n" : ScriptedRedis.OK);
    List<String> outcomes = outcomes(publish(10));
    assertEquals(joined(joined(times(5, "ok"), List.of("NotPrimary")), times(4, "ok")), outcomes);
    assertFalse(redis.accepted().contains("5"));
  }

  @Test
  void nothingIsSentOnceMoreThatALaterOneMayHaveOvertaken() throws Exception {
    start(
        MANY,
        (connection, data) ->
            connection > 0 || Integer.parseInt(data) < 5
                ? ScriptedRedis.OK
                : data.equals("5") ? "-NOSCRIPT no such script\r\n" : ScriptedRedis.END);
    List<String> outcomes = outcomes(publish(10));
    assertEquals(
        joined(joined(times(5, "ok"), List.of("Refused")), times(4, "Disconnected")), outcomes);
    assertFalse(redis.accepted().contains("5"));
  }

  @Test
  void whoeverWaitsHasNoLaterPublishAndIsSentOnceMore() throws Exception {
    CountDownLatch waits = new CountDownLatch(1);
    start(
        MANY,
        (connection, data) -> {
          if (data.equals("1")) {
            waits.await();
          }
          return connection == 0 && data.equals("waits")
              ? "-READONLY a replica\r\n"
              : ScriptedRedis.OK;
        });
    List<CompletableFuture<?>> before = publish(2);
    CompletableFuture<Boolean> waiting = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              CompletableFuture<?> own = publisher.publishAsync(event("own"));
              Object unused = publisher.publish(event("waits"));
              waiting.complete(own.isDone());
            });
    thread.start();
    RedisTest.soon().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    CompletableFuture<?> later = publisher.publishAsync(event("later"));
    waits.countDown();
    assertEquals(times(4, "ok"), outcomes(List.of(before.get(0), before.get(1), waiting, later)));
    assertEquals(List.of("0", "1", "own", "later", "waits"), redis.accepted());
  }

  @Test
  void whoeverWaitsIsNotBehindWhatOthersPublishInBackground() throws Exception {
    start(MANY, (connection, data) -> ScriptedRedis.OK);
    CompletableFuture<?> first = publisher.publishAsync(event("0"));
    firstArrived.await();
    Thread other =
        new Thread(
            () -> {
              Object unused = publisher.publish(event("other"));
            });
    other.start();
    other.join();
    assertEquals(List.of("other"), redis.accepted());
    given.countDown();
    assertEquals(times(1, "ok"), outcomes(List.of(first)));
  }

  @Test
  void aRedisThatGivesNoAnswerHoldsNobodyUpForLongAndTakesNoMoreMemory() throws Exception {
    start(100 * Publication.OVERHEAD, (connection, data) -> ScriptedRedis.NONE);
    List<CompletableFuture<?>> futures = publish(1000);
    long refused = futures.stream().filter(CompletableFuture::isDone).count();
    assertTrue(refused > 800, "" + refused);
    Throwable e = assertThrows(CompletionException.class, () -> futures.get(999).join()).getCause();
    assertTrue(Diagnosis.of(e).contains("wait already, the limit is 40000"), () -> Diagnosis.of(e));
    // A publish that waits fails in time, too.
    assertTimeoutPreemptively(
        Duration.ofSeconds(25),
        () -> {
          assertThrows(RedisFailure.Disconnected.class, () -> publisher.publish(event("waits")));
          assertFalse(outcomes(futures).contains("ok"));
        });
    // The memory of the failed publishes is free again.
    assertFalse(publisher.publishAsync(event("next")).isDone());
  }

  @Test
  void aRedisThatTakesNoBytesHoldsNobodyUpForLong() throws Exception {
    start(64 << 20, (connection, data) -> ScriptedRedis.OK);
    given.countDown();
    Publication<@Nullable Position> large = event("x".repeat(9 << 19));
    List<CompletableFuture<?>> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(
          CompletableFuture.runAsync(
              () -> publisher.publish(large), task -> new Thread(task, "publishes").start()));
    }
    all.add(publisher.publishAsync(large));
    assertTimeoutPreemptively(
        Duration.ofSeconds(25),
        () -> {
          for (CompletableFuture<?> each : all) {
            Throwable e = assertThrows(CompletionException.class, each::join).getCause();
            String why = kind(e) + ": " + Diagnosis.of(e);
            assertTrue(why.matches("(Unsent|NoConnection): no answer in time"), why);
          }
        });
    assertEquals("ok", outcomes(List.of(publisher.publishAsync(event("next")))).get(0));
  }

  @Test
  void allFuturesAreCompletedIfItIsClosedMeanwhile() throws Exception {
    start(MANY, (connection, data) -> ScriptedRedis.OK);
    List<CompletableFuture<?>> futures = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      futures.add(publisher.publishAsync(event("" + i)));
    }
    firstArrived.await();
    publisher.close();
    given.countDown();
    List<String> outcomes = outcomes(futures);
    assertEquals("ok", outcomes.get(0));
    assertEquals("NoConnection", outcomes.get(499));
    assertEquals(redis.accepted().size(), outcomes.stream().filter("ok"::equals).count());
    assertEquals(List.of("NoConnection"), outcomes(List.of(publisher.publishAsync(event("late")))));
  }

  @Test
  void whatHangsOnAFutureDoesNotHoldUpTheSending() throws Exception {
    start(MANY, (connection, data) -> ScriptedRedis.OK);
    CountDownLatch blocked = new CountDownLatch(1);
    CountDownLatch goesOn = new CountDownLatch(1);
    CompletableFuture<?> first =
        publisher
            .publishAsync(event("0")) // completes only after thenRun has attached its stage
            .thenRun(
                () -> {
                  blocked.countDown();
                  try {
                    goesOn.await();
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                  // The stage may publish, too.
                  Object unused = publisher.publish(event("from within"));
                });
    given.countDown();
    blocked.await();
    CompletableFuture<?> second = publisher.publishAsync(event("second"));
    RedisTest.soon().until(() -> redis.accepted().contains("second"));
    assertFalse(second.isDone());
    goesOn.countDown();
    assertEquals(times(2, "ok"), outcomes(List.of(first, second)));
    assertEquals(List.of("0", "second", "from within"), redis.accepted());
  }

  @Test
  void anErrorFailsWhatItConcernsAndTheThreadGoesOn() throws Exception {
    start(MANY, (connection, data) -> ScriptedRedis.OK);
    Publication<@Nullable Position> broken =
        new Publication<>() {
          @Override
          public int bytes() {
            return 1;
          }

          @Override
          public Object call(RedisConnection connection) {
            throw new AssertionError("thrown by a test");
          }

          @Override
          public void append(RedisConnection connection) {
            throw new AssertionError("thrown by a test");
          }

          @Override
          public Position confirm(String run, Object reply) {
            return null;
          }
        };
    List<CompletableFuture<?>> futures = new ArrayList<>();
    futures.add(publisher.publishAsync(event("0")));
    futures.add(publisher.publishAsync(event("1")));
    futures.add(publisher.publishAsync(broken));
    futures.add(publisher.publishAsync(broken));
    futures.add(publisher.publishAsync(event("2")));
    given.countDown();
    List<String> outcomes = outcomes(futures);
    assertEquals("ok", outcomes.get(0));
    assertEquals("AssertionError", outcomes.get(2));
    assertEquals("AssertionError", outcomes.get(3));
    RedisTest.soon()
        .until(() -> outcomes(List.of(publisher.publishAsync(event("3")))).contains("ok"));
  }

  @Test
  void aConnectionThatHasEndedIsNotMadeAgainWithoutALogin() throws Exception {
    start(MANY, (connection, data) -> ScriptedRedis.OK);
    RedisAddress address = RedisUri.parse(redis.uri()).hosts().get(0);
    RedisSocketFactory socket = new RedisSocketFactory(address, null, 1_000, 1_000);
    socket.createSocket().close();
    assertThrows(JedisConnectionException.class, socket::createSocket);
  }
}
