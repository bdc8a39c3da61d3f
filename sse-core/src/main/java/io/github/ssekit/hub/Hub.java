package io.github.ssekit.hub;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.github.ssekit.event.Frame;
import io.github.ssekit.event.SseEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The channels and connections of one node: what is delivered to a channel is written to every
 * connection that listens to it.
 *
 * <p>A hub is complete by itself: what one thread publishes, every browser connected to this node
 * gets. With a bridge as its {@link Upstream} the same program runs on many nodes; then publish
 * through the bridge.
 *
 * <p>All methods may be called from any thread. None waits for a client, but {@link #drain} and
 * {@link #close} do, for a bounded time; {@link #unsubscribe} waits for one write of each of the
 * owner's connections, {@link #snapshot} for the delivery loops, a second at most. A hub runs one
 * delivery loop a processor, unless {@link HubBuilder#loops} says otherwise, one timer, and up to
 * five more while connections end or the application is called, as daemon threads, however many
 * clients there are.
 */
public final class Hub implements EventPublisher, AutoCloseable {
  /** The longest name of a channel, in characters. */
  public static final int MAX_CHANNEL_LENGTH = Channel.MAX_NAME_LENGTH;

  private static final System.Logger LOG = System.getLogger(Hub.class.getName());
  private static final long CLOSE_TIMEOUT_NANOS = 2_000_000_000L;
  private static final long SNAPSHOT_TIMEOUT_NANOS = 1_000_000_000L;

  final HubSettings settings;

  /** Runs the end of each connection, off the loops. */
  final Executor closer;

  /** Runs the application's listeners. */
  final Executor callbacks;

  /** Null if nobody observes. */
  final @Nullable Observation observation;

  private final LongSupplier nanoTime;
  private final HubThreads threads;
  private final DeliveryLoop[] loops;
  private final AtomicInteger nextLoop = new AtomicInteger();

  /** Held for a few instructions; taken before no other lock but the upstream's. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition noConnections = lock.newCondition();

  // Guarded by the lock.
  private int connections;
  private boolean draining;
  private volatile boolean closed;
  private final Owners owners = new Owners();

  private final @Nullable CloseIf closeWhen;
  private final Health health;
  private final RareLine tickFailures;

  /** By reason. */
  private final Map<Refusal, RareLine> refusals = new EnumMap<>(Refusal.class);

  /** One moment by two clocks. */
  private final Instant origin;

  private final long originNanos;

  private final Resumes resumes;
  final Channels channels;
  final Feed feed;
  final ConnectionContext context;

  Hub(
      HubSettings settings,
      @Nullable HubObserver observer,
      @Nullable Predicate<? super Connection> closeWhen,
      HubThreads threads,
      LongSupplier nanoTime) {
    this.settings = settings;
    this.threads = threads;
    this.nanoTime = nanoTime;
    this.closer = threads.closer();
    this.callbacks = threads.callbacks();
    this.origin = settings.clock().instant();
    this.originNanos = nanoTime();
    this.observation = observer == null ? null : new Observation(observer, callbacks, nanoTime);
    AtomicLong watermark = new AtomicLong();
    Consumer<LoopCounters> counts = observation == null ? null : observation::add;
    this.loops = new DeliveryLoop[settings.loops()];
    Arrays.setAll(loops, i -> new DeliveryLoop(i, watermark::get, settings, counts, nanoTime));
    this.resumes = new Resumes(settings.maxReplayBytes(), lock, callbacks);
    this.channels = new Channels(settings, loops, watermark, lock, nanoTime);
    this.feed =
        new Feed(
            channels, loops, resumes, lock, observation, settings.maxEventBytes(), () -> closed);
    this.closeWhen = closeWhen == null ? null : new CloseIf(this, "closeWhen", closeWhen);
    for (Refusal why : Refusal.values()) {
      refusals.put(why, new RareLine(LOG, nanoTime));
    }
    this.tickFailures = new RareLine(LOG, nanoTime);
    this.health = new Health(loops, nanoTime);
    this.context =
        new ConnectionContext(
            settings,
            channels,
            resumes,
            closer,
            callbacks,
            observation,
            nanos -> origin.plusNanos(nanos - originNanos),
            this::release);
  }

  /** A hub with the defaults of {@link HubBuilder}. */
  public static Hub create() {
    return builder().create();
  }

  /** The settings of a hub to be. */
  public static HubBuilder builder() {
    return new HubBuilder();
  }

  void start() {
    threads.start(loops, this::tick, settings.tickInterval());
  }

  /**
   * For an {@link Upstream}: by this it speaks to the hub. Nobody gets it any more once an upstream
   * {@linkplain Feed#attach has attached} itself.
   *
   * @throws IllegalStateException if the hub has an upstream already, or is closed
   */
  public Feed feed() {
    feed.requireFree();
    return feed;
  }

  /**
   * Connects a client, as {@link #connect(Transport, ConnectionOptions)}, with these channels and
   * this last event ID.
   */
  public Connection connect(
      Transport transport, Collection<String> channels, @Nullable String lastEventId) {
    return connect(transport, ConnectionOptions.of(channels).withLastEventId(lastEventId));
  }

  /**
   * Connects a client: from when this returns, every event delivered to the channels is written to
   * it, once. The reconnection time goes first. Of channels with history it is first written what
   * came after its last event ID; or, if it sent none, the position from which on it misses
   * nothing.
   *
   * <p>All limits are checked before anything is done: a client that is refused has not been
   * written to, was never counted, and has opened no channel.
   *
   * @param options a last event ID that is no position of ours is answered in band, by a {@link
   *     StreamReset}; further channels can follow by {@link Connection#subscribe}
   * @throws OverCapacityException if a limit of {@link HubBuilder} is reached, or while the hub is
   *     {@linkplain #drain drained} and after
   * @throws IllegalArgumentException if it is more channels than one connection may have, or if the
   *     policy of one with history is to {@linkplain OverrunPolicy#conflate conflate}
   * @throws IllegalStateException if the hub is closed, and was not drained before
   */
  public Connection connect(Transport transport, ConnectionOptions options) {
    Objects.requireNonNull(transport, "transport");
    Objects.requireNonNull(options, "options");
    channels.checkCount(options.channels().size());
    List<Channels.Wanted> wanted = options.channels().stream().map(channels::wanted).toList();
    DeliveryLoop loop = loops[Math.floorMod(nextLoop.getAndIncrement(), loops.length)];
    Connection connection = new Connection(context, loop, transport, options);
    OverCapacityException refused = null;
    lock.lock();
    try {
      // First: its close, which follows, is nothing to a client that is to come back.
      if (draining) {
        throw OverCapacityException.draining(settings.spreadReconnectionTime());
      }
      if (closed) {
        throw new IllegalStateException("The hub is closed");
      }
      checkRoom(connection, wanted);
      connections++;
      owners.add(connection);
      // Under the lock: a close that comes next finds it.
      loop.execute(() -> opened(connection));
      if (options.expiresAt() != null) {
        connection.expireAt(options.expiresAt());
      }
      // In one with the check: of two that come at once, the second sees the first.
      connection.subscribe(wanted);
    } catch (OverCapacityException e) {
      refused = e;
    } finally {
      lock.unlock();
    }
    if (refused != null) {
      tellRefused(options, refused);
      throw refused;
    }
    connection.start(settings.reconnectionTime().frame().toByteArray());
    return connection;
  }

  private void opened(Connection connection) {
    connection.loop.add(connection);
    if (observation != null) {
      observation.tell(o -> o.opened(connection));
    }
  }

  private void tellRefused(ConnectionOptions options, OverCapacityException e) {
    Refusal why = e.why();
    // Nothing of the client's is in it.
    System.Logger.Level level = why == Refusal.DRAINING ? INFO : WARNING;
    Objects.requireNonNull(refusals.get(why))
        .log(level, "A client was refused: " + e.getMessage(), null);
    if (observation != null) {
      observation.tell(o -> o.refused(options, why));
    }
  }

  private void checkRoom(Connection connection, List<Channels.Wanted> wanted) {
    if (connections >= settings.maxConnections()) {
      throw OverCapacityException.reached(Refusal.MAX_CONNECTIONS, settings.maxConnections());
    }
    if (owners.of(connection.owner).size() >= settings.maxConnectionsPerOwner()) {
      throw OverCapacityException.reached(
          Refusal.MAX_CONNECTIONS_PER_OWNER, settings.maxConnectionsPerOwner());
    }
    wanted.forEach(channels::checkRoom);
  }

  /**
   * Publishes on this node alone: does nothing if nobody here has the channel. The event is larger
   * than allowed if its frame is, see {@link HubBuilder#maxEventBytes}.
   *
   * @throws IllegalArgumentException as {@link EventPublisher#publish}; also if the channel has
   *     history, since the event would not be kept; or if the event has an id, and any channel has
   *     history: what a client has seen last must be a position
   * @throws IllegalStateException if the hub is closed
   */
  @Override
  public @Nullable Position publish(String channel, SseEvent event) {
    Frame frame = feed.publishable(channel, event);
    if (closed) {
      throw new IllegalStateException("The hub is closed: nothing can be published any more");
    }
    if (channels.upstreamGivesIds()) {
      checkWithoutHistory(channel, event);
    }
    Channel open = channels.get(channel);
    if (open != null) {
      feed.deliver(open, event, frame);
    }
    return null;
  }

  private void checkWithoutHistory(String channel, SseEvent event) {
    if (channels.upstreamHasHistory(channel)) {
      throw new IllegalArgumentException(
          "channel \"%s\" has history: publish through the bridge, so that the event is kept and reaches every node"
              .formatted(channel));
    }
    if (event.id() != null) {
      throw new IllegalArgumentException(
          "event id \"%s\": where channels have history, ids are given by Redis alone, since clients resume by them; publish without one"
              .formatted(event.id()));
    }
  }

  /** How many connections are open. */
  public int connectionCount() {
    lock.lock();
    try {
      return connections;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether this hub is open and its threads do their work: each delivery loop has taken the time
   * from the timer within ten seconds. For a health check; costs next to nothing. What a client, a
   * listener or the upstream throws ends none of these threads. Where one hangs all the same, this
   * is false, and the log has one line at {@code ERROR}, with its stack trace, by {@code
   * io.github.ssekit.hub.Health}; such a node can only be started again.
   */
  public boolean isHealthy() {
    return health.isGood() && !closed;
  }

  /**
   * Who is on which channel, since when, and how far behind. Takes O(connections + channels +
   * events that those listed are behind), of which the delivery loops do the first; waits for them,
   * for one second at most. Not for every request: for a page of operations, or once a minute.
   *
   * @param limit how many connections and how many channels are listed at most
   * @throws IllegalArgumentException if the limit is not above zero
   */
  public HubSnapshot snapshot(int limit) {
    return requestSnapshot(limit).result(SNAPSHOT_TIMEOUT_NANOS);
  }

  SnapshotRequest requestSnapshot(int limit) {
    if (limit <= 0) {
      throw new IllegalArgumentException("limit " + limit + " is not above zero");
    }
    lock.lock();
    try {
      // Loops that have ended don't answer, and have nothing to say.
      return new SnapshotRequest(
          channels, lock, closed ? new DeliveryLoop[0] : loops, connections, resumes.room, limit);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Closes each connection of which a predicate says so, with {@link CloseReason#REVOKED}: those of
   * a user who has logged out, say. Returns at once; connections that open from now on are not
   * asked for.
   *
   * <p>Nothing more is written to a connection once it is closed so, though what was handed to the
   * container before may still be on its way. If the client doesn't take that, the connection ends
   * at the stuck-write deadline at the latest.
   *
   * @param predicate called once for each connection, on a thread of the hub's callback executor.
   *     If it throws, that is logged and the connection stays open.
   */
  public void closeIf(Predicate<? super Connection> predicate) {
    new CloseIf(this, "closeIf", Objects.requireNonNull(predicate, "predicate")).pass();
  }

  /**
   * Takes an owner off a channel at once, on this node: a user who was banned from a room, say.
   * When this returns, no event of the channel is written to the owner's connections any more. What
   * was handed to the container before may still be on its way, and a connection can {@linkplain
   * Connection#subscribe subscribe} anew.
   *
   * <p>A connection that is still being sent what it missed, in this channel and others, is closed
   * with {@link CloseReason#REVOKED}; the client comes back, and can resume what it may still have.
   *
   * <p>First let no request of the owner's have the channel any more, then call this: a request
   * that was let in before and connects later is not seen. Nor are connections on other nodes, or
   * without an owner.
   *
   * @param owner as in {@link ConnectionOptions}
   * @return how many connections listened to the channel
   */
  public int unsubscribe(String owner, String channel) {
    Objects.requireNonNull(owner, "owner");
    Objects.requireNonNull(channel, "channel");
    List<Connection> all;
    lock.lock();
    try {
      all = List.copyOf(owners.of(owner));
    } finally {
      lock.unlock();
    }
    int dropped = 0;
    for (Connection connection : all) {
      if (connection.drop(channel)) {
        dropped++;
      }
    }
    return dropped;
  }

  /**
   * Empties this node before it stops: refuses new connections with {@link OverCapacityException},
   * and closes those that are open one after the other, evenly spread over a time, with {@link
   * CloseReason#DRAINED}. Each client is told to wait one to two times the hub's reconnection time
   * before it comes back. {@link #close} is still to be called.
   *
   * <p>Returns when no connection is open: so at once if none is, and for a few before the time is
   * over. A client that does not take what waits for it is cut off two seconds after the time, at
   * which this returns at the latest. A thread that is interrupted returns early, interrupted, and
   * leaves the rest open; new connections stay refused.
   *
   * <p>Further calls close what is open in the same way. Call this before the container is told to
   * stop: it would wait for the streams, or cut them off.
   *
   * @throws IllegalArgumentException if the time is not above zero and at most 365 days
   */
  public void drain(Duration time) {
    long nanos = HubBuilder.positive("drain", time).toNanos();
    lock.lock();
    try {
      draining = true;
    } finally {
      lock.unlock();
    }
    try {
      new Drain(this, threads).run(nanos, CLOSE_TIMEOUT_NANOS);
      finishAll(CloseReason.DRAINED);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void finishAll(CloseReason reason) {
    for (DeliveryLoop loop : loops) {
      loop.execute(() -> loop.finishAll(reason));
    }
  }

  /**
   * Closes every connection once what waits for its client is written, or after two seconds
   * without; then ends the hub's threads. Waits for it. Further calls do nothing.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      for (DeliveryLoop loop : loops) {
        loop.execute(() -> loop.closeAll(CloseReason.HUB_CLOSED));
      }
      awaitNoConnections();
      finishAll(CloseReason.HUB_CLOSED);
      if (observation != null) {
        // Last: what was written until now is in it.
        for (DeliveryLoop loop : loops) {
          loop.execute(() -> loop.report());
          loop.execute(observation::tick);
        }
      }
    } finally {
      lock.unlock();
    }
    threads.stop(loops);
  }

  private void awaitNoConnections() {
    long left = CLOSE_TIMEOUT_NANOS;
    try {
      while (connections > 0 && left > 0) {
        left = noConnections.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // What follows is for connections.

  /** A delivery loop for one that never opens. */
  DeliveryLoop anyLoop() {
    return loops[0];
  }

  /** Takes back all subscriptions of a connection that ends, and the connection. */
  private List<Subscription> release(Connection connection) {
    lock.lock();
    try {
      List<Subscription> subscriptions = connection.subscriptions.release();
      owners.remove(connection);
      if (--connections == 0) {
        noConnections.signalAll();
      }
      return subscriptions;
    } finally {
      lock.unlock();
    }
  }

  /** Gives a task all connections that are open now, some of them closing, on a loop's thread. */
  void withConnections(Consumer<List<Connection>> task) {
    List<Connection> all = Collections.synchronizedList(new ArrayList<>());
    AtomicInteger left = new AtomicInteger(loops.length);
    for (DeliveryLoop loop : loops) {
      loop.execute(
          () -> {
            List<Connection> own = new ArrayList<>(loop.connections().size());
            loop.connections().forEach(c -> own.add((Connection) c));
            all.addAll(own);
            if (left.decrementAndGet() == 0) {
              task.accept(all);
            }
          });
    }
  }

  long nanoTime() {
    return nanoTime.getAsLong();
  }

  /** The timer's: heartbeats and deadlines, and the end of channels that nobody wants. */
  void tick() {
    long now = nanoTime();
    long millis = settings.clock().millis();
    // Before the loops are told: whatever is at or below it, they are told of before.
    Position position = resumes.position();
    Tick tick =
        new Tick(
            now,
            millis,
            position == null ? Outgoing.COMMENT : position.block().frame().toByteArray(),
            settings.heartbeat(),
            settings.stuckWriteDeadline(),
            settings.maxLifetime());
    for (DeliveryLoop loop : loops) {
      loop.execute(() -> loop.tick(tick));
    }
    closeEmpty(now);
    if (observation != null) {
      // Of what the loops have reported by now: one call for all of them.
      observation.tick();
      for (DeliveryLoop loop : loops) {
        loop.execute(() -> loop.report());
      }
    }
    if (closeWhen != null) {
      closeWhen.pass();
    }
  }

  private void closeEmpty(long now) {
    lock.lock();
    try {
      channels.closeEmpty(now);
    } catch (Throwable e) {
      // The upstream's: the rest of the tick is nothing to it.
      tickFailures.log(
          WARNING, "A channel that nobody listens to could not be unsubscribed from", e);
    } finally {
      lock.unlock();
    }
  }
}
