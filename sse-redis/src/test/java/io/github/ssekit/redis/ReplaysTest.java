package io.github.ssekit.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.LogCapture;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.Replay;
import io.github.ssekit.hub.Start;
import io.github.ssekit.hub.Upstream.ReplaySink;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReplaysTest {
  private static final int MIB = 1 << 20;

  /** Opened when the source may answer. */
  private final CountDownLatch answering = new CountDownLatch(1);

  private final AtomicInteger read = new AtomicInteger();
  private final List<WeakReference<Replay>> made = new CopyOnWriteArrayList<>();
  private final Replays replays = new Replays(this::page);

  /** A recipient that keeps no replay. */
  private static final class Sink implements ReplaySink {
    volatile boolean wanted = true;
    volatile boolean answered;

    @Override
    public boolean isWanted() {
      return wanted;
    }

    @Override
    public void accept(@Nullable Replay replay) {
      answered = Objects.requireNonNull(replay).length() > 0;
    }
  }

  @AfterEach
  void close() {
    replays.close();
  }

  private Replay page(Map<String, Start> starts) {
    Position after = starts.get("a").after();
    try {
      answering.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    read.incrementAndGet();
    Position upTo = new Position(after.milliseconds() + 1, 0);
    SseEvent event = SseEvent.of("x".repeat(MIB)).withId(upTo.toString());
    Replay page = Replay.of(List.of(), List.of(event), upTo);
    made.add(new WeakReference<>(page));
    return page;
  }

  private List<Sink> ask(int from, int to) {
    List<Sink> sinks = new ArrayList<>();
    for (int i = from; i < to; i++) {
      Sink sink = new Sink();
      sinks.add(sink);
      replays.replay(Map.of("a", Start.after(new Position(i, 0))), sink);
    }
    return sinks;
  }

  private long kept() {
    System.gc();
    return made.stream().filter(page -> page.get() != null).count();
  }

  @Test
  void answersAreKeptInABoundedNumberOfBytesThoughNobodyAsksAnyMore() {
    List<Sink> sinks = ask(0, 40);
    answering.countDown();
    await().until(() -> sinks.stream().allMatch(s -> s.answered));
    // The two reading threads may each hold another replay.
    await().until(() -> kept() <= 8 + 2);
  }

  @Test
  void answersAreForgottenInTimeThoughNobodyAsksAnyMore() {
    answering.countDown();
    List<Sink> sinks = ask(0, 4);
    await().until(() -> sinks.stream().allMatch(s -> s.answered));
    await().until(() -> kept() == 0);
  }

  @Test
  void whatNobodyWaitsForAnyMoreIsNotRead() {
    List<Sink> sinks = ask(0, 100);
    sinks.subList(10, 99).forEach(s -> s.wanted = false);
    answering.countDown();
    await().until(() -> sinks.stream().allMatch(s -> s.answered == s.wanted));
    assertTrue(sinks.stream().noneMatch(s -> !s.wanted && s.answered));
    assertEquals(11, read.get());
  }

  /**
   * The hub asks under its lock. A walk over all waiting requests, at each request, would hold the
   * lock for long.
   */
  @Test
  void manyThatWaitMakeARequestNoDearer() {
    assertTimeout(Duration.ofSeconds(20), () -> ask(0, 100_000));
  }

  @Test
  void whoAsksForTheSameSharesARead() {
    List<Sink> sinks = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      sinks.addAll(ask(0, 1));
    }
    answering.countDown();
    await().until(() -> sinks.stream().allMatch(s -> s.answered));
    assertEquals(1, read.get());
  }

  @Test
  void aReadThatFailsThoughRedisIsThereIsSaidInTheLog() {
    AtomicInteger tried = new AtomicInteger();
    try (LogCapture log = LogCapture.only(Replays.class, Level.INFO)) {
      try (Replays away =
          new Replays(
              starts -> {
                tried.incrementAndGet();
                throw new RedisFailure.Disconnected("away");
              })) {
        away.replay(Map.of("a", Start.ALL), new Sink());
        await().until(() -> tried.get() >= 3);
        assertEquals(List.of(), log.messages(), "others say that Redis is away");
      }
      try (Replays failing =
          new Replays(
              starts -> {
                throw new IllegalArgumentException("unreadable");
              })) {
        failing.replay(Map.of("a", Start.ALL), new Sink());
        await().until(() -> !log.messages().isEmpty());
      }
    }
  }
}
