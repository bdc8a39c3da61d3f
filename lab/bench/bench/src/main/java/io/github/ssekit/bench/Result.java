package io.github.ssekit.bench;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a turn found, by name of the figure.
 *
 * @param problem empty if there was none
 */
record Result(Map<String, Double> figures, String problem) {
  /** How the names of figures begin that say how many connections were closed, and why. */
  static final String CLOSED = "closed ";

  double get(String figure) {
    return figures.getOrDefault(figure, Double.NaN);
  }

  /** Of several turns: the middle of each figure; the worst, where events went wrong. */
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
