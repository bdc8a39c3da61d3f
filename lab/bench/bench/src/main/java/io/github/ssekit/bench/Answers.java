package io.github.ssekit.bench;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.redis.AnswerOptions;
import io.github.ssekit.redis.AnswerProducer;
import io.github.ssekit.redis.RedisBridge;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import redis.clients.jedis.Jedis;

/**
 * 1,000 concurrent answers from one node, and two viewers of each answer on another node, over
 * HTTP. Each answer sends events of 100 bytes at a steady rate; the rates take turns. A latency
 * runs from the time at which an event was due until the viewer has the event, so it includes the
 * delay of a producer that falls behind.
 */
final class Answers {
  /** The benchmark's name in {@link Options}. */
  static final String NAME = "answers";

  private static final int ANSWERS = 1_000;
  private static final int VIEWERS = 2;

  /** Events a second of one answer; the first turn warms up. */
  private static final int[] RATES = {5, 5, 10, 20};

  private static final int WARM_SECONDS = 4;

  /** Threads that send: more than a bridge has connections. */
  private static final int SENDERS = 16;

  private static final int SIZE = 100;
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

  private final RedisBridge bridge;
  private final Jedis admin;
  private final ServerProcess viewersNode;

  private Answers(RedisBridge bridge, Jedis admin, ServerProcess viewersNode) {
    this.bridge = bridge;
    this.admin = admin;
    this.viewersNode = viewersNode;
  }

  static List<Micro.Figure> run(URI redis, int seconds) throws IOException, InterruptedException {
    try (ServerProcess node = Server.JETTY.start("" + redis, List.of("-Dbench.answers=true"));
        Jedis admin = new Jedis(redis);
        Hub hub = Hub.create();
        RedisBridge bridge = RedisBridge.builder(hub, redis).answers().connect()) {
      Answers answers = new Answers(bridge, admin, node);
      List<Micro.Figure> figures = new ArrayList<>();
      for (int turn = 0; turn < RATES.length; turn++) {
        List<Micro.Figure> of = answers.turn(turn, turn == 0 ? WARM_SECONDS : seconds);
        figures.addAll(turn == 0 ? List.of() : of);
      }
      return figures;
    }
  }

  private List<Micro.Figure> turn(int turn, int seconds) throws IOException, InterruptedException {
    int rate = RATES[turn];
    int first = turn * ANSWERS;
    int events = rate * seconds;
    long expected = (long) events * ANSWERS * VIEWERS;
    Tally tally = new Tally(RATES.length * ANSWERS);
    try (Load load = new Load(viewersNode.port, tally, SIZE)) {
      List<AnswerProducer> producers = new ArrayList<>();
      for (int i = 0; i < ANSWERS; i++) {
        producers.add(bridge.answers().start("c" + (first + i), AnswerOptions.DEFAULT));
        for (int viewer = 0; viewer < VIEWERS; viewer++) {
          load.open(first + i, 1);
        }
      }
      awaitCount(() -> tally.open, ANSWERS * VIEWERS);
      double redisBefore = redisCpu();
      double ownBefore = ownCpu() - cpuOf(load);
      double viewersBefore = viewersNode.cpuSeconds();
      double others = ServerProcess.othersCpuSeconds();
      long start = System.nanoTime();
      send(producers, first, rate, events, tally.channels);
      double sending = (System.nanoTime() - start) / 1e9;
      awaitCount(() -> load.onThread(() -> tally.received), expected);
      double took = (System.nanoTime() - start) / 1e9;
      double redis = redisCpu() - redisBefore;
      double own = ownCpu() - cpuOf(load) - ownBefore;
      double viewers = viewersNode.cpuSeconds() - viewersBefore;
      double foreign = ServerProcess.othersCpuSeconds() - others;
      awaitCount(() -> tally.ended, ANSWERS * VIEWERS);
      String name = "%s, %d at %d/s".formatted(NAME, ANSWERS, rate);
      double sent = (double) events * ANSWERS;
      return load.onThread(
          () -> {
            if (tally.received != expected || tally.repeated > 0 || !tally.problem.isEmpty()) {
              throw new IllegalStateException(
                  "%s: %d of %d events received, %d twice %s"
                      .formatted(name, tally.received, expected, tally.repeated, tally.problem));
            }
            return List.of(
                figure(name + ": sent", sent / sending, "events/s"),
                figure(name + ": p50, due to viewer", tally.latencies.millis(0.5), "ms"),
                figure(name + ": p99, due to viewer", tally.latencies.millis(0.99), "ms"),
                figure(name + ": Redis", 100 * redis / took, "% CPU"),
                figure(name + ": producers' node", 100 * own / took, "% CPU"),
                figure(name + ": viewers' node", 100 * viewers / took, "% CPU"),
                figure(name + ": others' processes", 100 * foreign / took, "% CPU"));
          });
    }
  }

  private static Micro.Figure figure(String name, double value, String unit) {
    return new Micro.Figure(name, value, unit, Double.NaN);
  }

  /**
   * Sends the events of all answers, each when it is due; an answer's last event ends the answer.
   */
  private void send(List<AnswerProducer> producers, int first, int rate, int events, int channels)
      throws InterruptedException {
    double gap = 1e9 / rate;
    long start = System.nanoTime();
    List<Thread> senders = new ArrayList<>();
    for (int s = 0; s < SENDERS; s++) {
      int sender = s;
      Thread thread =
          new Thread(
              () -> {
                for (int n = 0; n < events; n++) {
                  for (int i = sender; i < ANSWERS; i += SENDERS) {
                    long due = start + (long) ((n + (double) i / ANSWERS) * gap);
                    awaitTime(due);
                    long number = (long) n * channels + first + i;
                    String data =
                        new String(Message.of(number, due, SIZE), StandardCharsets.US_ASCII);
                    Object unused =
                        n == events - 1
                            ? producers.get(i).end(SseEvent.of("done", data))
                            : producers.get(i).send(SseEvent.of("token", data));
                  }
                }
              });
      thread.start();
      senders.add(thread);
    }
    for (Thread sender : senders) {
      sender.join();
    }
  }

  private static void awaitTime(long nanos) {
    for (long wait = nanos - System.nanoTime(); wait > 0; wait = nanos - System.nanoTime()) {
      LockSupport.parkNanos(wait);
    }
  }

  private interface Count {
    long get();
  }

  /** Waits until a count is reached, or for {@link #PATIENCE}. */
  private static void awaitCount(Count count, long all) {
    long end = System.nanoTime() + PATIENCE;
    while (count.get() < all && System.nanoTime() < end) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  private double redisCpu() {
    return Publishing.cpuOf(admin);
  }

  private static double ownCpu() {
    return Publishing.ownCpu();
  }

  /** Processor seconds of the load client's thread, which belongs to no node. */
  private static double cpuOf(Load load) {
    return load.onThread(() -> ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e9);
  }
}
