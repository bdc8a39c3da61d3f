package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;

/**
 * A hub without threads: the test takes the loops' turns, runs the executors and moves the time.
 */
final class ManualHub {
  final Hub hub;
  private DeliveryLoop[] loops = {};
  private final Queue<Runnable> closer = new ArrayDeque<>();
  private final Queue<Runnable> callbacks = new ArrayDeque<>();

  /** The clock's origin is arbitrary: it may overflow. */
  private static final long START = Long.MAX_VALUE - 1_000;

  private long now = START;

  ManualHub(UnaryOperator<HubBuilder> settings) {
    HubThreads threads =
        new HubThreads() {
          @Override
          Executor closer() {
            return closer::add;
          }

          @Override
          Executor callbacks() {
            return callbacks::add;
          }

          @Override
          void start(DeliveryLoop[] all, Runnable tick, Duration tickInterval) {
            loops = all;
          }

          @Override
          void pause(long nanos) {
            pass(Duration.ofNanos(nanos));
          }

          @Override
          void stop(DeliveryLoop[] all) {
            settle();
          }
        };
    HubBuilder builder = settings.apply(Hub.builder().loops(1));
    builder.clock = this::instant;
    hub = new Hub(builder, threads, () -> now);
    hub.start();
  }

  ManualHub() {
    this(b -> b);
  }

  RecordingTransport connect(String... channels) {
    RecordingTransport transport = new RecordingTransport();
    connect(transport, channels);
    return transport;
  }

  /** Connects; what is written by then is forgotten. */
  Connection connect(RecordingTransport transport, String... channels) {
    Connection connection = hub.connect(transport, List.of(channels), null);
    settle();
    transport.forget();
    return connection;
  }

  void publish(String channel, String... data) {
    for (String d : data) {
      hub.publish(channel, SseEvent.of(d));
    }
  }

  /** Something that happens while the first loop runs the tasks of its next turn. */
  void duringNextTurn(Runnable task) {
    loops[0].execute(task);
  }

  boolean turn(int loop) {
    return loops[loop].turn();
  }

  /** Runs everything until nothing is left to do. */
  void settle() {
    boolean busy = true;
    for (int i = 0; busy; i++) {
      if (i == 100_000) {
        throw new AssertionError("the hub does not come to rest");
      }
      busy = false;
      for (DeliveryLoop loop : loops) {
        busy |= loop.turn();
      }
      busy |= runAll(closer);
      busy |= runAll(callbacks);
    }
  }

  void runCallbacks() {
    runAll(closer);
    runAll(callbacks);
  }

  private static boolean runAll(Queue<Runnable> tasks) {
    Collection<Runnable> now = List.copyOf(tasks);
    tasks.clear();
    now.forEach(Runnable::run);
    return !now.isEmpty();
  }

  /** The wall clock's time. */
  Instant instant() {
    return Instant.EPOCH.plusNanos(now - START);
  }

  /** Lets time pass, then the timer ticks. */
  void pass(Duration time) {
    tick(time);
    settle();
  }

  /** As {@link #pass}, but no loop takes a turn. */
  void tick(Duration time) {
    elapse(time);
    hub.tick();
  }

  /** Lets time pass in which nothing happens. */
  void elapse(Duration time) {
    now += time.toNanos();
  }
}
