package io.github.ssekit.faults;

import io.github.ssekit.harness.Programs;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The fault lab's program.
 *
 * <pre>
 * Lab seed (faults | minutes "m") [ "long" | "pairs" | "told" | "eventsource" | "sentinel" | "cluster" | "nodes=" count | fault … ]
 * </pre>
 *
 * It runs so many faults, or as many as fit into so many minutes; only the named faults, if any are
 * named. The same seed gives the same faults in the same order. The lab prints a table, and exits
 * with 1 if the contract was broken in anything; the logs of the processes then stay.
 *
 * <p>Faults last up to three seconds. {@code long}: stopped processes stay stopped for 5, 30 and 90
 * seconds, and connections half-open for 5, 30 and 120. {@code pairs}: a short fault of the network
 * happens during each fault. {@code told}: prints each loss that was told. {@code eventsource}:
 * more clients, npm's {@code eventsource} and Chromium, if available. {@code sentinel}: a primary,
 * its replica and a Sentinel in place of one Redis; {@code cluster}: two primaries with a replica
 * each. With either, nodes have no proxies to Redis, and fewer faults are possible. {@code answers}
 * and {@code states}: other labs, see {@link AnswerLab} and {@link StateLab}.
 */
final class Lab {
  private static final long SETTLE_MILLIS = 15_000;
  private static final int LONGEST_MILLIS = 120_000;

  private final long seed;
  private final String amount;
  private final boolean longFaults;
  private final boolean pairs;
  private final boolean told;
  private final boolean eventSources;
  private final boolean sentinel;
  private final boolean cluster;
  private final int nodes;
  private final List<Fault> faults = new ArrayList<>();
  private final PrintStream out;

  private Lab(String[] args, PrintStream out) {
    this.out = out;
    if (args.length < 2 || !args[0].matches("\\d{1,9}") || !args[1].matches("\\d{1,5}m?")) {
      throw new IllegalArgumentException(
          "Lab seed faults|minutes(m) [long] [pairs] [told] [eventsource] [sentinel|cluster] [nodes=2] [fault ...], of "
              + List.of(Fault.values()));
    }
    seed = Long.parseLong(args[0]);
    amount = args[1];
    List<String> modes = new ArrayList<>(Arrays.asList(args).subList(2, args.length));
    longFaults = modes.remove("long");
    pairs = modes.remove("pairs");
    told = modes.remove("told");
    eventSources = modes.remove("eventsource");
    sentinel = modes.remove("sentinel");
    cluster = modes.remove("cluster");
    int count = 3;
    for (String mode : modes) {
      if (mode.matches("nodes=[1-9]")) {
        count = mode.charAt(mode.length() - 1) - '0';
      } else {
        faults.add(named(Fault.values(), mode));
      }
    }
    nodes = count;
    if (faults.isEmpty()) {
      faults.addAll(possible());
    }
    if (!possible().containsAll(faults)) {
      throw new IllegalArgumentException("with this Redis there are " + possible());
    }
  }

  private List<Fault> possible() {
    return sentinel
        ? Fault.ofGroup(Fault.FAILOVER)
        : cluster ? Fault.ofGroup(Fault.SLOT_MOVE, Fault.CLUSTER_FAILOVER) : Fault.ofOne();
  }

  /** Returns the fault with the given name. */
  static <F> F named(F[] faults, String name) {
    return Stream.of(faults)
        .filter(fault -> fault.toString().equals(name))
        .findAny()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no fault is named " + name + "; there are " + List.of(faults)));
  }

  /** Runs the lab, see above. */
  public static void main(String[] args) throws IOException {
    System.exit(run(args, System.out) ? 0 : 1);
  }

  /** Runs a lab, and returns whether the contract was kept. */
  static boolean run(String[] args, PrintStream out) throws IOException {
    List<String> words = new ArrayList<>(List.of(args));
    if (words.remove("answers")) {
      return AnswerLab.run(words, out);
    } else if (words.remove("states")) {
      return StateLab.run(words, out);
    }
    return new Lab(args, out).run();
  }

  private boolean run() throws IOException {
    Path folder = Files.createTempDirectory("sse-faults");
    boolean curl = Programs.find("curl").isPresent();
    out.printf(
        "Seed %d, %s %s, %d nodes%s.%n",
        seed,
        amount,
        amount.endsWith("m") ? "" : "faults",
        nodes,
        curl ? "" : ", no curl: its clients are Java's");
    Report report;
    try (Stage stage = new Stage(seed, nodes, curl, eventSources, group(folder), folder)) {
      stage.absent.forEach(client -> out.println("Skipped: " + client));
      List<Row> rows = play(stage);
      stage.settle(SETTLE_MILLIS);
      List<Published> acknowledged = stage.ledger.acknowledged();
      out.printf("%d events sent, %d acknowledged.%n", stage.ledger.count(), acknowledged.size());
      // A publish may have failed because of the second fault.
      List<Long> refusals = pairs ? List.of() : stage.ledger.refusals();
      report =
          new Report(rows, stage.traces(), acknowledged, stage.kept(), refusals, stage.complaints);
    }
    report.print(out);
    if (told) {
      report.printTold(out);
    }
    List<String> violations = report.violations();
    if (violations.isEmpty()) {
      out.println("The contract was kept.");
      delete(folder);
      return true;
    }
    report.printTraces(out);
    out.println();
    violations.stream().limit(100).forEach(out::println);
    out.printf("%d violations. The logs are in %s%n", violations.size(), folder);
    return false;
  }

  private @Nullable RedisGroup group(Path folder) {
    return sentinel ? new SentinelGroup(folder) : cluster ? new ClusterGroup(folder) : null;
  }

  private List<Row> play(Stage stage) {
    List<Row> rows = new ArrayList<>();
    Plan plan = new Plan(seed, faults, longFaults);
    List<Fault> meanwhile = new ArrayList<>(Fault.NETWORK);
    meanwhile.retainAll(possible());
    Plan network = new Plan(seed + 1, meanwhile, false);
    Random pauses = new Random(seed);
    await(stage, stage.clock.now());
    while (!isEnough(rows, stage.clock.now())) {
      Step step = plan.next();
      Threads.pause(200 + pauses.nextInt(500));
      stage.visit();
      long start = stage.clock.now();
      run(stage, step, pairs ? network.next() : null);
      long end = stage.clock.now();
      long recovered = await(stage, end);
      rows.add(new Row(step, start, end, recovered));
      out.printf(
          "%3d %s, %d ms, recovered %s%n",
          rows.size(),
          step.fault(),
          end - start,
          recovered < 0 ? "never" : "+" + (recovered - end));
    }
    return rows;
  }

  private void run(Stage stage, Step step, @Nullable Step meanwhile) {
    if (meanwhile == null) {
      step.fault().run(stage, step);
      return;
    }
    Thread other =
        Threads.daemon(
            "meanwhile",
            () -> {
              Threads.pause(meanwhile.pick() % 500);
              meanwhile.fault().run(stage, meanwhile);
            });
    step.fault().run(stage, step);
    boolean unused = Threads.await(LONGEST_MILLIS + SETTLE_MILLIS, () -> !other.isAlive());
    out.printf("    with %s%n", meanwhile.fault());
  }

  private boolean isEnough(List<Row> rows, long now) {
    return amount.endsWith("m")
        ? now > 60_000 * Long.parseLong(amount.substring(0, amount.length() - 1))
        : rows.size() >= Long.parseLong(amount);
  }

  private static long await(Stage stage, long time) {
    boolean unused = Threads.await(SETTLE_MILLIS, () -> stage.recoveredAt(time) >= 0);
    // A node may report losses when it comes back. They are of this row, even if no client is on
    // the node.
    boolean unusedToo =
        Threads.await(SETTLE_MILLIS, () -> stage.nodes.stream().allMatch(NodeProcess::isServing));
    return stage.recoveredAt(time);
  }

  /**
   * Prints the violations, each of which begins with its kind and a colon, and counts the kinds.
   * Without violations, says so, and deletes the folder. Returns whether there are no violations.
   */
  static boolean verdict(List<String> violations, Path folder, PrintStream out) throws IOException {
    if (violations.isEmpty()) {
      out.println("The contract was kept.");
      delete(folder);
      return true;
    }
    violations.stream().limit(100).forEach(out::println);
    Map<String, Integer> kinds = new TreeMap<>();
    violations.forEach(text -> kinds.merge(text.substring(0, text.indexOf(':')), 1, Integer::sum));
    out.println(kinds);
    out.printf("%d violations. The logs are in %s%n", violations.size(), folder);
    return false;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path each : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
