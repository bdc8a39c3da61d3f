package io.github.ssekit.faults;

import io.github.ssekit.redis.AnswerState;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * The lab of answers: {@code Lab seed runs answers [fault …]}.
 *
 * <p>Each run has some concurrent answers and one fault, at a random moment or just when an answer
 * ends. A viewer comes to each answer about a second after its run, and another viewer a minute
 * after it, while later runs go on. At the end of the lab, all viewers come that would still have
 * waited. The {@link AnswerJudge} reports the violations.
 */
final class AnswerLab {
  private static final int ANSWERS_A_RUN = 4;
  private static final long FAULT_WITHIN_MILLIS = 700;
  private static final long LATE_MILLIS = 1_000;
  private static final long MINUTE_MILLIS = 60_000;
  private static final long OVER_WITHIN_MILLIS = 60_000;

  /** A viewer that comes to an answer that has ended. */
  private record Visit(AnswerRun answer, String name, long at) {}

  /** A finished run. */
  private record Done(AnswerFault fault, List<AnswerRun> answers) {}

  private final long seed;
  private final int runs;
  private final List<AnswerFault> faults;
  private final PrintStream out;
  private final Random random;
  private final List<Done> done = new ArrayList<>();
  private final List<Visit> visits = new ArrayList<>();
  private int afterAMinute;
  private int atTheEnd;

  private AnswerLab(long seed, int runs, List<AnswerFault> faults, PrintStream out) {
    this.seed = seed;
    this.runs = runs;
    this.faults = faults.isEmpty() ? List.of(AnswerFault.values()) : faults;
    this.out = out;
    random = new Random(seed);
  }

  /**
   * Runs the lab, and returns whether the contract was kept.
   *
   * @param args seed, number of runs, and names of faults
   */
  static boolean run(List<String> args, PrintStream out) throws IOException {
    List<AnswerFault> named =
        args.stream().skip(2).map(name -> Lab.named(AnswerFault.values(), name)).toList();
    return new AnswerLab(Long.parseLong(args.get(0)), Integer.parseInt(args.get(1)), named, out)
        .run();
  }

  private boolean run() throws IOException {
    Path folder = Files.createTempDirectory("sse-answers");
    out.printf("Seed %d, %d runs of %d answers.%n", seed, runs, ANSWERS_A_RUN);
    List<String> violations = new ArrayList<>();
    try (PlainStage stage = new PlainStage(folder, "answers")) {
      // Each fault runs as often as the others.
      for (int i = 0; i < runs; i++) {
        play(stage, i + 1, faults.get(i % faults.size()));
      }
      visit(Long.MAX_VALUE, stage);
      boolean unused =
          Threads.await(OVER_WITHIN_MILLIS, () -> answers().stream().allMatch(AnswerRun::isOver));
      answers().forEach(answer -> violations.addAll(answer.judge()));
    }
    print();
    return Lab.verdict(violations, folder, out);
  }

  private List<AnswerRun> answers() {
    return done.stream().flatMap(each -> each.answers().stream()).toList();
  }

  private void play(PlainStage stage, int number, AnswerFault fault) {
    stage.nodes.forEach(NodeProcess::awaitServing);
    visit(stage.clock.now(), stage);
    int victim = random.nextInt(stage.nodes.size());
    List<AnswerRun> answers = new ArrayList<>();
    for (int i = 1; i <= ANSWERS_A_RUN; i++) {
      answers.add(new AnswerRun(number + "." + i, stage, fault, victim, random));
    }
    done.add(new Done(fault, answers));
    long start = stage.clock.now();
    answers.forEach(AnswerRun::start);
    boolean atAnEnding = random.nextBoolean();
    long moment = random.nextLong(FAULT_WITHIN_MILLIS);
    if (atAnEnding) {
      awaitEnding(answers.get(0));
    } else {
      Threads.pause(moment);
    }
    answers.forEach(AnswerRun::nodeLost);
    long at = stage.clock.now();
    fault.run(stage, victim, random);
    boolean over =
        Threads.await(OVER_WITHIN_MILLIS, () -> answers.stream().allMatch(AnswerRun::isOver));
    long end = stage.clock.now();
    for (AnswerRun answer : answers) {
      visits.add(new Visit(answer, "late", end + LATE_MILLIS));
      visits.add(new Visit(answer, "minute", end + MINUTE_MILLIS));
    }
    out.printf(
        "%3d %s after %d ms%s, %d ms%s%n",
        number,
        fault,
        at - start,
        atAnEnding ? ", at an ending" : "",
        end - start,
        over ? "" : ", NOT OVER");
  }

  /** Waits until an answer lacks only its ending, or is over, or for a while. */
  private static void awaitEnding(AnswerRun answer) {
    long end = System.nanoTime() + 2 * FAULT_WITHIN_MILLIS * 1_000_000;
    while (!answer.isAtItsEnd() && !answer.isOver() && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
  }

  /** Starts the viewers that are due. */
  private void visit(long due, PlainStage stage) {
    for (Visit visit : List.copyOf(visits)) {
      if (visit.at() <= due) {
        visits.remove(visit);
        visit.answer().view(visit.name(), random.nextInt(stage.nodes.size()));
        if (visit.name().equals("minute")) {
          if (due == Long.MAX_VALUE) {
            atTheEnd++;
          } else {
            afterAMinute++;
          }
        }
      }
    }
  }

  private void print() {
    out.printf(
        "%-16s %5s %7s %6s %6s %6s %9s %6s %6s  %s%n",
        "fault",
        "runs",
        "answers",
        "events",
        "done",
        "failed",
        "cancelled",
        "lost",
        "fenced",
        "ms to the ending: median, 99 %, most");
    Map<AnswerFault, List<AnswerRun>> byFault = new EnumMap<>(AnswerFault.class);
    for (Done each : done) {
      byFault.computeIfAbsent(each.fault(), f -> new ArrayList<>()).addAll(each.answers());
    }
    byFault.forEach((fault, answers) -> print(fault.toString(), answers));
    print("all", answers());
    out.printf(
        "Viewers after a minute: %d; after less, at the end of the lab: %d.%n",
        afterAMinute, atTheEnd);
  }

  private void print(String name, List<AnswerRun> answers) {
    Map<AnswerState, Integer> endings = new TreeMap<>();
    for (AnswerRun answer : answers) {
      answer.views().get(0).seen().stream()
          .map(AnswerJudge::how)
          .forEach(
              how -> {
                if (how != null) {
                  endings.merge(how, 1, Integer::sum);
                }
              });
    }
    long[] delays =
        answers.stream()
            .flatMap(answer -> answer.delays().stream())
            .mapToLong(Long::longValue)
            .sorted()
            .toArray();
    out.printf(
        Locale.ROOT,
        "%-16s %5d %7d %,6d %6d %6d %9d %6d %6d  %s%n",
        name,
        answers.size() / ANSWERS_A_RUN,
        answers.size(),
        answers.stream().mapToInt(answer -> answer.facts.stored().size()).sum(),
        endings.getOrDefault(AnswerState.DONE, 0),
        endings.getOrDefault(AnswerState.FAILED, 0),
        endings.getOrDefault(AnswerState.CANCELLED, 0),
        endings.getOrDefault(AnswerState.PRODUCER_LOST, 0),
        answers.stream().mapToInt(answer -> answer.facts.fenced()).sum(),
        delays.length == 0
            ? "-"
            : delays[delays.length / 2]
                + ", "
                + delays[(delays.length * 99 + 99) / 100 - 1]
                + ", "
                + delays[delays.length - 1]);
  }
}
