package io.github.ssekit.bench;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The figures of a turn, by name.
 *
 * @param problem empty if there was no problem
 */
record Result(Map<String, Double> figures, String problem) {
  /**
   * The name prefix of figures that count closed connections; the rest of the name is the reason.
   */
  static final String CLOSED = "closed ";

  double get(String figure) {
    return figures.getOrDefault(figure, Double.NaN);
  }

  /** The median of each figure over several turns; for lost, repeated and ended, the worst. */
  static Result median(List<Result> turns) {
    Map<String, Double> figures = new TreeMap<>();
    for (Result turn : turns) {
      for (String figure : turn.figures.keySet()) {
        double[] values = turns.stream().mapToDouble(t -> t.get(figure)).sorted().toArray();
        boolean worst = List.of("lost", "repeated", "ended").contains(figure);
        figures.put(figure, values[worst ? values.length - 1 : values.length / 2]);
      }
    }
    String problem =
        turns.stream().map(Result::problem).filter(p -> !p.isEmpty()).findFirst().orElse("");
    return new Result(figures, problem);
  }

  boolean failed() {
    return !problem.isEmpty() || get("lost") != 0 || get("repeated") != 0 || get("ended") != 0;
  }
}
