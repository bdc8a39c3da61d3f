package io.github.ssekit.bench;

import java.util.StringJoiner;
import java.util.TreeMap;

/** How many connections of this process were closed, by reason. */
final class Closed {
  private static final TreeMap<String, Integer> COUNTS = new TreeMap<>();

  private Closed() {}

  static synchronized void add(Enum<?> reason) {
    COUNTS.merge(reason.name(), 1, Integer::sum);
  }

  /** Reasons and numbers in turns, and from none again. */
  static synchronized String take() {
    StringJoiner text = new StringJoiner(" ");
    COUNTS.forEach((reason, count) -> text.add(reason + " " + count));
    COUNTS.clear();
    return text.toString();
  }
}
