package io.github.ssekit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Prints the tables on standard output as results come in, and writes JSON and chart at the end.
 */
final class Report {
  private final String machine;
  private final List<Micro.Figure> micro = new ArrayList<>();
  private final Map<Workload, Map<Server, Result>> workloads = new LinkedHashMap<>();

  Report(String machine) {
    this.machine = machine;
    System.out.println(machine);
  }

  void micro(List<Micro.Figure> figures) {
    micro.addAll(figures);
    System.out.printf("%n%-52s %12s %14s%n", "", "", "bytes allocated");
    for (Micro.Figure f : figures) {
      System.out.printf(
          Locale.ROOT, "%-52s %12.1f %-8s %8.0f%n", f.name(), f.value(), f.unit(), f.allocated());
    }
  }

  void workload(Workload workload, Map<Server, Result> results) {
    workloads.put(workload, results);
    System.out.printf("%n%s%n", describe(workload));
    System.out.println(workload.memory() ? IDLE : FAN_OUT);
    Result floor = results.get(Server.FLOOR);
    results.forEach(
        (server, r) ->
            System.out.println(
                (workload.memory() ? idle(server, r) : fanOut(server, r, floor))
                    + (workload.leaving() > 0
                        ? String.format(
                            Locale.ROOT, "  p99 before the exit %.1f", r.get("p99BeforeExit"))
                        : "")
                    + closed(r)
                    + failure(r)));
  }

  private static final String FAN_OUT =
      "server       | deliveries/s | x floor |  p50 ms |  p99 ms |  max ms | CPU us | x floor | GC us | JIT us | bytes | others' CPU";
  private static final String IDLE =
      "server       | heap KB | RSS KB | RSS KB after traffic | threads before, after"
          + " | last served ms | connects/s | CPU while quiet";

  private static String describe(Workload w) {
    return "%s: %,d clients, %d channel(s), %d bytes, %s"
        .formatted(
            w.name(),
            w.clients(),
            w.channels(),
            w.size(),
            w.window() > 0 ? w.window() + " under way" : w.rate() + "/s");
  }

  private static String fanOut(Server server, Result r, @Nullable Result floor) {
    return String.format(
        Locale.ROOT,
        "%-12s | %,12.0f | %7.2f | %7.2f | %7.2f | %7.1f | %6.2f | %7.2f | %5.2f | %6.2f | %5.0f | %9.0f %%",
        server.label(),
        r.get("deliveriesPerSecond"),
        floor == null
            ? Double.NaN
            : r.get("deliveriesPerSecond") / floor.get("deliveriesPerSecond"),
        r.get("p50"),
        r.get("p99"),
        r.get("max"),
        r.get("cpuMicros"),
        floor == null ? Double.NaN : r.get("cpuMicros") / floor.get("cpuMicros"),
        r.get("collectorMicros"),
        r.get("compilerMicros"),
        r.get("allocatedBytes"),
        100 * r.get("othersCpuShare"));
  }

  private static String idle(Server server, Result r) {
    return String.format(
        Locale.ROOT,
        "%-12s | %7.1f | %6.1f | %20.1f | %14.0f, %5.0f | %14.0f | %,10.0f | %.2f %%",
        server.label(),
        r.get("heapPerClient") / 1024,
        r.get("rssPerClient") / 1024,
        r.get("rssPerClientAfterTraffic") / 1024,
        r.get("threadsBefore"),
        r.get("threadsAfter"),
        r.get("lastMillis"),
        r.get("connectsPerSecond"),
        100 * r.get("quietCpuShare"));
  }

  /** The reasons with which our library closed connections, with counts. */
  private static String closed(Result r) {
    StringJoiner reasons = new StringJoiner(", ", "  closed: ", "").setEmptyValue("");
    r.figures()
        .forEach(
            (name, value) -> {
              if (name.startsWith(Result.CLOSED)) {
                reasons.add(
                    String.format(
                        Locale.ROOT, "%.0f %s", value, name.substring(Result.CLOSED.length())));
              }
            });
    return reasons.toString();
  }

  private static String failure(Result r) {
    return r.failed()
        ? String.format(
            Locale.ROOT,
            "  FAILED: lost %.0f, repeated %.0f, ended %.0f %s",
            r.get("lost"),
            r.get("repeated"),
            r.get("ended"),
            r.problem())
        : "";
  }

  boolean oursFailed() {
    return workloads.values().stream()
        .flatMap(results -> results.entrySet().stream())
        .anyMatch(e -> e.getKey().ours() && e.getValue().failed());
  }

  void write(Path folder, String chart) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("bench.json"), json());
    String svg = Chart.of(machine, workloads);
    Files.writeString(folder.resolve("performance.svg"), svg);
    if (!chart.isEmpty()) {
      Files.writeString(Path.of(chart), svg);
    }
    System.out.println("\n" + folder.normalize().resolve("bench.json"));
  }

  private String json() {
    StringJoiner microJson = new StringJoiner(",\n    ", "[\n    ", "\n  ]");
    for (Micro.Figure f : micro) {
      microJson.add(
          "{\"name\": %s, \"value\": %s, \"unit\": %s, \"allocatedBytes\": %s}"
              .formatted(
                  quote(f.name()), number(f.value()), quote(f.unit()), number(f.allocated())));
    }
    StringJoiner runs = new StringJoiner(",\n    ", "[\n    ", "\n  ]");
    workloads.forEach(
        (workload, results) ->
            results.forEach((server, result) -> runs.add(json(workload, server, result))));
    return "{\n  \"machine\": %s,\n  \"micro\": %s,\n  \"runs\": %s\n}\n"
        .formatted(quote(machine), microJson, runs);
  }

  private static String json(Workload workload, Server server, Result result) {
    StringJoiner object = new StringJoiner(", ", "{", "}");
    object.add("\"workload\": " + quote(workload.name()));
    object.add("\"server\": " + quote(server.label()));
    result.figures().forEach((name, value) -> object.add(quote(name) + ": " + number(value)));
    object.add("\"problem\": " + quote(result.problem()));
    return object.toString();
  }

  private static String number(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.3f", value) : "null";
  }

  private static String quote(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\R", " ") + '"';
  }
}
