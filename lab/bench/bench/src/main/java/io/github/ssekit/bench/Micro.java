package io.github.ssekit.bench;

import io.github.ssekit.hub.DeliverBenchmark;
import io.github.ssekit.hub.DrainBenchmark;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the microbenchmarks, each in a JVM of its own, by JMH. */
final class Micro {
  /** Benchmarks by their names in {@link Options}, in the order in which they run. */
  private static final Map<String, Class<?>> ALL = new LinkedHashMap<>();

  static {
    ALL.put("framing", FramingBenchmark.class);
    ALL.put("parsing", ParsingBenchmark.class);
    ALL.put("deliver", DeliverBenchmark.class);
    ALL.put("drain", DrainBenchmark.class);
  }

  private Micro() {}

  static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  /**
   * One line of the result.
   *
   * @param allocated bytes for one operation
   */
  record Figure(String name, double value, String unit, double allocated) {}

  static List<Figure> run(String which) throws RunnerException {
    Class<?> benchmark = Objects.requireNonNull(ALL.get(which));
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include(benchmark.getName())
                    .addProfiler(GCProfiler.class)
                    .forks(1)
                    .warmupIterations(3)
                    .warmupTime(TimeValue.milliseconds(700))
                    .measurementIterations(4)
                    .measurementTime(TimeValue.milliseconds(700))
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run();
    List<Figure> figures = new ArrayList<>();
    for (RunResult run : results) {
      Result<?> primary = run.getPrimaryResult();
      Result<?> allocated = run.getSecondaryResults().get("gc.alloc.rate.norm");
      StringBuilder name = new StringBuilder(which + " " + primary.getLabel());
      for (String key : run.getParams().getParamsKeys()) {
        name.append(", ")
            .append(key.equals("input") ? "" : key + " ")
            .append(run.getParams().getParam(key));
      }
      double value = primary.getScore();
      boolean parsing = which.equals("parsing");
      figures.add(
          new Figure(
              name.toString(),
              parsing ? value * ParsingBenchmark.BYTES / 1e6 : value,
              parsing ? "MB/s" : "ns/event",
              (allocated == null ? Double.NaN : allocated.getScore())
                  / (parsing ? ParsingBenchmark.EVENTS : 1)));
    }
    return figures;
  }
}
