package io.github.ssekit.faults;

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

/**
 * The lab of state channels: {@code Lab seed runs states [fault …]}.
 *
 * <p>Each run has three channels of its own, and one fault after a random number of events. New
 * clients come just before the fault, just after it, with the last events, and after the end of
 * publishing. The {@link StateJudge} reports the violations.
 */
final class StateLab {
  private static final int MOST_BEFORE = 60;
  private static final int LEAST_AFTER = 20;
  private static final long ENOUGH_WITHIN_MILLIS = 5_000;
  private static final long IN_TIME_MILLIS = 10_000;
  private static final long OVER_WITHIN_MILLIS = 60_000;

  /**
   * A finished run.
   *
   * @param settled milliseconds from the end of publishing and of the fault until all clients had
   *     the map
   */
  private record Done(StateFault fault, int confirmed, int unconfirmed, long settled) {}

  private final int runs;
  private final List<StateFault> faults;
  private final PrintStream out;
  private final Random random;
  private final List<Done> done = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();

  private StateLab(long seed, int runs, List<StateFault> faults, PrintStream out) {
    this.runs = runs;
    this.faults = faults.isEmpty() ? List.of(StateFault.values()) : faults;
    this.out = out;
    random = new Random(seed);
  }

  /**
   * Runs the lab, and returns whether the contract was kept.
   *
   * @param args seed, number of runs, and names of faults
   */
  static boolean run(List<String> args, PrintStream out) throws IOException {
    List<StateFault> named =
        args.stream().skip(2).map(name -> Lab.named(StateFault.values(), name)).toList();
    out.printf("Seed %s, %s runs of state channels.%n", args.get(0), args.get(1));
    return new StateLab(Long.parseLong(args.get(0)), Integer.parseInt(args.get(1)), named, out)
        .run();
  }

  private boolean run() throws IOException {
    Path folder = Files.createTempDirectory("sse-states");
    try (PlainStage stage = new PlainStage(folder, "states")) {
      // Each fault runs as often as the others.
      for (int i = 0; i < runs; i++) {
        play(stage, i + 1, faults.get(i % faults.size()));
      }
    }
    print();
    return Lab.verdict(violations, folder, out);
  }

  private void play(PlainStage stage, int number, StateFault fault) {
    stage.nodes.forEach(NodeProcess::awaitServing);
    int victim = random.nextInt(stage.nodes.size());
    try (StateRun run = new StateRun(number, stage, victim, random)) {
      run.comeEarly();
      boolean open = Threads.await(OVER_WITHIN_MILLIS, run::areEarlyOpen);
      run.start(fault.isOfPublisher());
      awaitConfirmed(run, random.nextInt(MOST_BEFORE));
      run.comeNew("before");
      Threads.pause(random.nextLong(60));
      int before = run.confirmed();
      long at = stage.clock.now();
      fault.run(stage, victim, random);
      long lasted = stage.clock.now() - at;
      run.comeNew("after");
      awaitConfirmed(run, run.confirmed() + LEAST_AFTER + random.nextInt(MOST_BEFORE));
      run.comeNew("last");
      run.finish();
      boolean quiet = Threads.await(OVER_WITHIN_MILLIS, run::isQuiet);
      stage.nodes.forEach(NodeProcess::awaitServing);
      long end = stage.clock.now();
      run.comeNew("late");
      boolean settled = Threads.await(IN_TIME_MILLIS, run::isSettled);
      long settledAfter = stage.clock.now() - end;
      List<String> wrong = run.judge(!fault.isOfRedis());
      violations.addAll(wrong);
      done.add(new Done(fault, run.confirmed(), run.unconfirmed(), settledAfter));
      out.printf(
          "%3d %s after %d confirmed, %d ms, %d confirmed in all, settled after %d ms%s%s%n",
          number,
          fault,
          before,
          lasted,
          run.confirmed(),
          settledAfter,
          open && quiet && settled ? "" : ", NOT OVER",
          wrong.isEmpty() ? "" : ", " + wrong.size() + " VIOLATIONS");
    }
  }

  private static void awaitConfirmed(StateRun run, int count) {
    boolean unused = Threads.await(ENOUGH_WITHIN_MILLIS, () -> run.confirmed() >= count);
  }

  private void print() {
    out.printf(
        "%-16s %5s %9s %11s  %s%n",
        "fault", "runs", "confirmed", "unconfirmed", "ms until all have the map: median, most");
    Map<StateFault, List<Done>> byFault = new EnumMap<>(StateFault.class);
    for (Done each : done) {
      byFault.computeIfAbsent(each.fault(), f -> new ArrayList<>()).add(each);
    }
    byFault.forEach((fault, some) -> print(fault.toString(), some));
    print("all", done);
  }

  private void print(String name, List<Done> some) {
    long[] settled = some.stream().mapToLong(Done::settled).sorted().toArray();
    out.printf(
        Locale.ROOT,
        "%-16s %5d %,9d %,11d  %d, %d%n",
        name,
        some.size(),
        some.stream().mapToInt(Done::confirmed).sum(),
        some.stream().mapToInt(Done::unconfirmed).sum(),
        settled[settled.length / 2],
        settled[settled.length - 1]);
  }
}
