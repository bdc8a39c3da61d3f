package io.github.ssekit.faults;

import io.github.ssekit.faults.Finding.Kind;
import io.github.ssekit.hub.Position;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The result of a run: the table, and the violations with the clients' sightings. */
final class Report {
  /** The time limit for recovery; one fault in a hundred may take longer. */
  static final long RECOVERY_MILLIS = 5000;

  private static final int TRACES = 8;
  private static final int AROUND = 20;

  private final List<Row> rows;
  private final List<Trace> traces;

  /** Ids of the events that Redis has in the end. */
  private final Set<Position> kept;

  /** Times at which a publish failed. */
  private final List<Long> refusals;

  private final List<String> complaints;
  private final List<Finding> findings = new ArrayList<>();

  /**
   * @param refusals times at which a publish failed, in milliseconds of the run
   * @param complaints further violations, in words
   */
  Report(
      List<Row> rows,
      List<Trace> traces,
      List<Published> acknowledged,
      Set<Position> kept,
      List<Long> refusals,
      List<String> complaints) {
    this.kept = kept;
    this.refusals = refusals;
    this.complaints = complaints;
    this.rows = rows;
    this.traces = traces;
    traces.forEach(trace -> findings.addAll(Oracle.judge(trace, acknowledged)));
  }

  /** All violations of the contract, in words. */
  List<String> violations() {
    List<String> violations = new ArrayList<>(complaints);
    for (Finding finding : findings) {
      if (isViolation(finding)) {
        violations.add(
            "%s: %s: %s, in row %d"
                .formatted(
                    finding.kind(), finding.client(), finding.text(), row(finding.at()) + 1));
      }
    }
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      if (row.recoveredAt() < 0) {
        violations.add("NOT RECOVERED from " + row.step().fault() + ", row " + (i + 1));
      }
      if (!row.step().fault().loses() && resets(i) > 0) {
        violations.add(
            "FALSE ALARM: %d resets in row %d, %s, where nothing is lost"
                .formatted(resets(i), i + 1, row.step().fault()));
      }
      long refused = refusals(i);
      if (row.step().fault().publishes() && refused > 0) {
        violations.add(
            "REFUSED: %d publishes in row %d, %s".formatted(refused, i + 1, row.step().fault()));
      }
    }
    long slow = rows.stream().filter(r -> r.recoveryMillis() > RECOVERY_MILLIS).count();
    if (slow > rows.size() / 100) {
      violations.add(slow + " recoveries of more than " + RECOVERY_MILLIS + " ms");
    }
    return violations;
  }

  private boolean isViolation(Finding finding) {
    boolean redisMay = finding.kind() == Kind.TOLD || finding.kind() == Kind.STORED_TWICE;
    return !redisMay || !(loses(finding.at()) || loses(finding.sentAt()));
  }

  private boolean loses(long time) {
    int row = row(time);
    return row >= 0 && rows.get(row).step().fault().loses();
  }

  /** The row to which a time belongs, or -1. */
  private int row(long time) {
    int row = -1;
    while (row + 1 < rows.size() && rows.get(row + 1).startedAt() <= time) {
      row++;
    }
    return row;
  }

  private long refusals(int row) {
    return refusals.stream().filter(at -> row(at) == row).count();
  }

  private long resets(int row) {
    return traces.stream()
        .flatMap(trace -> trace.sightings().stream())
        .filter(s -> s instanceof Sighting.Told && row(s.at()) == row)
        .count();
  }

  void print(PrintStream out) {
    out.printf(
        "%3s  %-20s %8s %8s %11s %6s %6s %6s %6s %9s %6s %7s%n",
        "#",
        "fault",
        "at s",
        "for ms",
        "recovery ms",
        "lost",
        "dup",
        "again",
        "reord",
        "untold",
        "bad",
        "resets");
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      out.printf(
          Locale.ROOT,
          "%3d  %-20s %8.1f %8d %11s %6d %6d %6d %6d %9d %6d %7d%n",
          i + 1,
          row.step().fault() + (row.step().fault().loses() ? " *" : ""),
          row.startedAt() / 1000.0,
          row.endedAt() - row.startedAt(),
          row.recoveredAt() < 0 ? "never" : "" + row.recoveryMillis(),
          count(i, Kind.TOLD) + count(i, Kind.UNTOLD),
          count(i, Kind.DUPLICATED),
          count(i, Kind.STORED_TWICE),
          count(i, Kind.REORDERED),
          count(i, Kind.UNTOLD),
          count(i, Kind.CORRUPT),
          resets(i));
    }
    long[] recoveries =
        rows.stream().mapToLong(Row::recoveryMillis).filter(m -> m >= 0).sorted().toArray();
    out.println("* Redis may lose events by it: they must be told.");
    out.printf(
        "%d losses were told, %d of them of events that Redis still has.%n",
        told().count(), told().filter(this::isKept).count());
    out.println("again: stored twice, which is accepted where Redis may have lost the token.");
    if (recoveries.length > 0) {
      out.printf(
          "Recovery: median %d ms, 99%% %d ms, slowest %d ms.%n",
          recoveries[recoveries.length / 2],
          recoveries[(recoveries.length * 99 + 99) / 100 - 1],
          Arrays.stream(recoveries).max().orElse(0));
    }
  }

  private long count(int row, Kind kind) {
    return findings.stream().filter(f -> f.kind() == kind && row(f.at()) == row).count();
  }

  /** Prints every loss, with the reset that told it. */
  void printTold(PrintStream out) {
    told()
        .forEach(
            f ->
                out.printf(
                    "%s, sent at %d: %s at %d%s%n",
                    f.client(), f.sentAt(), f.text(), f.at(), isKept(f) ? ", KEPT" : ""));
  }

  private Stream<Finding> told() {
    return findings.stream().filter(f -> f.kind() == Kind.TOLD);
  }

  private boolean isKept(Finding finding) {
    return finding.id() != null && kept.contains(finding.id());
  }

  /**
   * Prints the client's sightings around the first violations of each kind, client and row, and
   * around the first false alarm.
   */
  void printTraces(PrintStream out) {
    Map<String, Finding> first = new LinkedHashMap<>();
    for (Finding finding : findings) {
      if (isViolation(finding)) {
        first.putIfAbsent(finding.client() + finding.kind() + row(finding.at()), finding);
      }
    }
    for (Finding finding : first.values().stream().limit(TRACES).toList()) {
      out.println();
      out.println(finding.kind() + " " + finding.client() + ": " + finding.text());
      for (Trace trace : traces) {
        if (trace.client().equals(finding.client())) {
          printAround(out, trace.sightings(), finding.index());
        }
      }
    }
    for (Trace trace : traces) {
      List<Sighting> sightings = trace.sightings();
      for (int i = 0; i < sightings.size(); i++) {
        int row = row(sightings.get(i).at());
        if (sightings.get(i) instanceof Sighting.Told
            && (row < 0 || !rows.get(row).step().fault().loses())) {
          out.println();
          out.println("FALSE ALARM " + trace.client() + ", row " + (row + 1));
          printAround(out, sightings, i);
          return;
        }
      }
    }
  }

  private static void printAround(PrintStream out, List<Sighting> sightings, int index) {
    int to = Math.min(sightings.size(), index + AROUND);
    for (int i = Math.max(0, index - AROUND); i < to; i++) {
      out.println((i == index ? "> " : "  ") + sightings.get(i));
    }
  }
}
