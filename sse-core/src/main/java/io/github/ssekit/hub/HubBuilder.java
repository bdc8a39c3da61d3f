package io.github.ssekit.hub;

import io.github.ssekit.event.ReconnectionTime;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a hub, each with a default that is safe in production. Not thread-safe.
 *
 * <pre>{@code
 * Hub hub = Hub.builder().maxConnections(20_000).maxConnectionsPerOwner(10).create();
 * }</pre>
 *
 * <p>Numbers and times must be above zero, times at most 365 days; {@link IllegalArgumentException}
 * otherwise. The reconnection time has limits of its own.
 */
public final class HubBuilder {
  private static final Duration LONGEST = Duration.ofDays(365);

  private Duration heartbeat = Duration.ofSeconds(15);
  private Duration stuckWriteDeadline = Duration.ofSeconds(30);
  private Duration linger = Duration.ofSeconds(5);
  private ReconnectionTime reconnectionTime = new ReconnectionTime(Duration.ofSeconds(2));
  private int maxEventBytes = 1 << 20;
  private int logEvents = 1024;
  private long logBytes = 4 << 20;
  private int maxBatchBytes = 64 << 10;
  private int maxSendBytes = 256 << 10;
  private long maxReplayBytes = Math.min(32 << 20, Runtime.getRuntime().maxMemory() / 8);
  private @Nullable Function<? super String, @Nullable OverrunPolicy> overrunPolicies;
  private final List<HubObserver> observers = new ArrayList<>();
  private @Nullable Duration maxLifetime;
  private @Nullable Predicate<? super Connection> closeWhen;

  /** The wall clock. */
  InstantSource clock = InstantSource.system();

  private boolean idsOnEventsOnly;
  private int loops = Runtime.getRuntime().availableProcessors();
  private int maxConnections = Integer.MAX_VALUE;
  private int maxConnectionsPerOwner = Integer.MAX_VALUE;
  private int maxConnectionsPerChannel = Integer.MAX_VALUE;
  private int maxChannelsPerConnection = 1000;

  HubBuilder() {}

  /**
   * How long a connection may be silent before a comment is written; or, if it is live on channels
   * with history, how long it may go without a position before its position is written. Default: 15
   * s; set it below the time after which your clients give up a silent stream.
   */
  public HubBuilder heartbeat(Duration interval) {
    heartbeat = positive("heartbeat", interval);
    return this;
  }

  /**
   * How long a client may take for one write before its connection is closed with {@link
   * CloseReason#STUCK}: from the moment that it did not take the whole write, until it has. A write
   * is a batch, an event of any size, or a page of missed events. While resuming clients wait for
   * {@link #maxReplayBytes}, clients that hold these bytes have a sixth of this time. Default: 30
   * s.
   */
  public HubBuilder stuckWriteDeadline(Duration deadline) {
    stuckWriteDeadline = positive("stuckWriteDeadline", deadline);
    return this;
  }

  /**
   * How long a channel without subscribers is kept open, so that a page that reloads doesn't close
   * the channel upstream and open it again. Default: 5 s.
   */
  public HubBuilder linger(Duration time) {
    linger = positive("linger", time);
    return this;
  }

  /**
   * How long clients wait before they connect again. Each stream begins with this time. Default: 2
   * s.
   *
   * @throws IllegalArgumentException as {@link ReconnectionTime}
   */
  public HubBuilder reconnectionTime(Duration time) {
    reconnectionTime = new ReconnectionTime(time);
    return this;
  }

  /** The largest event, in bytes of its frame. Default: 1 MiB. */
  public HubBuilder maxEventBytes(int bytes) {
    maxEventBytes = (int) positive("maxEventBytes", bytes);
    return this;
  }

  /**
   * How much the log of each channel keeps for connections that lag: the newest events, up to both
   * limits, but the newest event always. Default: 1,024 events, 4 MiB.
   */
  public HubBuilder maxChannelLog(int events, long bytes) {
    logEvents = (int) positive("maxChannelLog events", events);
    logBytes = positive("maxChannelLog bytes", bytes);
    return this;
  }

  /**
   * Chooses the overrun policy by a channel's name, for a connection whose next event the channel's
   * log no longer holds. Default: {@link OverrunPolicy#close} for channels with history, since the
   * client comes back and gets the missed events, otherwise {@link OverrunPolicy#skip}.
   *
   * <p>The function is called when a connection subscribes, on the subscribing thread. If the
   * subscription opens the channel on this node, the result applies until the channel closes; null
   * means the default. The function's exceptions reach the caller that connects or subscribes. A
   * channel with history can't {@linkplain OverrunPolicy#conflate conflate}.
   */
  public HubBuilder overrunPolicies(
      Function<? super String, @Nullable OverrunPolicy> policyOfChannel) {
    overrunPolicies = Objects.requireNonNull(policyOfChannel, "policyOfChannel");
    return this;
  }

  /**
   * The maximum number of bytes of events that are joined into one write. A larger event is written
   * alone. Missed events are read in pages: each page is one write, whatever its size. Default: 64
   * KiB.
   */
  public HubBuilder maxBatchBytes(int bytes) {
    maxBatchBytes = (int) positive("maxBatchBytes", bytes);
    return this;
  }

  /**
   * How many bytes of {@link Connection#send} may wait for one client before its connection is
   * closed with {@link CloseReason#OVERFLOW}. Default: 256 KiB.
   */
  public HubBuilder maxSendBytes(int bytes) {
    maxSendBytes = (int) positive("maxSendBytes", bytes);
    return this;
  }

  /**
   * How many bytes may wait on this node for clients that don't take them: bytes of replays, from
   * when they are read until the client has taken them; and as many again of writes from the
   * channels' logs. Default: 32 MiB, or an eighth of the heap if that is less.
   *
   * <p>Beyond this limit, resuming clients wait, connected, in order; clients that have taken a
   * page already go first. One page is always admitted. A write from the logs is then 4 KiB at
   * most, or one event, and a client that takes nothing is closed after a sixth of the {@linkplain
   * #stuckWriteDeadline stuck-write deadline}.
   */
  public HubBuilder maxReplayBytes(long bytes) {
    maxReplayBytes = positive("maxReplayBytes", bytes);
    return this;
  }

  /**
   * Adds an observer of the hub's connections and writes. Observers are called in the order in
   * which they were added, on one thread: a slow observer delays the others. Default: none, at no
   * cost.
   */
  public HubBuilder observer(HubObserver observer) {
    observers.add(Objects.requireNonNull(observer, "observer"));
    return this;
  }

  /**
   * The maximum lifetime of a connection. Each connection gets a limit of its own, 80 to 100 % of
   * this, so that connections that opened together don't close together. It is closed with {@link
   * CloseReason#LIFETIME} within a second after its limit, or within a quarter of the maximum if
   * that is less. Its client is told to wait one to two times the reconnection time, and comes
   * back. This bounds the memory for clients that vanished unnoticed, and spreads clients over new
   * nodes. Default: none.
   */
  public HubBuilder maxLifetime(Duration longest) {
    maxLifetime = positive("maxLifetime", longest);
    return this;
  }

  /**
   * Tests every connection repeatedly, and closes it with {@link CloseReason#REVOKED} if the
   * predicate returns true: if its user's session is no longer valid, for example. Tests about once
   * a second; more often if heartbeat, stuck-write deadline, linger or maximal lifetime is shorter
   * than four seconds, and less often if the predicate takes longer for all connections. Default:
   * no test.
   *
   * @param predicate as for {@link Hub#closeIf}; its exceptions are logged at most once a minute
   */
  public HubBuilder closeWhen(Predicate<? super Connection> predicate) {
    closeWhen = Objects.requireNonNull(predicate, "predicate");
    return this;
  }

  /**
   * Writes positions with events only, never as blocks of only an id: for clients that report a
   * message at each block, even without data, see docs/clients.md. Default: off; a single
   * connection can {@linkplain ConnectionOptions#withIdsOnEventsOnly ask for it}.
   *
   * <p>The price, with history: a client that drops before its first event has no last event ID, so
   * it continues live and misses the events that came meanwhile; and the last event ID of a client
   * that gets no events grows old, so that the client may get a reset when history no longer
   * reaches back to that ID.
   */
  public HubBuilder idsOnEventsOnly() {
    idsOnEventsOnly = true;
    return this;
  }

  /** The number of delivery loops. Default: one per processor. */
  public HubBuilder loops(int count) {
    loops = (int) positive("loops", count);
    return this;
  }

  /**
   * How many connections may be open at a time. Further connections are refused with {@link
   * OverCapacityException}; open connections stay. Default: no limit.
   */
  public HubBuilder maxConnections(int count) {
    maxConnections = (int) positive("maxConnections", count);
    return this;
  }

  /**
   * How many connections of one {@linkplain ConnectionOptions#owner owner} may be open at a time;
   * as {@link #maxConnections}. A browser has one for each {@code EventSource} of each tab.
   * Connections without an owner are not counted. Default: no limit.
   */
  public HubBuilder maxConnectionsPerOwner(int count) {
    maxConnectionsPerOwner = (int) positive("maxConnectionsPerOwner", count);
    return this;
  }

  /**
   * How many connections may be subscribed to one channel at a time; as {@link #maxConnections},
   * and for {@link Connection#subscribe} too. Default: no limit.
   */
  public HubBuilder maxConnectionsPerChannel(int count) {
    maxConnectionsPerChannel = (int) positive("maxConnectionsPerChannel", count);
    return this;
  }

  /**
   * How many channels one connection may be subscribed to at a time. Further channels are refused
   * with {@link IllegalArgumentException}: to come back later would not help. Default: 1,000.
   */
  public HubBuilder maxChannelsPerConnection(int count) {
    maxChannelsPerConnection = (int) positive("maxChannelsPerConnection", count);
    return this;
  }

  /** A hub with these settings, started. */
  public Hub create() {
    Hub hub = create(new HubThreads(), System::nanoTime);
    hub.start();
    return hub;
  }

  /** A hub with these settings, not started, on other threads and another clock. */
  Hub create(HubThreads threads, LongSupplier nanoTime) {
    return new Hub(settings(), List.copyOf(observers), closeWhen, threads, nanoTime);
  }

  HubSettings settings() {
    return new HubSettings(
        heartbeat,
        stuckWriteDeadline,
        linger,
        maxLifetime,
        reconnectionTime,
        clock,
        idsOnEventsOnly,
        overrunPolicies,
        loops,
        maxEventBytes,
        logEvents,
        logBytes,
        maxBatchBytes,
        maxSendBytes,
        maxReplayBytes,
        maxConnections,
        maxConnectionsPerOwner,
        maxConnectionsPerChannel,
        maxChannelsPerConnection);
  }

  static Duration positive(String name, Duration value) {
    Objects.requireNonNull(value, name);
    if (value.isNegative() || value.isZero() || value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          name + " " + value + " is not above zero and at most " + LONGEST.toDays() + " days");
    }
    return value;
  }

  private static long positive(String name, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " " + value + " is not above zero");
    }
    return value;
  }
}
