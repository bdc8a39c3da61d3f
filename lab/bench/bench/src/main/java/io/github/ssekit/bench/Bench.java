package io.github.ssekit.bench;

import io.github.ssekit.harness.RedisProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Runs the benchmark; {@link Options} documents the arguments. */
final class Bench {
  private Bench() {}

  public static void main(String[] args) throws Exception {
    Options options;
    try {
      options = Options.parse(String.join(" ", args));
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    Report report = new Report(machine());
    for (String micro : options.micro()) {
      report.micro(Micro.run(micro));
    }
    if (options.publishing() || options.answers() || !options.workloads().isEmpty()) {
      Path folder = Files.createTempDirectory("bench-redis");
      try (RedisProcess redis = RedisProcess.startInstalled(folder)) {
        if (options.publishing()) {
          report.micro(Publishing.run(redis.uri(), options.rounds(), options.seconds()));
        }
        if (options.answers()) {
          report.micro(Answers.run(redis.uri(), options.seconds()));
        }
        for (Workload workload : options.workloads()) {
          report.workload(workload, run(workload, options, "" + redis.uri()));
        }
        redis.kill();
        redis.deleteFiles();
        Files.delete(folder);
      }
    }
    report.write(Path.of(System.getProperty("bench.out", "target")), options.chart());
    System.exit(report.oursFailed() ? 1 : 0);
  }

  /** Runs all servers in turns: A B C A B C. */
  private static Map<Server, Result> run(Workload workload, Options options, String redis)
      throws IOException {
    Map<Server, ServerProcess> processes = new EnumMap<>(Server.class);
    Map<Server, List<Result>> turns = new EnumMap<>(Server.class);
    try {
      for (int round = 0; round < options.rounds(); round++) {
        for (Server server : options.servers()) {
          if (skip(server, workload, round)) {
            continue;
          }
          if (!processes.containsKey(server)) {
            processes.put(server, server.start(redis, jvm(workload, options)));
          }
          ServerProcess process = processes.get(server);
          int warmSeconds = workload.cold() ? 0 : round == 0 ? 3 : 1;
          Result result = turn(workload, server, process, redis, warmSeconds, options.seconds());
          turns.computeIfAbsent(server, s -> new ArrayList<>()).add(result);
          if (workload.memory() || workload.cold() || result.failed()) {
            processes.remove(server);
            process.close();
          }
        }
      }
    } finally {
      processes.values().forEach(ServerProcess::close);
    }
    Map<Server, Result> medians = new EnumMap<>(Server.class);
    turns.forEach((server, results) -> medians.put(server, Result.median(results)));
    return medians;
  }

  /**
   * Sets the stuck write deadline so that the server closes clients that never read in the middle
   * of the measurement, not after it.
   */
  private static List<String> jvm(Workload workload, Options options) {
    List<String> jvm = new ArrayList<>(options.jvm());
    if (workload.unread() > 0) {
      jvm.add("-Dbench.stuck=" + (Turn.UNREAD_BEFORE_SECONDS + options.seconds() / 2));
    }
    return jvm;
  }

  private static boolean skip(Server server, Workload workload, int round) {
    String why = server.missing();
    if (why == null
        && server == Server.NCHAN
        && (workload.perClient() > 1 || workload.unread() > 0)) {
      why = "one channel a client here";
    }
    if (why != null && round == 0) {
      System.out.println("skipped: " + server.label() + " in " + workload.name() + ": " + why);
    }
    return why != null;
  }

  private static Result turn(
      Workload workload,
      Server server,
      ServerProcess process,
      String redis,
      int warmSeconds,
      int seconds)
      throws IOException {
    try (Publisher publisher = publisher(server, process, redis);
        Turn turn = new Turn(workload, process, publisher)) {
      return turn.run(warmSeconds, seconds);
    } catch (IOException | RuntimeException e) {
      return new Result(Map.of(), e.toString());
    }
  }

  private static String machine() throws IOException {
    String cpu;
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      cpu =
          lines
              .filter(line -> line.startsWith("model name"))
              .findFirst()
              .map(line -> line.substring(line.indexOf(':') + 2))
              .orElse("unknown processor");
    }
    String files;
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/limits"))) {
      files = lines.filter(l -> l.startsWith("Max open files")).findFirst().orElse("");
    }
    int limit = Integer.parseInt(files.replaceAll("\\D+", " ").trim().split(" ")[0]);
    if (limit < 11_000) {
      System.out.println(
          "Open files are limited to " + limit + ": 10,000 clients need 11,000 (ulimit -n).");
    }
    return "%d x %s, Linux %s, Java %s, %d open files"
        .formatted(
            Runtime.getRuntime().availableProcessors(),
            cpu,
            System.getProperty("os.version"),
            System.getProperty("java.vm.version"),
            limit);
  }

  private static Publisher publisher(Server server, ServerProcess process, String redis)
      throws IOException {
    if (server == Server.NCHAN) {
      return Nchan.publisher(process.port);
    }
    return server.hasHistory() ? Publisher.withHistory(redis) : Publisher.redis(redis);
  }
}
