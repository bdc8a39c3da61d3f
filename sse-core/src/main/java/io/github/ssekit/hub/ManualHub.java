package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * A hub without threads, for tests: it writes when the test calls {@link #settle}, and time passes
 * when the test says so. A test needs no waits, and sees the same at each run. Two methods of the
 * {@link #hub} wait in real time, since no loop runs: {@link Hub#snapshot} for a second, and its
 * result lacks the connections; {@link Hub#close} for two seconds if a connection is open.
 *
 * <pre>{@code
 * ManualHub manual = new ManualHub();
 * RecordingTransport client = manual.connect("room:1");
 * manual.hub().publish("room:1", SseEvent.of("hello"));
 * manual.settle();
 * assertEquals(List.of("hello"), client.data());
 * manual.pass(Duration.ofSeconds(15)); // writes a heartbeat
 * }</pre>
 *
 * Only the methods of its {@link #hub} may be called from several threads at once.
 */
public final class ManualHub {
  /** The first reading of the clock, which soon overflows, as {@link System#nanoTime} may. */
  private static final long START = Long.MAX_VALUE - 1_000;

  final Hub hub;
  final Feed feed;
  private DeliveryLoop[] loops = {};
  private Runnable tick = () -> {};
  private final Queue<Runnable> closer = new ConcurrentLinkedQueue<>();
  private final Queue<Runnable> callbacks = new ConcurrentLinkedQueue<>();
  private long now = START;

  /** Creates a hub with one delivery loop and all defaults. */
  public ManualHub() {
    this(settings -> settings);
  }

  /** Creates a hub with these settings; {@link HubBuilder#loops} is 1 unless they change it. */
  public ManualHub(UnaryOperator<HubBuilder> settings) {
    HubBuilder builder = settings.apply(Hub.builder().loops(1));
    builder.clock = this::instant;
    hub = builder.create(new ByHand(), () -> now);
    feed = hub.feed;
    hub.start();
  }

  /**
   * Creates a hub on the real clock, for a measurement: {@link #pass} has no effect on its time.
   */
  ManualHub(LongSupplier nanoTime) {
    hub = Hub.builder().loops(1).create(new ByHand(), nanoTime);
    feed = hub.feed;
    hub.start();
  }

  /** Collects the tasks that would run on threads. */
  private final class ByHand extends HubThreads {
    @Override
    Executor closer() {
      return closer::add;
    }

    @Override
    Executor callbacks() {
      return callbacks::add;
    }

    @Override
    void start(DeliveryLoop[] all, Runnable periodicWork, Duration tickInterval) {
      loops = all;
      tick = periodicWork;
    }

    @Override
    void pause(long nanos) {
      pass(Duration.ofNanos(nanos));
    }

    @Override
    void stop(DeliveryLoop[] all) {
      settle();
    }
  }

  /** Returns the hub itself, for the application under test. */
  public Hub hub() {
    return hub;
  }

  /**
   * Connects a new client without a last event ID, settles, and lets the transport forget the first
   * bytes.
   */
  public RecordingTransport connect(String... channels) {
    RecordingTransport transport = new RecordingTransport();
    connect(transport, channels);
    return transport;
  }

  /** As {@link #connect(String...)}, with a transport that the test has prepared. */
  public Connection connect(RecordingTransport transport, String... channels) {
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

  /** Runs the task within the first loop's next turn, among the loop's own tasks. */
  void duringNextTurn(Runnable task) {
    loops[0].execute(task);
  }

  /** Takes one turn of a loop. Returns whether there was something to do. */
  boolean turn(int loop) {
    return loops[loop].turn();
  }

  /**
   * Writes, closes and notifies until nothing is left to do at the present time.
   *
   * @throws AssertionError if the hub does not come to rest
   */
  public void settle() {
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

  /** Runs the waiting closes and listeners, but no loop. */
  void runCallbacks() {
    runAll(closer);
    runAll(callbacks);
  }

  private static boolean runAll(Queue<Runnable> tasks) {
    int waiting = tasks.size();
    for (int i = 0; i < waiting; i++) {
      Runnable task = tasks.poll();
      if (task != null) {
        task.run();
      }
    }
    return waiting > 0;
  }

  /** The present time of the wall clock; at first it is {@link Instant#EPOCH}. */
  public Instant instant() {
    return Instant.EPOCH.plusNanos(now - START);
  }

  /** Lets time pass, ticks once at its end, and settles. */
  public void pass(Duration time) {
    tick(time);
    settle();
  }

  /** As {@link #pass}, without a turn of a loop. */
  void tick(Duration time) {
    elapse(time);
    tick.run();
  }

  /** Lets time pass without a tick. */
  void elapse(Duration time) {
    now += time.toNanos();
  }
}
