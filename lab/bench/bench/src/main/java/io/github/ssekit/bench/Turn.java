package io.github.ssekit.bench;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** One server's turn at one workload. Used by one thread, which publishes. */
final class Turn implements AutoCloseable {
  /** The longest time for each step, except the measurement. */
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);

  /**
   * Events of 10 KB each, on a channel of their own, for clients that don't read. They fill the
   * kernel's buffers before the run begins: empty buffers would hold more than the run sends.
   */
  private static final int FILL_EVENTS = 600;

  /** Approximate time from full buffers of the clients that don't read, to the measurement. */
  static final int UNREAD_BEFORE_SECONDS = 5;

  /** Time for two heartbeats. */
  private static final int QUIET_SECONDS = 30;

  private final Workload workload;
  private final ServerProcess server;
  private final Publisher publisher;
  private final Tally tally;
  private final Load load;
  private final Map<String, Double> result = new TreeMap<>();
  private final List<SocketChannel> others = new ArrayList<>();
  private long published;

  Turn(Workload workload, ServerProcess server, Publisher publisher) throws IOException {
    this.workload = workload;
    this.server = server;
    this.publisher = publisher;
    tally = new Tally(workload.channels());
    load = new Load(server.port, tally, workload.size());
  }

  /** Ends in bounded time, whatever the server does, and returns the figures found by then. */
  Result run(int warmSeconds, int seconds) {
    try {
      if (workload.memory()) {
        memory(seconds);
      } else {
        connect();
        prime();
        addUnread();
        closedLoop(8, warmSeconds);
        addLeaving();
        settle();
        measure(seconds);
      }
      return new Result(result, tally.problem);
    } catch (IOException | RuntimeException e) {
      // The publisher or the load client may fail, too: other servers still have their turns.
      return new Result(result, (tally.problem + " " + e).trim());
    }
  }

  private void connect() throws IOException {
    long start = System.nanoTime();
    for (int i = 0; i < workload.clients(); i++) {
      load.open(workload.firstChannel(i), workload.perClient());
      if (System.nanoTime() - start > 3 * PATIENCE) {
        throw new IOException("only %d of the clients could connect".formatted(tally.open));
      }
    }
    await("connect", () -> tally.open == workload.clients());
    result.put("connectsPerSecond", workload.clients() / seconds(System.nanoTime() - start));
  }

  /** Publishes until every client has a message of each of its channels. */
  private void prime() throws IOException {
    for (int i = 0; i < 100 && tally.unprimed > 0; i++) {
      for (int channel = 0; channel < workload.channels(); channel++) {
        publish();
      }
      publisher.flush();
      LockSupport.parkNanos(100_000_000);
    }
    await("be subscribed", () -> tally.unprimed == 0);
    settle();
  }

  private void addUnread() throws IOException {
    if (workload.unread() > 0) {
      // Discards the connections that were closed in the last round.
      server.closed();
    }
    for (int i = 0; i < workload.unread(); i++) {
      others.add(load.openUnread(0, 2));
    }
    if (workload.unread() > 0) {
      LockSupport.parkNanos(1_000_000_000);
      byte[] fill = new byte[10_000];
      Arrays.fill(fill, (byte) 'x');
      for (int i = 0; i < FILL_EVENTS; i++) {
        publisher.publish(1, fill);
        publisher.flush();
        LockSupport.parkNanos(2_000_000);
      }
    }
  }

  private void addLeaving() throws IOException {
    Tally uncounted = new Tally(1);
    for (int i = 0; i < workload.leaving(); i++) {
      others.add(load.openUncounted(uncounted));
    }
    await("connect, who will leave", () -> uncounted.open == workload.leaving());
  }

  private void memory(int seconds) throws IOException {
    // The first streams load classes and start threads, which are not the clients' memory.
    try (Load first = new Load(server.port, new Tally(1), workload.size())) {
      for (int i = 0; i < 50; i++) {
        first.open(0, 1);
      }
      LockSupport.parkNanos(1_000_000_000);
    }
    ServerProcess.Memory before = server.memory();
    connect();
    ServerProcess.Memory after = server.memory();
    double clients = workload.clients();
    result.put("heapPerClient", (after.heap() - before.heap()) / clients);
    result.put("rssPerClient", (after.rss() - before.rss()) / clients);
    result.put("threadsBefore", (double) before.threads());
    result.put("threadsAfter", (double) after.threads());
    prime();
    result.put("lastMillis", firstToLast());
    measure(seconds);
    ServerProcess.Memory used = server.memory();
    result.put("rssPerClientAfterTraffic", (used.rss() - before.rss()) / clients);
    result.put("heapPerClientAfterTraffic", (used.heap() - before.heap()) / clients);
    quiet();
  }

  /** Measures the CPU use of two heartbeats at the library's default interval, in processors. */
  private void quiet() throws IOException {
    double cpu = server.cpuSeconds();
    long start = System.nanoTime();
    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(QUIET_SECONDS));
    double took = seconds(System.nanoTime() - start);
    result.put("quietCpuShare", (server.cpuSeconds() - cpu) / took);
  }

  private double firstToLast() throws IOException {
    mark();
    publish();
    publisher.flush();
    await("receive", () -> tally.completed == 1);
    return load.onThread(() -> tally.latencies.maxMillis());
  }

  private void measure(int seconds) throws IOException {
    mark();
    long allocated = server.allocatedBytes();
    double collector = server.collectorCpuSeconds();
    double compilers = server.compilerCpuSeconds();
    double cpu = server.cpuSeconds();
    double others = ServerProcess.othersCpuSeconds();
    long start = System.nanoTime();
    long before = published;
    if (workload.window() > 0) {
      closedLoop(workload.window(), seconds);
    } else {
      paced(seconds);
    }
    long expected = (published - before) * workload.fanOut();
    settle();
    double took = seconds(System.nanoTime() - start);
    double used = server.cpuSeconds() - cpu;
    double collected = server.collectorCpuSeconds() - collector;
    double compiled = server.compilerCpuSeconds() - compilers;
    double bytes = server.allocatedBytes() - allocated;
    int cores = Runtime.getRuntime().availableProcessors();
    result.put("othersCpuShare", (ServerProcess.othersCpuSeconds() - others) / took / cores);
    load.onThread(
        () -> {
          result.put("deliveriesPerSecond", tally.received / took);
          double received = tally.received == 0 ? Double.NaN : tally.received;
          result.put("cpuMicros", used * 1e6 / received);
          result.put("collectorMicros", collected * 1e6 / received);
          result.put("compilerMicros", compiled * 1e6 / received);
          result.put("allocatedBytes", bytes / received);
          result.put("p50", tally.latencies.millis(0.5));
          result.put("p99", tally.latencies.millis(0.99));
          result.put("max", tally.latencies.maxMillis());
          result.put("lost", (double) expected - tally.received);
          result.put("repeated", (double) tally.repeated);
          result.put("ended", (double) tally.ended);
          return result;
        });
    if (workload.unread() > 0) {
      server.closed().forEach((reason, count) -> result.put(Result.CLOSED + reason, count));
    }
  }

  private void closedLoop(int window, int seconds) throws IOException {
    long base = published - tally.completed;
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    long progress = System.nanoTime();
    long last = -1;
    while (System.nanoTime() < end) {
      long completed = tally.completed;
      if (completed != last) {
        last = completed;
        progress = System.nanoTime();
      }
      long room = window - (published - base - completed);
      if (room <= 0) {
        LockSupport.parkNanos(20_000_000);
        if (System.nanoTime() - progress > PATIENCE / 4) {
          tally.problem = "stands still";
          return;
        }
        continue;
      }
      for (; room > 0; room--) {
        publish();
      }
      publisher.flush();
    }
  }

  private void paced(int seconds) throws IOException {
    long start = System.nanoTime();
    int count = seconds * workload.rate();
    long gap = TimeUnit.SECONDS.toNanos(1) / workload.rate();
    for (int i = 0; i < count; i++) {
      if (i == count - workload.rate() && workload.leaving() > 0) {
        massExit();
      }
      for (long wait = start + i * gap - System.nanoTime();
          wait > 0;
          wait = start + i * gap - System.nanoTime()) {
        LockSupport.parkNanos(wait);
      }
      publish();
      publisher.flush();
    }
  }

  /**
   * Closes all leaving clients together, and restarts the latencies, which then measure the time
   * after the exit.
   */
  private void massExit() {
    load.onThread(
        () -> {
          result.put("p99BeforeExit", tally.latencies.millis(0.99));
          tally.latencies = new Latencies();
          return tally;
        });
    // Closes on this thread: the load client's thread would read nothing in the meantime.
    others.forEach(Load::closeQuietly);
  }

  private void publish() throws IOException {
    int channel = (int) (published % workload.channels());
    publisher.publish(channel, Message.of(published, System.nanoTime(), workload.size()));
    published++;
  }

  private void mark() {
    load.onThread(
        () -> {
          tally.mark();
          return tally;
        });
  }

  /** Waits until all clients have all published messages, or for a quarter of {@link #PATIENCE}. */
  private void settle() {
    long end = System.nanoTime() + PATIENCE / 4;
    long all = published * workload.fanOut();
    while (System.nanoTime() < end && load.onThread(() -> tally.position) < all) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static void await(String what, BooleanSupplier done) throws IOException {
    long end = System.nanoTime() + PATIENCE;
    while (!done.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new IOException("the clients could not all " + what);
      }
      LockSupport.parkNanos(2_000_000);
    }
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }

  @Override
  public void close() throws IOException {
    others.forEach(Load::closeQuietly);
    load.close();
  }
}
