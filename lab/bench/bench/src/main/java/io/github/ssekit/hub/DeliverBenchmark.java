package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The cost of one event of 100 bytes to a channel with 1,000 connections: for the delivering
 * thread, framing included, and in all.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class DeliverBenchmark {
  private static final int CLIENTS = 1_000;
  private static final List<String> CHANNEL = List.of("c0");

  private final SseEvent event = SseEvent.of("x".repeat(100));

  /**
   * A hub whose turns the benchmark takes by hand, so that it measures nothing but its own thread.
   */
  @State(Scope.Thread)
  public static class Alone {
    private final ManualHub manual = new ManualHub(System::nanoTime);
    private final Swallow transport = new Swallow(true);

    @Setup
    public void setUp() {
      for (int i = 0; i < CLIENTS; i++) {
        manual.hub.connect(transport, CHANNEL, null);
      }
      manual.settle();
    }
  }

  /** A hub as users have it, with a delivery loop on another thread. */
  @State(Scope.Thread)
  public static class Running {
    @Param({"who read", "who take nothing"})
    public String clients = "";

    private final Hub hub = Hub.builder().loops(1).create();
    private final Feed feed = hub.feed();

    @Setup
    public void setUp() {
      for (int i = 0; i < CLIENTS; i++) {
        hub.connect(new Swallow(clients.equals("who read")), CHANNEL, null);
      }
    }

    @TearDown
    public void tearDown() {
      hub.close();
    }
  }

  /** The design of other libraries: a queue for each connection. */
  @State(Scope.Thread)
  public static class Queues {
    private final List<Queue<byte[]>> queues = new ArrayList<>();
    private final Swallow transport = new Swallow(true);

    @Setup
    public void setUp() {
      for (int i = 0; i < CLIENTS; i++) {
        queues.add(new ConcurrentLinkedQueue<>());
      }
    }
  }

  /** A delivery before the loop has handled an earlier event's signal, as mostly in a flood. */
  @Benchmark
  public void toBusyLoop(Alone alone) {
    alone.manual.feed.deliver("c0", event);
  }

  /** A delivery to a channel without connections on this node. */
  @Benchmark
  public void toNobody(Alone alone) {
    alone.manual.feed.deliver("c1", event);
  }

  /** A delivery with the loop's turn: 1,000 writes. */
  @Benchmark
  public boolean withAllWrites(Alone alone) {
    alone.manual.feed.deliver("c0", event);
    return alone.manual.turn(0);
  }

  /** A delivery beside a loop that wakes, looks at 1,000 connections and sleeps again. */
  @Benchmark
  public void toRunningLoop(Running running) {
    running.feed.deliver("c0", event);
  }

  /** A delivery by a queue for each connection: offered to 1,000, taken from each and written. */
  @Benchmark
  public void queuesWithAllWrites(Queues all) {
    byte[] frame = event.frame().toByteArray();
    for (Queue<byte[]> queue : all.queues) {
      queue.offer(frame);
    }
    for (Queue<byte[]> queue : all.queues) {
      byte[] next = queue.poll();
      if (next != null) {
        all.transport.write(next, 0, next.length);
      }
    }
  }
}
