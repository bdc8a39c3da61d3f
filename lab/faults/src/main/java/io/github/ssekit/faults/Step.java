package io.github.ssekit.faults;

import java.util.List;

/**
 * A fault of a plan, with what was drawn for it.
 *
 * @param pick which of several nodes, clients, channels
 * @param coin which of two ways
 * @param millis how long
 */
record Step(Fault fault, int pick, boolean coin, long millis) {
  <T> T of(List<T> several) {
    return several.get(pick % several.size());
  }

  /** Every second one, the picked one among them. */
  <T> List<T> half(List<T> several) {
    return java.util.stream.IntStream.range(0, several.size())
        .filter(i -> (i - pick) % 2 == 0)
        .mapToObj(several::get)
        .toList();
  }
}
