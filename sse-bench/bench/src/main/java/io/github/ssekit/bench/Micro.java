package io.github.ssekit.bench;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the microbenchmarks of framing and parsing, each in a JVM of its own, by JMH. */
final class Micro {
  private Micro() {}

  /**
   * One line of the result.
   *
   * @param allocated bytes for one operation
   */
  record Figure(String name, double value, String unit, double allocated) {}

  static List<Figure> run(String which) throws RunnerException {
    Class<?> benchmark = which.equals("framing") ? FramingBenchmark.class : ParsingBenchmark.class;
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
      String name = which + " " + primary.getLabel();
      String input = run.getParams().getParam("input");
      double value = primary.getScore();
      boolean parsing = which.equals("parsing");
      figures.add(
          new Figure(
              input == null ? name : name + ", " + input,
              parsing ? value * ParsingBenchmark.BYTES / 1e6 : value,
              parsing ? "MB/s" : "ns/event",
              (allocated == null ? Double.NaN : allocated.getScore())
                  / (parsing ? ParsingBenchmark.EVENTS : 1)));
    }
    return figures;
  }
}
