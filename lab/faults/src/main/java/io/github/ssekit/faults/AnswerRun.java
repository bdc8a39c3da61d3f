package io.github.ssekit.faults;

import io.github.ssekit.hub.Position;
import io.github.ssekit.redis.AnswerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/**
 * One answer: two starts that race, viewers that come before, during and after it, perhaps a stop.
 * The constructor draws the random course of the answer, except the nodes of later requests.
 */
final class AnswerRun {
  /** The shortest possible lease, for answers whose producer may be lost. */
  static final long SHORT_LEASE_MILLIS = 3_000;

  private static final long LONG_LEASE_MILLIS = 30_000;
  private static final int LONGEST_MILLIS = 600;

  final AnswerFacts facts;
  final List<AnswerViewer> viewers = new ArrayList<>();
  private final PlainStage stage;
  private final Random random;
  private final int victim;
  private final int[] racing;
  private final long lease;
  private final int events;
  private final int gap;
  private final boolean fails;
  private final long joinAfter;

  /** Milliseconds until the stop; -1 for never. */
  private final long stopAfter;

  private final List<Thread> threads = new ArrayList<>();
  private volatile int lastStored;

  AnswerRun(String id, PlainStage stage, AnswerFault fault, int victim, Random random) {
    facts = new AnswerFacts(id);
    this.stage = stage;
    this.victim = victim;
    this.random = new Random(random.nextLong());
    // The victim is one of the two racing nodes if the fault is of a producer, else the third.
    int other = 1 + random.nextInt(2);
    int nodes = stage.nodes.size();
    racing =
        new int[] {
          (victim + other) % nodes, fault.isOfProducer() ? victim : (victim + 3 - other) % nodes
        };
    lease = fault.isOfProducer() ? SHORT_LEASE_MILLIS : LONG_LEASE_MILLIS;
    events = 3 + random.nextInt(22);
    gap = 2 + random.nextInt(LONGEST_MILLIS / events);
    fails = random.nextInt(4) == 0;
    joinAfter = random.nextInt(LONGEST_MILLIS);
    stopAfter = random.nextInt(3) == 0 ? random.nextInt(LONGEST_MILLIS + 200) : -1;
  }

  /** Starts the early viewers, the racing producers, a viewer that joins, and perhaps a stop. */
  void start() {
    view("early-1", victim);
    view("early-2", racing[0]);
    run("a", () -> produce("a", racing[0]));
    run("b", () -> produce("b", racing[1]));
    run(
        "join",
        () -> {
          Threads.pause(joinAfter);
          view("join", random.nextInt(stage.nodes.size()));
        });
    if (stopAfter >= 0) {
      run("stop", this::stop);
    }
  }

  private void run(String name, Runnable task) {
    threads.add(Threads.daemon(facts.id + ' ' + name, task));
  }

  /** Starts a viewer. */
  void view(String name, int node) {
    List<Integer> ports = stage.ports();
    AnswerViewer viewer =
        AnswerViewer.come(
            name, facts.id, ports.get(node), ports, stage.clock, new Random(random.nextLong()));
    synchronized (viewers) {
      viewers.add(viewer);
    }
  }

  private void produce(String who, int node) {
    String query =
        "id=%s&who=%s&events=%d&gap=%d&lease=%d&fail=%b"
            .formatted(facts.id, who, events, gap, lease, fails);
    try (Stream<String> lines = Http.produce(stage.ports().get(node), query)) {
      lines.forEach(line -> said(who, line.split(" ", -1)));
    } catch (IOException | UncheckedIOException e) {
      // The node is gone.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void said(String who, String[] words) {
    switch (words[0]) {
      case "started" -> facts.started(who);
      case "stored" -> {
        Position position = Position.parse(words[2]);
        if (position != null) {
          int number = Integer.parseInt(words[1]);
          facts.stored(number, position);
          lastStored = number;
        }
      }
      case "ended" -> facts.ended(state(words[1]), stage.clock.now());
      case "refused" -> facts.fenced(who, state(words[1]), stage.clock.now());
      default -> {}
    }
  }

  private static AnswerState state(String word) {
    return AnswerState.valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  private void stop() {
    Threads.pause(stopAfter);
    stopNow();
  }

  /** Stops the answer by any of the nodes, and tries again until a node has replied. */
  void stopNow() {
    while (true) {
      try {
        List<Integer> ports = stage.ports();
        if (Http.stop(ports.get(random.nextInt(ports.size())), facts.id)) {
          facts.ended(AnswerState.CANCELLED, stage.clock.now());
        } else {
          facts.over(stage.clock.now());
        }
        return;
      } catch (IOException e) {
        Threads.pause(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** Records that the victim is killed or stands still, from about now on. */
  void nodeLost() {
    for (int i = 0; i < racing.length; i++) {
      if (racing[i] == victim) {
        facts.nodeLost(i == 0 ? "a" : "b", stage.clock.now() + lease);
      }
    }
  }

  /** Whether the answer lacks only its ending. */
  boolean isAtItsEnd() {
    return lastStored == events;
  }

  /** Whether all producers have finished, and all viewers have been told to stop. */
  boolean isOver() {
    return threads.stream().noneMatch(Thread::isAlive) && haveViewersStopped();
  }

  boolean haveViewersStopped() {
    synchronized (viewers) {
      return viewers.stream().allMatch(AnswerViewer::hasStopped);
    }
  }

  List<AnswerViewer.View> views() {
    synchronized (viewers) {
      return viewers.stream().map(AnswerViewer::view).toList();
    }
  }

  List<String> judge() {
    return AnswerJudge.judge(facts, views(), this::expectedFrom);
  }

  private long expectedFrom(long due) {
    return stage.from(due, AnswerJudge.IN_TIME_MILLIS);
  }

  /** Milliseconds from the fact to the ending, of each viewer that came before the fact. */
  List<Long> delays() {
    long fact = facts.fact();
    long from = stage.redisFrom(fact);
    return views().stream()
        .filter(view -> view.cameAt() <= fact)
        .flatMap(view -> view.seen().stream())
        .filter(seen -> AnswerJudge.how(seen) != null)
        .map(seen -> Math.max(0, seen.at() - from))
        .toList();
  }
}
