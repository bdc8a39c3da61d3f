package io.github.ssekit.bench;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.Programs;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.redis.RedisBridge;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import redis.clients.jedis.Jedis;

/**
 * The rate at which one node publishes events of 100 bytes, to nobody, and the CPU time of Redis
 * and of the node for each event. For comparison, in the same turns, the rate of a minimal client:
 * {@code redis-benchmark} for plain channels, Jedis' pipeline for the script.
 */
final class Publishing {
  /** The benchmark's name in {@link Options}. */
  static final String NAME = "publishing";

  private static final SseEvent EVENT = SseEvent.of("x".repeat(100));

  /** Publishes under way at a time. */
  private static final int WINDOW = 4096;

  private static final Pattern RATE = Pattern.compile("([\\d.]+) requests per second");

  private final URI redis;
  private final Jedis admin;
  private final int seconds;

  private Publishing(URI redis, Jedis admin, int seconds) {
    this.redis = redis;
    this.admin = admin;
    this.seconds = seconds;
  }

  /** Publishes for a while, and returns the number of publishes. */
  private interface Way {
    long run(int seconds) throws IOException, InterruptedException;
  }

  private interface Measurement {
    Turn run(boolean isFirst) throws IOException, InterruptedException;
  }

  private record Turn(double perSecond, double redisMicros, double ownMicros) {}

  static List<Micro.Figure> run(URI redis, int rounds, int seconds)
      throws IOException, InterruptedException {
    try (Jedis admin = new Jedis(redis);
        Hub hub = Hub.create();
        RedisBridge bridge =
            RedisBridge.builder(hub, redis).history(channel -> channel.equals("kept")).connect()) {
      return new Publishing(redis, admin, seconds).run(bridge, rounds);
    }
  }

  private List<Micro.Figure> run(RedisBridge bridge, int rounds)
      throws IOException, InterruptedException {
    Map<String, Measurement> all = new LinkedHashMap<>();
    for (String channel : List.of("kept", "plain")) {
      if (channel.equals("kept")) {
        all.put("script, pipelined", first -> turn(this::script, first));
      } else {
        all.put("redis-benchmark -P 64", first -> benchmark());
      }
      for (int threads : List.of(1, 2, 4, 8, 16)) {
        all.put(
            channel + ", waits, threads " + threads,
            first -> turn(s -> waiting(bridge, channel, threads, s), first));
      }
      for (int threads : List.of(1, 8)) {
        all.put(
            channel + ", async, threads " + threads,
            first -> turn(s -> async(bridge, channel, threads, s), first));
      }
    }
    Map<String, List<Turn>> turns = new LinkedHashMap<>();
    for (int round = 0; round < rounds; round++) {
      for (Map.Entry<String, Measurement> each : all.entrySet()) {
        turns
            .computeIfAbsent(each.getKey(), name -> new ArrayList<>())
            .add(each.getValue().run(round == 0));
      }
    }
    List<Micro.Figure> figures = new ArrayList<>();
    turns.forEach(
        (name, measured) -> {
          measured.sort((a, b) -> Double.compare(a.perSecond, b.perSecond));
          Turn median = measured.get(measured.size() / 2);
          String full = NAME + " " + name;
          figures.add(new Micro.Figure(full, median.perSecond, "events/s", Double.NaN));
          figures.add(new Micro.Figure(full + ": Redis", median.redisMicros, "us CPU", Double.NaN));
          figures.add(new Micro.Figure(full + ": node", median.ownMicros, "us CPU", Double.NaN));
        });
    return figures;
  }

  private Turn turn(Way way, boolean isFirst) throws IOException, InterruptedException {
    if (isFirst) {
      long unused = way.run(1);
    }
    double redisBefore = cpuOf(admin);
    double ownBefore = ownCpu();
    long start = System.nanoTime();
    long count = way.run(seconds);
    double elapsed = (System.nanoTime() - start) / 1e9;
    return new Turn(
        count / elapsed,
        (cpuOf(admin) - redisBefore) * 1e6 / count,
        (ownCpu() - ownBefore) * 1e6 / count);
  }

  private long waiting(RedisBridge bridge, String channel, int threads, int seconds)
      throws InterruptedException {
    return onThreads(
        threads,
        seconds,
        count -> {
          Object unused = bridge.publish(channel, EVENT);
          count.increment();
        });
  }

  private long async(RedisBridge bridge, String channel, int threads, int seconds)
      throws InterruptedException {
    Semaphore window = new Semaphore(WINDOW);
    long published =
        onThreads(
            threads,
            seconds,
            count -> {
              window.acquireUninterruptibly();
              CompletableFuture<?> unused =
                  bridge
                      .publishAsync(channel, EVENT)
                      .whenComplete(
                          (position, failure) -> {
                            window.release();
                            if (failure == null) {
                              count.increment();
                            }
                          });
            });
    window.acquire(WINDOW);
    return published;
  }

  private interface Step {
    void run(LongAdder count);
  }

  private static long onThreads(int threads, int seconds, Step step) throws InterruptedException {
    LongAdder count = new LongAdder();
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      Thread thread =
          new Thread(
              () -> {
                while (System.nanoTime() < end) {
                  step.run(count);
                }
              });
      thread.start();
      all.add(thread);
    }
    for (Thread thread : all) {
      thread.join();
    }
    return count.sum();
  }

  private long script(int seconds) throws IOException {
    byte[] data = "x".repeat(100).getBytes(StandardCharsets.US_ASCII);
    long count = 0;
    try (Publisher publisher = Publisher.withHistory(redis.toString())) {
      long end = System.nanoTime() + seconds * 1_000_000_000L;
      while (System.nanoTime() < end) {
        for (int i = 0; i < 64; i++) {
          publisher.publish(0, data);
        }
        publisher.flush();
        count += 64;
      }
    }
    return count;
  }

  /** Runs {@code redis-benchmark}, whose own CPU time isn't known. */
  private Turn benchmark() throws IOException, InterruptedException {
    if (Programs.find("redis-benchmark").isEmpty()) {
      System.out.println("skipped: redis-benchmark is not installed");
      return new Turn(Double.NaN, Double.NaN, Double.NaN);
    }
    int count = 600_000 * seconds;
    double before = cpuOf(admin);
    Process process =
        new ProcessBuilder(
                Programs.path("redis-benchmark"),
                "-p",
                "" + redis.getPort(),
                "-c",
                "1",
                "-P",
                "64",
                "-n",
                "" + count,
                "-q",
                "PUBLISH",
                "plain",
                "x".repeat(100))
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(output);
    }
    Matcher rate = RATE.matcher(output);
    double perSecond = Double.NaN;
    // The last rate is of the whole run.
    while (rate.find()) {
      perSecond = Double.parseDouble(rate.group(1));
    }
    return new Turn(perSecond, (cpuOf(admin) - before) * 1e6 / count, Double.NaN);
  }

  /** Processor seconds that a Redis has used so far. */
  static double cpuOf(Jedis admin) {
    return admin
        .info("cpu")
        .lines()
        .filter(line -> line.startsWith("used_cpu_sys:") || line.startsWith("used_cpu_user:"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(':') + 1)))
        .sum();
  }

  /** Processor seconds that this process has used so far. */
  static double ownCpu() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean os
        ? os.getProcessCpuTime() / 1e9
        : Double.NaN;
  }
}
