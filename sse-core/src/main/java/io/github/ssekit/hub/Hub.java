package io.github.ssekit.hub;

import io.github.ssekit.event.Frame;
import io.github.ssekit.event.SseEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The channels and connections of one node: an event that is published to a channel is written to
 * every connection that is subscribed to the channel.
 *
 * <pre>{@code
 * Hub hub = Hub.create();
 * hub.publish("news", SseEvent.of("hello")); // to all that listen to the channel
 * hub.drain(Duration.ofSeconds(5)); // before the process ends
 * hub.close();
 * }</pre>
 *
 * <p>A hub works by itself on a single node: every browser connected to the node gets the events
 * that any thread publishes. To run the same program on many nodes, give the hub a bridge, which
 * attaches itself as the hub's {@link Upstream}, and publish through the bridge.
 *
 * <p>All methods may be called from any thread. They return without waiting for a client, except
 * {@link #connect(Transport, ConnectionOptions) connect}, whose transport may wait for the client
 * while it sends the head, and {@link #drain} and {@link #close}, which wait for a bounded time.
 * {@link #unsubscribe} may wait for one write to each of the owner's connections, and {@link
 * #snapshot} for the delivery loops, one second at most.
 *
 * <p>All threads of a hub are daemons, and their number does not depend on the number of clients: a
 * timer, one delivery loop per processor (or {@link HubBuilder#loops}), and up to five more while
 * connections end or listeners of the application run.
 */
public final class Hub implements EventPublisher, AutoCloseable {
  /** The maximum length of a channel's name, in characters. */
  public static final int MAX_CHANNEL_LENGTH = Channel.MAX_NAME_LENGTH;

  private static final long CLOSE_TIMEOUT_NANOS = 2_000_000_000L;
  private static final long SNAPSHOT_TIMEOUT_NANOS = 1_000_000_000L;

  private final HubSettings settings;
  private final LongSupplier nanoTime;
  private final HubThreads threads;
  private final Executor callbacks;

  /** Held for a few instructions. Only the upstream's locks are taken under it. */
  private final ReentrantLock lock = new ReentrantLock();

  private final DeliveryLoops loops;
  private final Resumes resumes;
  final Channels channels;
  private final OpenConnections connections;
  final Feed feed;
  private final PeriodicWork periodicWork;
  private final Health health;
  private final ConnectionContext context;

  Hub(
      HubSettings settings,
      List<HubObserver> observers,
      @Nullable Predicate<? super Connection> closeWhen,
      HubThreads threads,
      LongSupplier nanoTime) {
    this.settings = settings;
    this.threads = threads;
    this.nanoTime = nanoTime;
    this.callbacks = threads.callbacks();
    Observation observation =
        observers.isEmpty() ? null : new Observation(observers, callbacks, nanoTime);
    Consumer<LoopCounters> counts = observation == null ? null : observation::add;
    AtomicLong watermark = new AtomicLong();
    this.loops =
        new DeliveryLoops(
            settings.loops(), i -> new DeliveryLoop(i, watermark::get, settings, counts, nanoTime));
    this.resumes = new Resumes(settings.maxReplayBytes(), lock, callbacks);
    this.channels = new Channels(settings, loops.all(), watermark, lock, nanoTime);
    this.connections = new OpenConnections(settings, channels, observation, lock, nanoTime);
    this.feed =
        new Feed(
            channels,
            loops,
            resumes,
            lock,
            observation,
            settings.maxEventBytes(),
            connections::isClosed);
    this.periodicWork =
        new PeriodicWork(
            settings,
            loops,
            channels,
            resumes,
            observation,
            closeWhen == null ? null : closeIf("closeWhen", closeWhen),
            lock,
            nanoTime);
    this.health = new Health(loops.all(), nanoTime);
    // The same moment on two clocks.
    Instant origin = settings.clock().instant();
    long originNanos = nanoTime.getAsLong();
    this.context =
        new ConnectionContext(
            settings,
            channels,
            resumes,
            threads.closer(),
            callbacks,
            observation,
            nanos -> origin.plusNanos(nanos - originNanos),
            connections::remove);
  }

  /** Creates and starts a hub with the defaults of {@link HubBuilder}. */
  public static Hub create() {
    return builder().create();
  }

  /** Returns a builder with all defaults. */
  public static HubBuilder builder() {
    return new HubBuilder();
  }

  void start() {
    threads.start(loops.all(), periodicWork, settings.tickInterval());
  }

  /**
   * Returns the feed, through which an {@link Upstream} delivers events to this hub. Applications
   * don't need it. Once an upstream {@linkplain Feed#attach is attached}, this method throws.
   *
   * @throws IllegalStateException if the hub has an upstream already, or is closed
   */
  public Feed feed() {
    feed.requireFree();
    return feed;
  }

  /**
   * Connects a client as {@link #connect(Transport, ConnectionOptions)} does, with these channels
   * and this last event ID.
   */
  public Connection connect(
      Transport transport, Collection<String> channels, @Nullable String lastEventId) {
    return connect(transport, ConnectionOptions.of(channels).withLastEventId(lastEventId));
  }

  /**
   * Connects a client. Every event that is published to this hub, on one of the client's channels,
   * after this method returns is written to the client once. With a bridge, the node may subscribe
   * to the channel in Redis only then: an event that is published right after may not reach a
   * client that comes for the first time. To greet it, use {@link Connection#send}.
   *
   * <p>The stream begins with the reconnection time. If the connection has channels with history, a
   * client that sent a last event ID then gets the events after it. A client that sent none gets
   * the events of the past that its {@link Start} says. With {@link Start#NOW}, the default, it
   * gets the current position, from which it can resume later, and the events after that; no
   * position if positions are written with events only.
   *
   * <p>All limits are checked first. A client that is refused has not been written to, is not
   * counted, and has opened no channel.
   *
   * @param options its channels, which {@link Connection#subscribe} can add to later; and the last
   *     event ID. If that is not a position, the client gets a {@link StreamReset} and continues
   *     with live events
   * @throws OverCapacityException if a limit of {@link HubBuilder} is reached, or if {@link #drain}
   *     was called
   * @throws IllegalArgumentException if there are more channels than one connection may have, or if
   *     a channel with history has the policy to {@linkplain OverrunPolicy#conflate conflate}
   * @throws IllegalStateException if the hub is closed and was not drained before
   */
  public Connection connect(Transport transport, ConnectionOptions options) {
    Objects.requireNonNull(transport, "transport");
    Objects.requireNonNull(options, "options");
    channels.checkCount(options.channels().size());
    List<Channels.Wanted> wanted = options.channels().stream().map(channels::wanted).toList();
    DeliveryLoop home = channels.home(wanted);
    DeliveryLoop loop = home == null ? loops.next() : home;
    Connection connection = new Connection(context, loop, transport, options);
    connections.add(connection, options, wanted);
    connection.start(settings.reconnectionTime().frame().toByteArray());
    return connection;
  }

  /** Returns a connection that has been closed from the start, see {@link UnopenedConnection}. */
  Connection unopened(ConnectionOptions options, CloseReason why) {
    return Connection.unopened(context, loops.first(), options, why);
  }

  /**
   * Publishes an event on this node only; does nothing if no client of this node is subscribed to
   * the channel. The limit of an event's size is {@link HubBuilder#maxEventBytes}.
   *
   * @return null: events published on one node have no position
   * @throws IllegalArgumentException as {@link EventPublisher#publish}; also if the channel has
   *     history, since the event would not be kept; or if the event has an id although the hub's
   *     upstream assigns ids, since clients resume from the last id they got
   * @throws IllegalStateException if the hub is closed
   */
  @Override
  public @Nullable Position publish(String channel, SseEvent event) {
    Frame frame = feed.publishable(channel, event);
    if (connections.isClosed()) {
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

  /** Returns the number of open connections. */
  public int connectionCount() {
    return connections.count();
  }

  /** Returns the number of open connections that are subscribed to a channel. */
  public int connectionCount(String channel) {
    Objects.requireNonNull(channel, "channel");
    lock.lock();
    try {
      Channel open = channels.get(channel);
      return open == null ? 0 : open.subscriptions;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns whether this hub is open and its threads work: each delivery loop has responded to the
   * timer within the last ten seconds. Cheap enough for a health check that is called often.
   *
   * <p>Exceptions from clients, listeners or the upstream don't end these threads. If one of them
   * hangs all the same, this method returns false, and {@code io.github.ssekit.hub.Health} logs the
   * thread's stack trace once, at level {@code ERROR}. The only cure then is to restart the node.
   */
  public boolean isHealthy() {
    return !connections.isClosed() && health.isGood();
  }

  /**
   * Returns which connections and channels are open, since when, and how far clients are behind.
   * Waits for the delivery loops, one second at most.
   *
   * <p>Meant for an operator's page or a report once a minute, not for every request. The delivery
   * loops look at every connection for it. The calling thread looks at every channel, and at every
   * event that the listed connections have still to get.
   *
   * @param limit the maximum number of connections, and of channels, to list
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
      // The loops of a closed hub don't answer.
      DeliveryLoop[] asked = connections.isClosed() ? new DeliveryLoop[0] : loops.all();
      return new SnapshotRequest(
          settings.clock().instant(),
          channels,
          lock,
          asked,
          connections.count(),
          resumes.room,
          limit);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Closes every open connection for which the predicate returns true, with {@link
   * CloseReason#REVOKED}, for example when a user has logged out. Returns at once; connections
   * opened later are not tested. See {@link HubBuilder#closeWhen} for a predicate that is tested
   * again and again.
   *
   * <p>After a connection is closed in this way nothing more is written to it, though bytes that
   * the container has already may still reach the client. If the client doesn't take these bytes,
   * the connection ends at the stuck-write deadline at the latest.
   *
   * @param predicate called once for each connection, on a thread of the hub's callback executor.
   *     If it throws, the hub logs that, and the connection stays open.
   */
  public void closeIf(Predicate<? super Connection> predicate) {
    closeIf("closeIf", Objects.requireNonNull(predicate, "predicate")).pass();
  }

  private CloseIf closeIf(String name, Predicate<? super Connection> predicate) {
    return new CloseIf(loops, callbacks, nanoTime, name, predicate);
  }

  /**
   * Closes all connections of an owner, on this node, as {@link #closeIf} does, for example when a
   * user has logged out. Returns at once. A request that was authorised before and connects
   * afterwards is not affected.
   *
   * @param owner as in {@link ConnectionOptions}
   * @return the number of connections that the owner had
   */
  public int closeAll(String owner) {
    List<Connection> all = connections.of(Objects.requireNonNull(owner, "owner"));
    all.forEach(Connection::revoke);
    return all.size();
  }

  /**
   * Unsubscribes all connections of an owner from a channel, on this node, for example when a user
   * was banned from a room. When this method returns, no event of the channel is written to these
   * connections any more. Bytes that the container has already may still reach the client, and a
   * connection can {@linkplain Connection#subscribe subscribe} again.
   *
   * <p>A connection that is still getting events that it missed is closed instead, with {@link
   * CloseReason#REVOKED}: such events come in pages, and one page mixes all channels. The client
   * reconnects, and resumes the channels that it may still have.
   *
   * <p>First make sure that new requests of the owner don't get the channel. A request that was
   * authorised before this call, and connects after it, has the channel. Connections without an
   * owner, and connections on other nodes, keep it as well.
   *
   * @param owner as in {@link ConnectionOptions}
   * @return the number of connections that were subscribed to the channel
   */
  public int unsubscribe(String owner, String channel) {
    Objects.requireNonNull(owner, "owner");
    Objects.requireNonNull(channel, "channel");
    int unsubscribed = 0;
    for (Connection connection : connections.of(owner)) {
      if (connection.drop(channel)) {
        unsubscribed++;
      }
    }
    return unsubscribed;
  }

  /**
   * Empties this node before it stops: refuses new connections with {@link OverCapacityException},
   * and closes the open ones, evenly spread over the given time, with {@link CloseReason#DRAINED}.
   * Each client is told to wait one to two times the hub's reconnection time before it reconnects.
   * Call this before you stop the container, which would wait for the streams or cut them off, and
   * call {@link #close} after it.
   *
   * <p>Returns when no connection is open, which may be before the time is over. Connections whose
   * clients don't take their waiting events are cut off two seconds after the time; then this
   * method returns at the latest. If the calling thread is interrupted, this method returns early,
   * with the interrupt flag set, and leaves the remaining connections open. New connections stay
   * refused.
   *
   * <p>A further call drains the connections that are still open in the same way.
   *
   * @throws IllegalArgumentException if the time is not above zero and at most 365 days
   */
  public void drain(Duration time) {
    long nanos = HubBuilder.positive("drain", time).toNanos();
    connections.refuseAll();
    try {
      new Drain(loops, connections, threads, nanoTime).run(nanos, CLOSE_TIMEOUT_NANOS);
      loops.finishAll(CloseReason.DRAINED);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns whether this hub refuses new connections because {@link #drain} was called. */
  public boolean isDraining() {
    return connections.isDraining();
  }

  /**
   * Closes every connection once everything that waits for its client is written, or after two
   * seconds; then ends the hub's threads. Waits for all of this; if the calling thread is
   * interrupted before or meanwhile, ends all of it immediately. Further calls do nothing.
   */
  @Override
  public void close() {
    if (connections.close()) {
      loops.closeAll(CloseReason.HUB_CLOSED);
      connections.awaitNone(CLOSE_TIMEOUT_NANOS);
      loops.finishAll(CloseReason.HUB_CLOSED);
      periodicWork.reportLast();
      threads.stop(loops.all());
    }
  }
}
