package io.github.ssekit.hub;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A thread that owns connections: it alone reads their cursors and writes to their transports.
 *
 * <p>The loop takes turns. A turn first runs the tasks that other threads gave the loop, which mark
 * the connections whose logs have grown; then one sweep gives each marked connection one write.
 * Events that arrive during a sweep are joined in the next: batches grow with the load, without a
 * timer.
 */
final class DeliveryLoop implements Runnable {
  private static final System.Logger LOG = System.getLogger(DeliveryLoop.class.getName());

  /**
   * The number of writes that may fail before a sweep puts off the rest: a container ends the
   * connection within a failed write, which takes at least ten times as long as a write, and a
   * thousand clients may vanish at once.
   */
  private static final int FAILURES = 16;

  /** The pause after a turn that failed. */
  private static final long PAUSE_NANOS = 1_000_000;

  /** The index among the hub's loops. */
  final int number;

  private final LongSupplier watermark;
  private final LongSupplier nanoTime;
  private final Batches batches;

  /** This loop's share of the hub's limit on bytes that wait for clients. */
  private final long stalledLimit;

  private final Queue<Runnable> inbox = new ConcurrentLinkedQueue<>();

  /** The recipient of the counts at each tick; null if the hub has no observer. */
  private final @Nullable Consumer<? super LoopCounters> observer;

  /** Failures that must not end the thread: its connections would stay open and silent. */
  private final RareLine failures;

  /** The time of the last tick. */
  private volatile long lastTick;

  private volatile boolean asleep;
  private volatile boolean stopped;
  private volatile @Nullable Thread thread;

  /** The connection that is being written to, for {@link #awaitWrite}. */
  private volatile @Nullable LoopConnection writing;

  // Touched on the loop only.
  /** The total size of the last writes to connections whose transports take no bytes now. */
  long stalledBytes;

  /** The counts since the last tick; null if the hub has no observer. */
  final @Nullable LoopCounters counters;

  private final List<LoopConnection> connections = new ArrayList<>();
  private List<LoopConnection> queued = new ArrayList<>();
  private List<LoopConnection> swept = new ArrayList<>();

  /** Connections that sweeps with too many failed writes have put off. */
  private final List<LoopConnection> putOff = new ArrayList<>();

  DeliveryLoop(
      int number,
      LongSupplier watermark,
      HubSettings settings,
      @Nullable Consumer<? super LoopCounters> observer,
      LongSupplier nanoTime) {
    this.number = number;
    this.failures = new RareLine(LOG, nanoTime);
    this.lastTick = nanoTime.getAsLong();
    this.watermark = watermark;
    this.nanoTime = nanoTime;
    this.batches = new Batches(settings.maxBatchBytes(), this::isCurrent);
    this.stalledLimit = settings.maxReplayBytes() / settings.loops();
    this.observer = observer;
    this.counters = observer == null ? null : new LoopCounters();
  }

  /** Gives the loop a task and wakes it. Any thread; tasks of one thread run in their order. */
  void execute(Runnable task) {
    offer(task);
    wake();
  }

  /** Gives the loop a task without waking it. Any thread. */
  void offer(Runnable task) {
    inbox.add(task);
  }

  void wake() {
    if (asleep) {
      LockSupport.unpark(thread);
    }
  }

  /**
   * Waits until no write to a connection is under way. Writes that start later see every volatile
   * store that this thread made before the call. Not on the loop, nor under a lock. A write never
   * blocks.
   */
  void awaitWrite(LoopConnection c) {
    while (writing == c) {
      LockSupport.parkNanos(this, 1_000);
    }
  }

  /** Ends the thread once its tasks and writes are done. */
  void stop() {
    stopped = true;
    LockSupport.unpark(thread);
  }

  @Override
  public void run() {
    thread = Thread.currentThread();
    while (true) {
      try {
        // Read before the turn: tasks that were given before the stop still run.
        boolean last = stopped;
        if (turn()) {
          continue;
        }
        if (last) {
          return;
        }
        sleep();
      } catch (Throwable e) {
        failed("A turn of a delivery loop failed", e);
        // The next turn may fail again, at once.
        LockSupport.parkNanos(this, PAUSE_NANOS);
      }
    }
  }

  private void sleep() {
    asleep = true;
    if (inbox.isEmpty() && !stopped) {
      LockSupport.park(this);
      // A transport may leave the thread interrupted; park would return at once from then on.
      Thread.interrupted();
    }
    asleep = false;
  }

  /** Logs a failure that no client caused. Any thread. */
  void failed(String what, Throwable e) {
    failures.log(System.Logger.Level.ERROR, what, e);
  }

  /**
   * Whether the calling thread is the loop's, or the loop has none, as in tests. For assertions.
   */
  boolean isCurrent() {
    Thread owner = thread;
    return owner == null || owner == Thread.currentThread();
  }

  /** The hub's nanoseconds. Any thread. */
  long nanoTime() {
    return nanoTime.getAsLong();
  }

  /** The time of the last tick, in the hub's nanoseconds. Any thread. */
  long lastTick() {
    return lastTick;
  }

  /** The thread's stack trace. Any thread. */
  Throwable where() {
    Throwable where = new Throwable("thread " + thread);
    Thread current = thread;
    where.setStackTrace(current == null ? new StackTraceElement[0] : current.getStackTrace());
    return where;
  }

  /** Takes one turn. Returns whether there was anything to do. */
  boolean turn() {
    // Read before the tasks: an event above the watermark may have no task yet, and events of other
    // channels would overtake it.
    long upTo = watermark();
    boolean busy = runTasks();
    if (!queued.isEmpty() || !putOff.isEmpty()) {
      busy = true;
      sweep(upTo);
    }
    return busy;
  }

  /**
   * Runs the tasks that are in the inbox now. Tasks that arrive meanwhile wait for the next turn,
   * so that a flood of them can't hold up the sweep.
   */
  private boolean runTasks() {
    if (inbox.isEmpty()) {
      return false;
    }
    // The loop itself, as a task, marks the end of this turn's tasks.
    inbox.add(this);
    for (Runnable task = inbox.remove(); task != this; task = inbox.remove()) {
      try {
        task.run();
      } catch (Throwable e) {
        failed("A task of a delivery loop failed", e);
      }
    }
    return true;
  }

  private void sweep(long upTo) {
    List<LoopConnection> now = queued;
    queued = swept;
    swept = now;
    batches.begin(upTo, watermark(), stalledLimit - stalledBytes);
    try {
      write(now);
      write(putOff);
      putOff.addAll(now);
      now.clear();
    } finally {
      batches.end();
    }
  }

  /**
   * Writes to the connections of a list until too many writes have failed, and removes the
   * connections that had their turn. The others are put off: the next sweep begins with connections
   * that were just written to, and so are alive.
   */
  private void write(List<LoopConnection> list) {
    int done = 0;
    for (int failed = 0; done < list.size() && failed < FAILURES; done++) {
      LoopConnection connection = list.get(done);
      writing = connection;
      if (!write(connection)) {
        failed++;
      }
    }
    writing = null;
    list.subList(0, done).clear();
  }

  private boolean write(LoopConnection connection) {
    try {
      return connection.write(batches);
    } catch (Throwable e) {
      // The next tick tries to close it again.
      failed("A connection could not be closed", e);
      return false;
    }
  }

  // Called on the loop only, and asserted.

  long watermark() {
    return watermark.getAsLong();
  }

  /** Whether the bytes that clients don't take exceed this loop's share. */
  boolean isOverStalled() {
    assert isCurrent();
    return stalledBytes > stalledLimit;
  }

  /** Adds a connection to the next sweep. */
  void queue(LoopConnection c) {
    assert isCurrent();
    queued.add(c);
  }

  void add(LoopConnection c) {
    assert isCurrent();
    connections.add(c);
    c.index = connections.size() - 1;
  }

  void remove(LoopConnection c) {
    assert isCurrent();
    if (c.index < 0) {
      return;
    }
    LoopConnection last = connections.remove(connections.size() - 1);
    if (last != c) {
      connections.set(c.index, last);
      last.index = c.index;
    }
  }

  List<LoopConnection> connections() {
    assert isCurrent();
    return connections;
  }

  // The methods below iterate from the end: the last connection takes a removed connection's place.

  /** Gives every connection the time. */
  void tick(Tick tick) {
    assert isCurrent();
    lastTick = tick.now;
    for (int i = connections.size() - 1; i >= 0; i--) {
      try {
        connections.get(i).tick(tick);
      } catch (Throwable e) {
        failed("A connection could not be given the time", e);
      }
    }
  }

  /** Hands the counts to the observer, which sets them to zero. */
  void report() {
    assert isCurrent();
    if (counters != null && observer != null) {
      connections.forEach(c -> c.compare(counters));
      counters.measureLag(watermark());
      observer.accept(counters);
    }
  }

  /** Describes up to {@code limit} connections, first the connections that have events to read. */
  <T> List<T> sample(int limit, Function<? super LoopConnection, T> describe) {
    assert isCurrent();
    List<T> samples = new ArrayList<>();
    for (boolean pending : new boolean[] {true, false}) {
      for (int i = 0; i < connections.size() && samples.size() < limit; i++) {
        if (connections.get(i).hasPending() == pending) {
          samples.add(describe.apply(connections.get(i)));
        }
      }
    }
    return samples;
  }

  void closeAll(CloseReason reason) {
    assert isCurrent();
    for (int i = connections.size() - 1; i >= 0; i--) {
      connections.get(i).closeGracefully(reason);
    }
  }

  void finishAll(CloseReason reason) {
    assert isCurrent();
    for (int i = connections.size() - 1; i >= 0; i--) {
      connections.get(i).cutOff(reason);
    }
  }
}
