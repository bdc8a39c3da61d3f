package io.github.ssekit.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The options of a run, {@code mvn -q -Pbench -Dbench="..."}, words in any order:
 *
 * <ul>
 *   <li>{@code full}: all workloads, all servers, three rounds; otherwise a quick look
 *   <li>{@code workloads=flood,idle,...}: see {@link Workload}; {@code framing}, {@code parsing},
 *       {@code deliver} and {@code drain} are microbenchmarks, see {@link Micro}; {@code
 *       publishing}: see {@link Publishing}; {@code answers}: see {@link Answers}
 *   <li>{@code servers=floor,jetty,...}: see {@link Server}
 *   <li>{@code rounds=3}, {@code seconds=10}: turns of each server, and the duration of each
 *       measurement
 *   <li>{@code chart=docs/performance.svg}: where the chart goes, besides {@code target}
 *   <li>{@code jvm=-XX:...}: an argument for the servers' JVMs, any number of times; {@code %s} is
 *       the server's name
 * </ul>
 */
record Options(
    List<String> micro,
    boolean publishing,
    boolean answers,
    List<Workload> workloads,
    List<Server> servers,
    int rounds,
    int seconds,
    String chart,
    List<String> jvm) {
  private static final String QUICK = "framing,parsing,paced-100,idle-5000,flood,one-at-a-time";

  static Options parse(String text) {
    List<String> words =
        Arrays.stream(text.trim().split("\\s+")).filter(w -> !w.isEmpty()).toList();
    boolean full = words.contains("full");
    String workloads = full ? String.join(",", all()) : QUICK;
    String servers = full ? String.join(",", labels()) : "floor,jetty,tomcat,undertow";
    int rounds = full ? 3 : 1;
    int seconds = full ? 10 : 4;
    String chart = "";
    List<String> jvm = new ArrayList<>();
    for (String word : words) {
      String value = word.substring(word.indexOf('=') + 1);
      switch (word.replaceFirst("=.*", "")) {
        case "full" -> {}
        case "workloads" -> workloads = value;
        case "servers" -> servers = value;
        case "rounds" -> rounds = within(word, Integer.parseInt(value), 99);
        case "seconds" -> seconds = within(word, Integer.parseInt(value), 600);
        case "chart" -> chart = value;
        case "jvm" -> jvm.add(value);
        default -> throw new IllegalArgumentException("no such option: " + word);
      }
    }
    List<String> names = List.of(workloads.split(","));
    List<String> unknown = new ArrayList<>(names);
    unknown.removeAll(all());
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException("no such workload: " + unknown + "; there are " + all());
    }
    return new Options(
        Micro.names().stream().filter(names::contains).toList(),
        names.contains(Publishing.NAME),
        names.contains(Answers.NAME),
        Workload.ALL.stream().filter(w -> names.contains(w.name())).toList(),
        Arrays.stream(servers.split(",")).map(Options::server).toList(),
        rounds,
        seconds,
        chart,
        jvm);
  }

  private static int within(String word, int value, int most) {
    if (value < 1 || value > most) {
      throw new IllegalArgumentException(word + " is not within 1 to " + most);
    }
    return value;
  }

  private static Server server(String label) {
    if (!labels().contains(label)) {
      throw new IllegalArgumentException("no such server: " + label + "; there are " + labels());
    }
    return Server.valueOf(label.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  private static List<String> labels() {
    return Arrays.stream(Server.values()).map(Server::label).toList();
  }

  private static List<String> all() {
    List<String> names = new ArrayList<>(Micro.names());
    names.add(Publishing.NAME);
    names.add(Answers.NAME);
    Workload.ALL.forEach(w -> names.add(w.name()));
    return names;
  }
}
