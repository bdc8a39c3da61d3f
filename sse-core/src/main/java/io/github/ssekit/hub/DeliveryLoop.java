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
 * <p>It takes turns: first the tasks that others gave it, which say what has news, then one sweep
 * over the connections that have something to write, each of which gets one write. What comes in
 * during a sweep is joined in the next: batches grow with the load, without a timer.
 */
final class DeliveryLoop implements Runnable {
  private static final System.Logger LOG = System.getLogger(DeliveryLoop.class.getName());

  /**
   * Writes that may fail before a sweep puts off the rest: a container ends the connection in
   * there, which takes ten times as long as a write and more, and a thousand may vanish at once.
   */
  private static final int FAILURES = 16;

  /** How long it rests after a turn that failed. */
  private static final long PAUSE_NANOS = 1_000_000;

  /** Its place among the hub's loops. */
  final int number;

  private final LongSupplier watermark;
  private final LongSupplier nanoTime;
  private final Batches batches;

  /** This loop's share of the hub's limit on bytes that wait for clients. */
  private final long stalledLimit;

  private final Queue<Runnable> inbox = new ConcurrentLinkedQueue<>();

  /** Takes the counts at each tick; null if nobody observes. */
  private final @Nullable Consumer<? super LoopCounters> observer;

  /** What must not end the thread: its connections would be left without a word. */
  private final RareLine failures;

  /** When it last took the time from the timer. */
  private volatile long lastTick;

  private volatile boolean asleep;
  private volatile boolean stopped;
  private volatile @Nullable Thread thread;

  /** Who has its turn to write, for {@link #awaitWrite}. */
  private volatile @Nullable LoopConnection writing;

  // The loop's.
  /** The bytes of the last write of each connection whose transport takes no bytes. */
  long stalledBytes;

  /** The counts since the last tick; null if nobody observes. */
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
    this.batches = new Batches(settings.maxBatchBytes());
    this.stalledLimit = settings.maxReplayBytes() / settings.loops();
    this.observer = observer;
    this.counters = observer == null ? null : new LoopCounters();
  }

  /** Gives the loop a task. Any thread; tasks of one thread run in their order. */
  void execute(Runnable task) {
    offer(task);
    wake();
  }

  /** Gives the loop a task that it sees when it is next awake. Any thread. */
  void offer(Runnable task) {
    inbox.add(task);
  }

  void wake() {
    if (asleep) {
      LockSupport.unpark(thread);
    }
  }

  /**
   * Waits for the write to a connection that is under way, if one is: of what this thread set
   * volatile before, each later write knows. Not on the loop, nor under a lock. A write never
   * blocks.
   */
  void awaitWrite(LoopConnection c) {
    while (writing == c) {
      LockSupport.parkNanos(this, 1_000);
    }
  }

  /** Ends the thread once it has nothing left to do. */
  void stop() {
    stopped = true;
    LockSupport.unpark(thread);
  }

  @Override
  public void run() {
    thread = Thread.currentThread();
    while (true) {
      try {
        // Before the turn: what was given before the stop is done.
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
        // It may fail again, at once.
        LockSupport.parkNanos(this, PAUSE_NANOS);
      }
    }
  }

  private void sleep() {
    asleep = true;
    if (inbox.isEmpty() && !stopped) {
      LockSupport.park(this);
      // A transport may have left one behind; park would not wait any more.
      Thread.interrupted();
    }
    asleep = false;
  }

  private void failed(String what, Throwable e) {
    failures.log(System.Logger.Level.ERROR, what, e);
  }

  /** Whether this is the loop's thread; or it has none, as in tests. For assertions. */
  boolean isCurrent() {
    Thread owner = thread;
    return owner == null || owner == Thread.currentThread();
  }

  /** The hub's nanoseconds. Any thread. */
  long nanoTime() {
    return nanoTime.getAsLong();
  }

  /** When it last took the time, in the hub's nanoseconds. Any thread. */
  long lastTick() {
    return lastTick;
  }

  /** Where its thread is now, as a stack trace. Any thread. */
  Throwable where() {
    Throwable where = new Throwable("thread " + thread);
    Thread current = thread;
    where.setStackTrace(current == null ? new StackTraceElement[0] : current.getStackTrace());
    return where;
  }

  /** One turn. Returns whether there was anything to do. */
  boolean turn() {
    // Before the tasks: what is above may have news that is not among them yet, and would be
    // overtaken by what a connection reads of its other channels.
    long upTo = watermark();
    boolean busy = runTasks();
    if (!queued.isEmpty() || !putOff.isEmpty()) {
      busy = true;
      sweep(upTo);
    }
    return busy;
  }

  /**
   * Runs what is there now. What comes in meanwhile waits: a flood of news can't stop the sweep.
   */
  private boolean runTasks() {
    if (inbox.isEmpty()) {
      return false;
    }
    // The loop itself stands behind the last of this turn's tasks.
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
   * Has each write, until too many have failed; takes those that had their turn off the list. The
   * others are put off: the next sweep begins with those that have just been written to, and so are
   * alive, when there is news for them.
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
      // It could not even be closed; the next tick tries that again.
      failed("A connection could not be closed", e);
      return false;
    }
  }

  // What follows is called on the loop only.

  long watermark() {
    return watermark.getAsLong();
  }

  /** Whether more waits for clients that take nothing than this loop's share. */
  boolean isOverStalled() {
    return stalledBytes > stalledLimit;
  }

  /** Has the connection take part in the next sweep. */
  void queue(LoopConnection c) {
    queued.add(c);
  }

  void add(LoopConnection c) {
    c.index = connections.size();
    connections.add(c);
  }

  void remove(LoopConnection c) {
    LoopConnection last = connections.remove(connections.size() - 1);
    if (last != c) {
      connections.set(c.index, last);
      last.index = c.index;
    }
  }

  List<LoopConnection> connections() {
    return connections;
  }

  // From the end, here and below: a connection that ends is replaced by the last one.

  /** Has every connection look at the clocks. */
  void tick(Tick tick) {
    lastTick = tick.now;
    for (int i = connections.size() - 1; i >= 0; i--) {
      try {
        connections.get(i).tick(tick);
      } catch (Throwable e) {
        failed("A connection could not be given the time", e);
      }
    }
  }

  /** Hands over what was written since the last time. */
  void report() {
    if (counters != null && observer != null) {
      connections.forEach(c -> c.compare(counters));
      counters.measureLag(watermark());
      observer.accept(counters);
    }
  }

  /** Describes some connections, first those that have something to read. */
  <T> List<T> sample(int limit, Function<? super LoopConnection, T> describe) {
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
    for (int i = connections.size() - 1; i >= 0; i--) {
      connections.get(i).closeGracefully(reason);
    }
  }

  void finishAll(CloseReason reason) {
    for (int i = connections.size() - 1; i >= 0; i--) {
      connections.get(i).finish(reason);
    }
  }
}
