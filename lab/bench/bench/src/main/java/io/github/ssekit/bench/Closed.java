package io.github.ssekit.bench;

import java.util.StringJoiner;
import java.util.TreeMap;

/** Counts of this process' closed connections, by reason. */
final class Closed {
  private static final TreeMap<String, Integer> COUNTS = new TreeMap<>();

  private Closed() {}

  static synchronized void add(Enum<?> reason) {
    COUNTS.merge(reason.name(), 1, Integer::sum);
  }

  /** Returns reasons and counts in turns, and resets the counts. */
  static synchronized String take() {
    StringJoiner text = new StringJoiner(" ");
    COUNTS.forEach((reason, count) -> text.add(reason + " " + count));
    COUNTS.clear();
    return text.toString();
  }
}
