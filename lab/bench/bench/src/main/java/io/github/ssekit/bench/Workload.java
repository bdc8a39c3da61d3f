package io.github.ssekit.bench;

import java.util.List;

/**
 * The clients and the messages of a run.
 *
 * @param channels number of channels, which take the messages in turns
 * @param perClient channels of each client: 1, or all
 * @param size of a message in bytes
 * @param window limit of messages that some of their subscribers don't have yet; 0 for messages at
 *     a rate
 * @param rate messages a second
 * @param unread further clients that never read
 * @param leaving further clients that vanish in the middle of the run
 * @param memory whether the run measures the memory of idle clients
 * @param cold whether each turn has a fresh process, and no warm-up
 */
record Workload(
    String name,
    int clients,
    int channels,
    int perClient,
    int size,
    int window,
    int rate,
    int unread,
    int leaving,
    boolean memory,
    boolean cold) {

  static final List<Workload> ALL =
      List.of(
          paced("paced-100", 1_000, 100),
          idle("idle-5000", 5_000),
          closed("flood", 1_000, 1, 1, 64),
          closed("one-at-a-time", 1_000, 1, 1, 1),
          paced("paced-20", 1_000, 20),
          paced("paced-5000", 5_000, 2),
          new Workload("mass-exit", 1_000, 1, 1, 100, 0, 20, 0, 1_000, false, false),
          closed("channels", 5_000, 1_000, 1, 64),
          idle("idle", 10_000),
          new Workload("slow-control", 1_000, 1, 1, 1_000, 0, 40, 0, 0, false, false),
          new Workload("slow", 1_000, 1, 1, 1_000, 0, 40, 20, 0, false, false),
          closed("growth-100", 100, 1, 1, 1),
          closed("growth-10000", 10_000, 1, 1, 1),
          closed("growth-10-channels", 1_000, 10, 10, 1),
          closed("growth-100-channels", 1_000, 100, 100, 1),
          closed("flood", 1_000, 1, 1, 64).fromCold(),
          closed("one-at-a-time", 1_000, 1, 1, 1).fromCold(),
          closed("channels", 5_000, 1_000, 1, 64).fromCold(),
          new Workload("mass-exit", 1_000, 1, 1, 100, 0, 20, 0, 1_000, false, false).fromCold());

  private static Workload paced(String name, int clients, int rate) {
    return new Workload(name, clients, 1, 1, 100, 0, rate, 0, 0, false, false);
  }

  private static Workload closed(
      String name, int clients, int channels, int perClient, int window) {
    return new Workload(name, clients, channels, perClient, 100, window, 0, 0, 0, false, false);
  }

  private static Workload idle(String name, int clients) {
    return new Workload(name, clients, 1, 1, 100, 0, 2, 0, 0, true, false);
  }

  private Workload fromCold() {
    return new Workload(
        name + "-cold",
        clients,
        channels,
        perClient,
        size,
        window,
        rate,
        unread,
        leaving,
        memory,
        true);
  }

  /** Number of clients that a message reaches. */
  int fanOut() {
    return perClient == channels ? clients : clients / channels;
  }

  int firstChannel(int client) {
    return perClient == channels ? 0 : client % channels;
  }
}
