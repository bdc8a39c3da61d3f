package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.hub.RecordingTransport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Answers, with a real Redis and two nodes. */
@Tag("redis-times")
class RedisAnswersIT extends RedisTest {
  private static final AnswerOptions OPTIONS =
      AnswerOptions.DEFAULT.withLease(Duration.ofSeconds(3)).withKeep(Duration.ofMinutes(1));
  private static final String CANCELLED = "{\"reason\":\"cancelled\"}";
  private static final String LOST = "{\"reason\":\"producer-lost\"}";

  private Hub hub;
  private AnswerStreams answers;
  private AnswerStreams elsewhere;
  private RedisBridge other;

  @BeforeEach
  void start() {
    startRedis("--appendonly", "yes", "--appendfsync", "always");
    hub = keep(Hub.create());
    answers = bridge(hub).answers();
    other = bridge(keep(Hub.create()));
    elsewhere = other.answers();
  }

  private RedisBridge bridge(Hub made) {
    return keep(RedisBridge.builder(made, redis.uri()).answers().connect());
  }

  private RecordingTransport follow(String id) {
    RecordingTransport viewer = new RecordingTransport();
    hub.connect(viewer, List.of(AnswerStreams.channel(id)), null);
    return viewer;
  }

  private static void awaitEvents(RecordingTransport viewer, List<String> events) {
    soon().until(() -> viewer.published().size() >= events.size());
    assertEquals(events, viewer.published());
    assertEquals(List.of(), viewer.resets());
  }

  private static List<String> and(List<String> events, String last) {
    return Stream.concat(events.stream(), Stream.of(last)).toList();
  }

  private static AnswerState refusal(org.junit.jupiter.api.function.Executable action) {
    return assertThrows(AnswerRefusedException.class, action).state();
  }

  private static SseEvent event(String data) {
    return SseEvent.of(data);
  }

  @Test
  void viewersEarlyAndLateGetTheWholeFromTheStart() {
    RecordingTransport early = follow("x");
    soon().until(() -> early.lastEventId() != null);
    AnswerProducer producer = elsewhere.start("x", OPTIONS);
    numbers(0, 10).forEach(n -> producer.send(event(n)));
    RecordingTransport meanwhile = follow("x");
    numbers(10, 20).forEach(n -> producer.send(event(n)));
    producer.end(event("end"));
    assertEquals(AnswerState.DONE, producer.state());
    assertEquals(AnswerState.DONE, answers.state("x"));
    RecordingTransport late = follow("x");
    for (RecordingTransport viewer : List.of(early, meanwhile, late)) {
      awaitEvents(viewer, and(numbers(0, 20), "end"));
    }
  }

  @Test
  void viewersAreClosedAfterTheEndingAndNeedNotComeAgain() {
    assertTrue(answers.follow("x", null).orElseThrow().expiresAt() != null, "it waits");
    RecordingTransport early = follow("x");
    AnswerProducer producer = elsewhere.start("x", OPTIONS);
    assertEquals(null, answers.follow("x", null).orElseThrow().expiresAt());
    RecordingTransport with = new RecordingTransport();
    hub.connect(with, List.of(AnswerStreams.channel("x"), AnswerStreams.channel("y")), null);
    numbers(0, 3).forEach(n -> producer.send(event(n)));
    Position end = producer.end(event("end"));
    soon().until(early::closed);
    awaitEvents(early, List.of("0", "1", "2", "end"));
    RecordingTransport late = new RecordingTransport();
    hub.connect(late, answers.follow("x", null).orElseThrow());
    soon().until(late::closed);
    awaitEvents(late, List.of("0", "1", "2", "end"));
    assertEquals(Optional.empty(), answers.follow("x", late.lastEventId()));
    assertEquals(Optional.empty(), elsewhere.follow("x", end.toString()));
    assertTrue(answers.follow("x", early.events().get(1).id()).isPresent());
    assertTrue(answers.follow("x", "nonsense").isPresent());
    assertFalse(with.closed(), "it follows another answer, too");
    elsewhere.stop("y");
    soon().until(with::closed);
    awaitEvents(with, List.of("0", "1", "2", "end", CANCELLED));
  }

  @Test
  void twoThousandEventsReachALateViewerInTwoWritesAndFoldedAsOne() {
    AnswerProducer producer = answers.start("x", OPTIONS);
    List<String> ids = new ArrayList<>();
    numbers(0, 2_000).forEach(n -> ids.add("" + producer.send(SseEvent.of("token", n + " "))));
    String end = "" + producer.end(event("end"));
    RecordingTransport late = new RecordingTransport();
    hub.connect(late, answers.follow("x", null).orElseThrow());
    soon().until(late::closed);
    assertEquals(and(tokens(0), "end"), late.published());
    long writes =
        late.writes().stream().filter(bytes -> new String(bytes, UTF_8).contains("data:")).count();
    assertTrue(writes <= 2, writes + " writes");

    Hub folding = keep(Hub.create());
    AnswerStreams folded =
        keep(RedisBridge.builder(folding, redis.uri())
                .answers()
                .foldAnswers("token", tokens -> String.join("", tokens))
                .connect())
            .answers();
    RecordingTransport whole = new RecordingTransport();
    folding.connect(whole, folded.follow("x", null).orElseThrow());
    soon().until(whole::closed);
    String last = ids.get(1_999);
    assertEquals(
        List.of(
            new SseEvent("token", String.join("", tokens(0)), last),
            new SseEvent(null, "end", end)),
        whole.events());
    for (int had : List.of(0, 1, 999, 1_997, 1_998, 1_999)) {
      RecordingTransport back = new RecordingTransport();
      folding.connect(back, folded.follow("x", ids.get(had)).orElseThrow());
      soon().until(back::closed);
      assertEquals(String.join("", tokens(had + 1)) + "end", String.join("", back.published()));
      assertEquals(had == 1_999 ? 1 : 2, back.published().size());
      assertEquals(List.of(), back.resets());
    }
  }

  private static List<String> tokens(int from) {
    return numbers(from, 2_000).stream().map(n -> n + " ").toList();
  }

  @Test
  void liveEventsAreNotFolded() {
    Hub folding = keep(Hub.create());
    AnswerStreams folded =
        keep(RedisBridge.builder(folding, redis.uri())
                .answers()
                .foldAnswers("message", data -> String.join("", data))
                .connect())
            .answers();
    AnswerProducer producer = answers.start("x", OPTIONS);
    numbers(0, 5).forEach(n -> producer.send(event(n)));
    RecordingTransport viewer = new RecordingTransport();
    folding.connect(viewer, folded.follow("x", null).orElseThrow());
    awaitEvents(viewer, List.of("01234"));
    numbers(5, 8).forEach(n -> producer.send(event(n)));
    awaitEvents(viewer, List.of("01234", "5", "6", "7"));
    producer.end(SseEvent.of("done", "end"));
    awaitEvents(viewer, List.of("01234", "5", "6", "7", "end"));
  }

  @Test
  void anAnswerThatHasExpiredIsNotFollowed() {
    answers.start("x", OPTIONS.withKeep(Duration.ofSeconds(1))).end(event("end"));
    soon().until(() -> answers.state("x") == AnswerState.EXPIRED);
    assertEquals(Optional.empty(), answers.follow("x", null));
    RecordingTransport viewer = follow("x");
    soon().until(viewer::closed);
  }

  @Test
  void ofManyWhoStartOneIsTheProducer() throws Exception {
    List<AnswerProducer> producers = Collections.synchronizedList(new ArrayList<>());
    List<AnswerState> refused = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch go = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      AnswerStreams node = i % 2 == 0 ? answers : elsewhere;
      Thread thread =
          new Thread(
              () -> {
                try {
                  go.await();
                  producers.add(node.start("x", OPTIONS));
                } catch (AnswerRefusedException e) {
                  refused.add(e.state());
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      threads.add(thread);
      thread.start();
    }
    go.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(1, producers.size());
    assertEquals(Collections.nCopies(7, AnswerState.RUNNING), refused);
  }

  @Test
  void whatHasEndedIsNeverBegunAgainAndTakesNothingMore() {
    assertEquals(AnswerState.NONE, answers.state("x"));
    AnswerProducer producer = answers.start("x", OPTIONS.withKeep(Duration.ofSeconds(5)));
    producer.send(event("0"));
    producer.fail(SseEvent.of("failed", "why"));
    assertEquals(AnswerState.FAILED, refusal(() -> elsewhere.start("x", OPTIONS)));
    assertEquals(AnswerState.FAILED, refusal(() -> producer.send(event("1"))));
    assertFalse(elsewhere.stop("x"));
    soon().until(() -> !admin.exists("{sse}:answer:x") && !admin.exists("{sse}:stream:answer:x"));
    assertEquals(AnswerState.EXPIRED, answers.state("x"));
    assertEquals(AnswerState.EXPIRED, refusal(() -> elsewhere.start("x", OPTIONS)));
    assertFalse(elsewhere.stop("x"));
    assertEquals(0, admin.hlen("{sse}:answers"));
  }

  @Test
  void aStopFromAnotherNodeEndsItAtOnceAndTheProducerIsTold() {
    AnswerProducer producer = answers.start("x", OPTIONS);
    List<AnswerState> told = Collections.synchronizedList(new ArrayList<>());
    producer.onEnd(told::add);
    producer.send(event("0"));
    RecordingTransport viewer = follow("x");
    assertTrue(elsewhere.stop("x"));
    assertFalse(elsewhere.stop("x"), "once");
    awaitEvents(viewer, List.of("0", CANCELLED));
    assertEquals("stream-end", viewer.events().get(1).type());
    soon().until(() -> told.equals(List.of(AnswerState.CANCELLED)));
    assertEquals(AnswerState.CANCELLED, refusal(() -> producer.end(event("late"))));
    producer.onEnd(told::add);
    assertEquals(2, told.size(), "at once");
  }

  @Test
  void listenersThatBlockDelayNoLease() {
    CountDownLatch over = new CountDownLatch(1);
    try {
      for (String id : List.of("x", "y")) {
        AnswerProducer ended = answers.start(id, OPTIONS);
        ended.onEnd(how -> awaitUninterrupted(over));
        ended.end(event("end"));
      }
      AnswerProducer producer = answers.start("z", OPTIONS);
      String first = admin.hget("{sse}:answers", "answer:z");
      soon().until(() -> !first.equals(admin.hget("{sse}:answers", "answer:z")));
      producer.send(event("0"));
    } finally {
      over.countDown();
    }
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aStopThatIsNotKnownYetFencesTheProducerOff() {
    AnswerProducer producer = answers.start("x", OPTIONS);
    elsewhere.stop("x");
    assertEquals(AnswerState.CANCELLED, refusal(() -> producer.send(event("late"))));
    awaitEvents(follow("x"), List.of(CANCELLED));
  }

  @Test
  void aStopBeforeTheStartRefusesTheStart() {
    assertTrue(answers.stop("x"));
    assertEquals(AnswerState.CANCELLED, refusal(() -> elsewhere.start("x", OPTIONS)));
    awaitEvents(follow("x"), List.of(CANCELLED));
  }

  @Test
  void anAnswerThatCantBeEndedHindersNoOther() {
    admin.set("{sse}:answer:broken", "no hash");
    admin.hset("{sse}:answers", "answer:broken", "1");
    AnswerProducer producer = elsewhere.start("x", OPTIONS);
    RecordingTransport viewer = follow("x");
    producer.end(event("end"));
    soon().until(viewer::closed);
  }

  @Test
  void whatAnotherProgramWroteIntoAnAnswerHindersNoOther() {
    AnswerProducer broken = answers.start("broken", OPTIONS);
    admin.hset("{sse}:answer:broken", "state", "stopped");
    AnswerProducer producer = answers.start("x", OPTIONS);
    RecordingTransport viewer = follow("x");
    producer.end(event("end"));
    soon().until(viewer::closed);
    assertEquals(AnswerState.EXPIRED, refusal(() -> broken.send(event("0"))));
  }

  @Test
  void aLeaseThatIsNoTimeHasPassed() {
    AnswerProducer producer = elsewhere.start("x", OPTIONS);
    producer.send(event("0"));
    other.close();
    admin.hset("{sse}:answers", "answer:x", "soon");
    awaitEvents(follow("x"), List.of("0", LOST));
  }

  @Test
  void whatRedisRefusedToStoreDoesNotCount() {
    AnswerProducer producer = answers.start("x", OPTIONS.withMaxEvents(3));
    producer.send(event("0"));
    admin.configSet("maxmemory", "1");
    assertThrows(PublishException.class, () -> producer.send(event("refused")));
    assertThrows(PublishException.class, () -> producer.end(event("refused")));
    admin.configSet("maxmemory", "0");
    producer.send(event("1"));
    producer.end(event("end"));
    awaitEvents(follow("x"), List.of("0", "1", "end"));
  }

  private static boolean waitsForRedis(Thread thread) {
    return Arrays.stream(thread.getStackTrace())
        .anyMatch(frame -> frame.getClassName().endsWith("SocketInputStream"));
  }

  @Test
  void whatAnEarlierAttemptMayHaveStoredMayBeStored() throws Exception {
    AnswerProducer producer = answers.start("x", OPTIONS);
    CompletableFuture<PublishException> failure = new CompletableFuture<>();
    redis.pause();
    List<Thread> readers =
        Stream.generate(() -> new Thread(() -> answers.state("x"))).limit(2).toList();
    readers.forEach(Thread::start);
    soon().until(() -> readers.stream().allMatch(RedisAnswersIT::waitsForRedis));
    redis.resume();
    for (Thread reader : readers) {
      reader.join();
    }
    // The pool has two connections now; the node itself uses at most one of them.
    redis.pause();
    Thread sender =
        new Thread(
            () ->
                failure.complete(
                    assertThrows(PublishException.class, () -> producer.send(event("0")))));
    sender.start();
    // The sender has sent the event and waits for the reply. Its further attempts don't reach
    // Redis.
    soon().until(() -> waitsForRedis(sender));
    redis.kill();
    assertTrue(failure.get(20, TimeUnit.SECONDS).mayBeStored());
  }

  @Test
  void aNodeThatDiesHasItsAnswersEndedByAnotherOneOnce() {
    RecordingTransport viewer = follow("x");
    AnswerProducer producer = elsewhere.start("x", OPTIONS);
    producer.send(event("0"));
    AnswerProducer alive = answers.start("y", OPTIONS);
    other.close();
    awaitEvents(viewer, List.of("0", LOST));
    assertEquals(AnswerState.PRODUCER_LOST, answers.state("x"));
    assertThrows(PublishException.class, () -> producer.send(event("1")));
    // A node renews the lease even of an answer that sends nothing for longer than the lease.
    assertEquals(AnswerState.RUNNING, answers.state("y"));
    alive.end(event("end"));
    awaitEvents(follow("x"), List.of("0", LOST));
    awaitEvents(follow("y"), List.of("end"));
  }

  /** Any of six nodes may be the first that finds the lease expired, once Redis writes again. */
  @Test
  void aProducerThatCouldNotRenewItsLeaseForAWhileIsNotLost() {
    for (int i = 0; i < 4; i++) {
      bridge(keep(Hub.create()));
    }
    AnswerProducer producer = answers.start("x", OPTIONS.withLease(Duration.ofSeconds(6)));
    for (int i = 0; i < 2; i++) {
      admin.configSet("maxmemory", "1");
      long end = System.nanoTime() + Duration.ofSeconds(8).toNanos();
      soon().until(() -> System.nanoTime() - end > 0);
      admin.configSet("maxmemory", "0");
      soon()
          .until(
              () -> {
                String lease = admin.hget("{sse}:answers", "answer:x");
                return lease == null || Double.parseDouble(lease) > System.currentTimeMillis();
              });
      assertEquals(AnswerState.RUNNING, elsewhere.state("x"));
    }
    producer.end(event("end"));
  }

  @Test
  void manyAnswersOfADeadNodeAreEndedTogether() {
    numbers(0, 1_000).forEach(n -> elsewhere.start("x" + n, OPTIONS));
    other.close();
    soon().until(() -> admin.hlen("{sse}:answers") < 1_000);
    long first = System.nanoTime();
    soon().until(() -> admin.hlen("{sse}:answers") == 0);
    long millis = (System.nanoTime() - first) / 1_000_000;
    assertTrue(millis < 8_500, millis + " ms between the first ending and the last");
  }

  @Test
  void aRestartOfRedisWithinTheLeaseLosesNothingAndDoublesNothing() {
    RecordingTransport viewer = follow("x");
    AnswerProducer producer = answers.start("x", OPTIONS.withLease(Duration.ofSeconds(30)));
    numbers(0, 100).forEach(n -> producer.send(event(n)));
    redis.kill();
    redis.restart();
    numbers(100, 200).forEach(n -> producer.send(event(n)));
    producer.end(event("end"));
    awaitEvents(viewer, and(numbers(0, 200), "end"));
    awaitEvents(follow("x"), and(numbers(0, 200), "end"));
  }

  @Test
  void aViewerThatComesJustWhenItBeginsIsNotSentAway() throws Exception {
    List<String> sentAway = Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 50; i++) {
      String id = "x" + i;
      CountDownLatch here = new CountDownLatch(1);
      Thread viewer =
          new Thread(
              () -> {
                do {
                  here.countDown();
                  if (answers.follow(id, null).isEmpty()) {
                    sentAway.add(id);
                  }
                } while (answers.state(id) == AnswerState.NONE);
              });
      viewer.start();
      here.await();
      elsewhere.stop(id);
      viewer.join();
    }
    assertEquals(List.of(), sentAway);
  }

  @Test
  void viewersThatComeWhileRedisIsAwayWaitForIt() {
    AnswerProducer producer = answers.start("x", OPTIONS);
    producer.send(event("0"));
    String last = producer.end(event("end")).toString();
    redis.kill();
    RecordingTransport viewer = new RecordingTransport();
    hub.connect(viewer, answers.follow("x", null).orElseThrow());
    RecordingTransport back = new RecordingTransport();
    hub.connect(back, answers.follow("x", last).orElseThrow());
    redis.restart();
    soon().until(viewer::closed);
    awaitEvents(viewer, List.of("0", "end"));
    soon().until(back::closed);
    assertEquals(List.of(), back.published());
    soon().until(() -> answers.follow("x", last).isEmpty());
  }

  @Test
  void thatThereWasAnAnswerIsNotForgottenBecauseAnotherChannelsEventsAreKeptForLessTime() {
    RedisBridge brief =
        keep(
            RedisBridge.builder(keep(Hub.create()), redis.uri())
                .answers()
                .history(channel -> channel.startsWith("room:"))
                .maxHistory(100, Duration.ofSeconds(1))
                .connect());
    answers.start("x", OPTIONS).end(event("end"));
    brief.publish("room:kept", event("kept"));
    admin.persist("{sse}:stream:room:kept");
    admin.del("{sse}:answer:x", "{sse}:stream:answer:x");
    String nineDaysAgo = System.currentTimeMillis() - Duration.ofDays(9).toMillis() + "-0";
    for (String channel : List.of("answer:x", "room:kept", "room:empty")) {
      admin.hset("{sse}:scope", "last:" + channel, nineDaysAgo);
    }
    // A publish to a new channel looks at a few random channels, and forgets old ones among them.
    for (int i = 0; i < 200; i++) {
      brief.publish("room:new", event("" + i));
      admin.hdel("{sse}:scope", "last:room:new");
    }
    assertFalse(admin.hexists("{sse}:scope", "last:room:empty"), "what is forgotten");
    assertTrue(
        admin.hexists("{sse}:scope", "last:room:kept"), "a channel of which events are kept");
    assertEquals(AnswerState.EXPIRED, answers.state("x"));
    assertEquals(AnswerState.EXPIRED, refusal(() -> elsewhere.start("x", OPTIONS)));
  }

  @Test
  void keysOfTheWrongTypeAreDeletedAndAnswersGoOn() {
    for (String key : List.of("{sse}:answers", "{sse}:answer:x", "{sse}:directives")) {
      admin.set(key, "garbage");
    }
    AnswerProducer producer = answers.start("x", OPTIONS);
    RecordingTransport viewer = follow("x");
    producer.send(event("0"));
    admin.set("{sse}:answers", "garbage");
    producer.end(event("end"));
    awaitEvents(viewer, List.of("0", "end"));
    soon().until(viewer::closed);
    assertEquals(2, other.closeAll("nobody").nodes());
  }

  @Test
  void anEventThatIsSentAgainIsStoredOnce() {
    Scope scope = new Scope("own", 0, channel -> true, null, null); // no node ends its answers
    RedisConnector connector =
        new RedisConnector(
            RedisUri.parse(redis.uri()), Tls.DEFAULT, null, scope, Duration.ofSeconds(10), true);
    CommandPool commands = keep(new CommandPool(connector));
    PublishScript publish =
        new PublishScript(
            scope,
            "PUBLISH",
            100,
            Duration.ofHours(1),
            1 << 20,
            new PublishScript.Witness() {
              @Override
              public Position position() {
                return null;
              }

              @Override
              public Position seenOn(String run) {
                return null;
              }

              @Override
              public void published(String run, PublishScript.Stored stored) {}
            });
    AnswerScripts scripts = new AnswerScripts(commands, scope, publish);
    RedisPublisher publisher = keep(new RedisPublisher(commands, connector, 1 << 20));
    Function<AnswerScripts.Addition, AnswerScripts.Added> add =
        addition -> publisher.publish(scripts.adding("answer:x", addition));
    assertEquals(AnswerState.NONE, scripts.start("answer:x", "token", OPTIONS));
    admin.hset("{own}:answers", "answer:x", "1");
    assertEquals(AnswerState.NONE, scripts.start("answer:x", "token", OPTIONS), "again");
    assertTrue(admin.hget("{own}:answers", "answer:x").length() > 1, "the lease begins anew");
    AnswerScripts.Addition first =
        new AnswerScripts.Addition(event("0"), null, "token", 1, OPTIONS);
    AnswerScripts.Addition end =
        new AnswerScripts.Addition(event("end"), AnswerState.DONE, "token", 2, OPTIONS);
    PublishScript.Stored stored = add.apply(first).stored();
    PublishScript.Stored again = add.apply(first).stored();
    assertEquals(stored.position(), again.position());
    assertFalse(again.onRun(), "no evidence of this run");
    stored = add.apply(end).stored();
    assertEquals(stored.position(), add.apply(end).stored().position());
    assertEquals(2, admin.xlen("{own}:stream:answer:x"));
    AnswerScripts.Addition foreign =
        new AnswerScripts.Addition(event("1"), null, "other", 1, OPTIONS);
    assertEquals(AnswerState.DONE, add.apply(foreign).refused());

    // A stop doesn't change the outcome of an event that is stored, but whose reply was lost.
    Function<AnswerScripts.Addition, AnswerScripts.Added> addToY =
        addition -> publisher.publish(scripts.adding("answer:y", addition));
    assertEquals(AnswerState.NONE, scripts.start("answer:y", "token", OPTIONS));
    stored = addToY.apply(first).stored();
    AnswerScripts.Added unused =
        addToY.apply(
            new AnswerScripts.Addition(event("stop"), AnswerState.CANCELLED, "", 0, OPTIONS));
    assertEquals(stored.position(), addToY.apply(first).stored().position());
    AnswerScripts.Addition next = new AnswerScripts.Addition(event("1"), null, "token", 2, OPTIONS);
    assertEquals(AnswerState.CANCELLED, addToY.apply(next).refused());

    // A first attempt that was held up on its way, until the second and the next event were stored.
    Function<AnswerScripts.Addition, AnswerScripts.Added> addToZ =
        addition -> publisher.publish(scripts.adding("answer:z", addition));
    assertEquals(AnswerState.NONE, scripts.start("answer:z", "token", OPTIONS));
    assertTrue(addToZ.apply(first).stored().onRun());
    assertTrue(addToZ.apply(next).stored().onRun());
    assertFalse(addToZ.apply(first).stored().onRun());
    assertEquals(2, admin.xlen("{own}:stream:answer:z"));
  }

  @Test
  void theLeasesOfAllNodesAreReadOnceATickHoweverManyAnswersANodeHas() {
    long count = 1_000;
    for (int i = 0; i < count; i++) {
      Object unused = answers.start("a" + i, OPTIONS);
    }
    admin.configResetStat();
    // Each renewal expires two keys.
    soon().until(() -> calls("pexpire") >= 3 * 2 * count);
    long ticks = calls("pexpire") / (2 * count) + 1;
    // By both nodes. A thousand answers take five calls.
    assertTrue(calls("hgetall") <= 3 * (ticks + 1), calls("hgetall") + " in " + ticks);
  }

  private long calls(String command) {
    Matcher calls =
        Pattern.compile("cmdstat_" + command + ":calls=(\\d+)").matcher(admin.info("commandstats"));
    return calls.find() ? Long.parseLong(calls.group(1)) : 0;
  }

  @Test
  void aPrimaryWithoutReplicasForAMomentIsWaitedFor() throws Exception {
    AnswerProducer producer = answers.start("x", OPTIONS);
    producer.send(event("0"));
    admin.configSet("min-replicas-to-write", "1");
    CompletableFuture<Void> sent =
        CompletableFuture.runAsync(
            () -> {
              Object unused = producer.send(event("1"));
            });
    soon().until(() -> admin.info("errorstats").contains("errorstat_NOREPLICAS:count="));
    admin.configSet("min-replicas-to-write", "0");
    sent.get(10, TimeUnit.SECONDS);
    producer.end(event("end"));
    awaitEvents(follow("x"), List.of("0", "1", "end"));
  }

  @Test
  void whatAnAnswerDoesNotTakeIsRefusedAtTheCall() {
    AnswerProducer producer = answers.start("x", OPTIONS.withMaxEvents(3));
    assertThrows(IllegalArgumentException.class, () -> producer.send(event("0").withId("7")));
    producer.send(event("0"));
    producer.send(event("1"));
    assertThrows(IllegalStateException.class, () -> producer.send(event("2")));
    producer.end(event("end"));
    awaitEvents(follow("x"), List.of("0", "1", "end"));
    assertThrows(IllegalArgumentException.class, () -> answers.start("", OPTIONS));
    assertThrows(IllegalArgumentException.class, () -> answers.start("a\nb", OPTIONS));
    assertThrows(IllegalArgumentException.class, () -> answers.stop("x".repeat(151)));
    assertThrows(IllegalArgumentException.class, () -> other.publish("answer:x", event("no")));
    try (Hub plain = Hub.create();
        RedisBridge without = RedisBridge.connect(plain, redis.uri())) {
      assertThrows(IllegalStateException.class, without::answers);
    }
  }

  @Test
  void optionsHaveLimits() {
    assertThrows(IllegalArgumentException.class, () -> OPTIONS.withKeep(Duration.ofMillis(999)));
    assertThrows(IllegalArgumentException.class, () -> OPTIONS.withLease(Duration.ofSeconds(2)));
    assertThrows(IllegalArgumentException.class, () -> OPTIONS.withMaxEvents(0));
  }

  @Test
  void theKeysLiveWhileItRunsAndTheChosenTimeAfter() {
    AnswerProducer producer = answers.start("x", OPTIONS);
    producer.send(event("0"));
    soon().until(() -> admin.pttl("{sse}:stream:answer:x") > Duration.ofHours(23).toMillis());
    assertTrue(admin.pttl("{sse}:answer:x") > Duration.ofHours(23).toMillis());
    producer.end(event("end"));
    for (String key : List.of("{sse}:answer:x", "{sse}:stream:answer:x")) {
      long left = admin.pttl(key);
      assertTrue(left > 0 && left <= 60_000, key + " " + left);
    }
  }
}
