package io.github.ssekit.faults;

import java.util.List;

/**
 * A fault of a plan, with its random choices.
 *
 * @param pick selects one of several nodes, clients or channels
 * @param coin selects one of two variants
 * @param millis duration
 */
record Step(Fault fault, int pick, boolean coin, long millis) {
  <T> T of(List<T> several) {
    return several.get(pick % several.size());
  }

  /** Every second element, including the picked element. */
  <T> List<T> half(List<T> several) {
    return java.util.stream.IntStream.range(0, several.size())
        .filter(i -> (i - pick) % 2 == 0)
        .mapToObj(several::get)
        .toList();
  }
}
