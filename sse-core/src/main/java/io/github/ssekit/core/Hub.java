package io.github.ssekit.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The channels and connections of one node: what is delivered to a channel is written to every
 * connection that listens to it.
 *
 * <p>A hub is complete by itself: what one thread publishes, every browser connected to this node
 * gets. With a bridge as its {@link Upstream} the same program runs on many nodes; then publish
 * through the bridge.
 *
 * <p>All methods may be called from any thread. None waits for a client, but {@link #close} does
 * for a bounded time. A hub runs one delivery loop a processor and one timer, as daemon threads,
 * however many clients there are.
 */
public final class Hub implements EventPublisher, AutoCloseable {
  /** The longest name of a channel, in characters. */
  public static final int MAX_CHANNEL_LENGTH = 200;

  private static final long CLOSE_TIMEOUT_NANOS = 2_000_000_000L;

  final HubBuilder settings;

  /** Runs the end of each connection, off the loops. */
  final Executor closer;

  /** Runs the application's listeners. */
  final Executor callbacks;

  private final LongSupplier nanoTime;
  private final HubThreads threads;
  private final DeliveryLoop[] loops;
  private final AtomicInteger nextLoop = new AtomicInteger();

  /** Held for a few instructions; taken before no other lock but the upstream's. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition noConnections = lock.newCondition();

  /** Written under the lock. */
  private final Map<String, Channel> channels = new ConcurrentHashMap<>();

  /** Channels without subscriptions, longest first. Guarded by the lock. */
  private final Set<Channel> empty = new LinkedHashSet<>();

  // Guarded by the lock.
  private @Nullable Upstream upstream;
  private int connections;
  private boolean closed;

  /** Guarded by the lock. */
  private final Resumes resumes = new Resumes();

  /** The highest ordinal that every log has, if it is theirs. Written under the lock. */
  private volatile long watermark;

  Hub(HubBuilder settings, HubThreads threads, LongSupplier nanoTime) {
    this.settings = settings;
    this.threads = threads;
    this.nanoTime = nanoTime;
    this.closer = threads.closer();
    this.callbacks = threads.callbacks();
    this.loops = new DeliveryLoop[settings.loops];
    Arrays.setAll(loops, i -> new DeliveryLoop(i, () -> watermark, settings.batchCapBytes));
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
   * Names the source of the hub's channels, which is told at once of those that are open.
   *
   * @throws IllegalStateException if the hub has one already, or if a channel is open that is to
   *     have history: attach before clients connect
   */
  public void attach(Upstream upstream) {
    lock.lock();
    try {
      if (this.upstream != null) {
        throw new IllegalStateException("This hub has an upstream already; a hub takes one");
      }
      for (String channel : channels.keySet()) {
        if (upstream.hasHistory(channel)) {
          throw new IllegalStateException(
              "Channel \"" + channel + "\" has history and is open: attach before clients connect");
        }
      }
      this.upstream = upstream;
      channels.keySet().forEach(upstream::channelOpened);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Connects a client: from when this returns, every event delivered to the channels is written to
   * it, once. The reconnection time goes first. Of channels with history it is first written what
   * came after its last event ID; or, if it sent none, the position from which on it misses
   * nothing.
   *
   * @param channels may be empty; further ones can follow by {@link Connection#subscribe}
   * @param lastEventId the {@code Last-Event-ID} that the client sent, as it sent it, or null. One
   *     that is no position of ours is answered in band, by a {@link StreamReset}.
   * @throws IllegalArgumentException if a channel's name is not legal, see {@link EventPublisher}
   * @throws IllegalStateException if the hub is closed
   */
  public Connection connect(
      Transport transport, Collection<String> channels, @Nullable String lastEventId) {
    channels.forEach(Hub::checkChannel);
    DeliveryLoop loop = loops[Math.floorMod(nextLoop.getAndIncrement(), loops.length)];
    Connection connection = new Connection(this, loop, transport, lastEventId);
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("The hub is closed");
      }
      connections++;
      // Under the lock: a close that comes next finds it.
      loop.execute(() -> loop.add(connection));
    } finally {
      lock.unlock();
    }
    connection.start(channels, settings.reconnectionTime);
    return connection;
  }

  /**
   * Publishes on this node alone; the event is larger than allowed if its frame is, see {@link
   * HubBuilder#eventSizeLimit}.
   */
  @Override
  public @Nullable String publish(String channel, SseEvent event) {
    Frame frame = checked(channel, event);
    Channel open = channels.get(channel);
    if (open != null) {
      if (open.hasHistory && event.id() != null) {
        throw new IllegalArgumentException(
            "event id \"" + event.id() + "\": in a channel with history the upstream gives ids");
      }
      deliver(open, frame, null, keyOf(open, event));
    }
    return event.id();
  }

  /**
   * Throws what {@link #publish} would, and does nothing else: for publishers in front of this hub.
   *
   * @throws IllegalArgumentException as {@link EventPublisher#publish}
   */
  public void check(String channel, SseEvent event) {
    checked(channel, event);
  }

  private Frame checked(String channel, SseEvent event) {
    checkChannel(channel);
    Frame frame = event.sendable().frame();
    if (frame.length() > settings.eventSizeLimit) {
      throw new IllegalArgumentException(
          "event of %d bytes is over the limit of %d bytes; split it, or raise eventSizeLimit"
              .formatted(frame.length(), settings.eventSizeLimit));
    }
    return frame;
  }

  /** The largest event that this hub takes, in bytes of its frame. */
  public int eventSizeLimit() {
    return settings.eventSizeLimit;
  }

  /**
   * Takes an event from the upstream: one that is not kept, in a channel with history too. Where
   * one is larger than the hub's limit, the channel's clients get a {@link StreamReset} in its
   * place.
   *
   * @throws IllegalArgumentException if the event's type is {@code open} or {@code error}
   */
  public void deliver(String channel, SseEvent event) {
    deliver(channel, event.sendable(), event, null);
  }

  /**
   * Takes an event of a channel with history from the upstream, and notes that its position is
   * reached, see {@link #reached}.
   *
   * @param event without an id: the position becomes its id. One that is too large is as in {@link
   *     #deliver(String, SseEvent)}
   * @throws IllegalArgumentException if the event's type is {@code open} or {@code error}
   */
  public void deliver(String channel, SseEvent event, Position position) {
    deliver(channel, event.sendable(), event.withId(position.toString()), position);
  }

  private void deliver(
      String name, SseEvent event, SseEvent positioned, @Nullable Position position) {
    Channel channel = channels.get(name);
    if (channel != null) {
      Frame frame = positioned.frame();
      if (frame.length() > settings.eventSizeLimit) {
        StreamReset.Reason reason = StreamReset.Reason.OVERSIZED;
        deliver(channel, new StreamReset(name, reason).event().frame(), position, reason);
      } else {
        deliver(channel, frame, position, keyOf(channel, event));
      }
    } else if (position != null) {
      reached(position);
    }
  }

  private static Object keyOf(Channel channel, SseEvent event) {
    Function<? super SseEvent, String> keyOf = channel.policy.keyOf;
    return keyOf == null ? channel.name : Objects.requireNonNull(keyOf.apply(event), "key");
  }

  /** Tells the clients of a channel, in its order, that they may have missed events. */
  public void reset(String channel, StreamReset.Reason reason) {
    Channel open = channels.get(channel);
    if (open != null) {
      // Of several resets for one reason, a client needs the newest.
      deliver(open, new StreamReset(channel, reason).event().frame(), null, reason);
    }
  }

  private void deliver(Channel channel, Frame frame, @Nullable Position position, Object key) {
    lock.lock();
    try {
      // A log with history is kept for those who come back.
      if (channel.subscriptions > 0 || channel.hasHistory) {
        append(channel, frame, position, key);
      }
      // Last: whoever reads this position sees a watermark that covers it.
      if (position != null) {
        resumes.reached(position);
      }
    } finally {
      lock.unlock();
    }
    channel.wake();
  }

  private void append(Channel channel, Frame frame, @Nullable Position position, Object key) {
    // The log first: whoever sees the watermark sees everything below it, in every log.
    long ordinal = watermark + 1;
    channel.append(ordinal, frame, position, key);
    watermark = ordinal;
    // Under the lock: when an ordinal is given, the loops have been told of all below it.
    channel.signal();
  }

  /**
   * The upstream says: these channels with history are complete from a position on, which is
   * reached too.
   */
  public void opened(Collection<String> names, Position from) {
    locked(
        () -> {
          for (String name : names) {
            Channel channel = channels.get(name);
            if (channel != null && channel.log.from() == null) {
              channel.log.startAt(from);
            }
          }
          resumes.reached(from);
          resumes.opened();
        });
  }

  /**
   * The upstream says: all events up to this position, of all open channels, have been delivered.
   * Positions rise, except by {@link #rewound}.
   */
  public void reached(Position position) {
    locked(() -> resumes.reached(position));
  }

  /** The upstream says: events of the reset's channel are missing, and can't be had any more. */
  public void lost(StreamReset reset) {
    locked(
        () -> {
          String name = Objects.requireNonNull(reset.channel(), "channel");
          Channel channel = channels.get(name);
          if (channel != null) {
            append(channel, reset.event().frame(), null, reset.reason());
            // One that is not open yet is complete from where it will be opened.
            if (channel.log.from() != null) {
              channel.log.startAt(reset.to());
            }
          }
        });
  }

  /**
   * The upstream says: of what has happened before a position nothing can be promised. All clients
   * of channels with history are told, and go on from there.
   */
  public void rewound(StreamReset.Reason reason, @Nullable Position from, Position to) {
    locked(
        () -> {
          // One frame: a client of several channels is told once.
          Frame frame =
              new StreamReset(null, reason, from, to).event().withId(to.toString()).frame();
          long ordinal = watermark;
          List<Channel> told = new ArrayList<>();
          for (Channel channel : channels.values()) {
            if (channel.hasHistory) {
              channel.append(++ordinal, frame, to, reason);
              if (channel.log.from() != null) {
                channel.log.restartAt(to);
              }
              told.add(channel);
            }
          }
          // At once, so that no batch ends among them.
          watermark = ordinal;
          told.forEach(Channel::signal);
          resumes.rewound(to);
        });
  }

  private void locked(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
    for (DeliveryLoop loop : loops) {
      loop.wake();
    }
  }

  /**
   * Up to where this node has everything, for a page to embed: a stream that is opened with it as
   * {@code lastEventId} goes on from there. Null without history, and until the upstream is
   * reached.
   */
  public @Nullable Position position() {
    return resumes.position();
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
      for (DeliveryLoop loop : loops) {
        loop.execute(() -> loop.finishAll(CloseReason.HUB_CLOSED));
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

  /** Subscribes a connection that begins: it resumes its channels with history. */
  void resume(Connection connection, Collection<String> names) {
    List<Subscription> resumed = new ArrayList<>(0);
    for (String name : names) {
      subscribe(connection, name, resumed);
    }
    if (!resumed.isEmpty()) {
      lock.lock();
      try {
        if (!connection.released) {
          connection.resume = new Resume(connection, resumed, connection.lastEventId());
          resumes.advance(connection.resume);
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /** Subscribes a connection to a channel from now on. */
  void subscribe(Connection connection, String name) {
    subscribe(connection, name, null);
  }

  private void subscribe(Connection connection, String name, @Nullable List<Subscription> resumed) {
    OverrunPolicy policy = policy(name);
    lock.lock();
    try {
      if (connection.released || find(connection, name) != null) {
        return;
      }
      Channel channel = open(name, policy);
      empty.remove(channel);
      channel.subscriptions++;
      Subscription subscription = new Subscription(connection, channel);
      connection.subscriptions.add(subscription);
      if (resumed != null && channel.hasHistory) {
        subscription.resumed = true;
        resumed.add(subscription);
      } else if (channel.hasHistory && connection.resume != null) {
        connection.resume.late.add(subscription);
      } else {
        // Under the lock: the loop knows of it before it is asked to write a later position.
        connection.live(List.of(subscription), null);
      }
    } finally {
      lock.unlock();
    }
  }

  private @Nullable OverrunPolicy policy(String name) {
    return settings.overrunPolicies == null ? null : settings.overrunPolicies.apply(name);
  }

  private Channel open(String name, @Nullable OverrunPolicy policy) {
    Channel channel = channels.get(name);
    if (channel == null) {
      boolean history = upstream != null && upstream.hasHistory(name);
      if (history && policy != null && policy.keyOf != null) {
        throw new IllegalArgumentException(
            "channel \"%s\" has history: its overrun policy can't be to conflate".formatted(name));
      }
      OverrunPolicy byDefault = history ? OverrunPolicy.close() : OverrunPolicy.skip();
      channel = new Channel(name, history, policy == null ? byDefault : policy, settings, loops);
      // First: if it throws, the channel is not open.
      if (upstream != null) {
        upstream.channelOpened(name);
      }
      channels.put(name, channel);
    }
    return channel;
  }

  /** Asks the upstream what a client has missed. Under the lock. */
  void replay(Resume resume, Position after, Upstream.ReplaySink sink) {
    List<String> names = new ArrayList<>(resume.subscriptions.size());
    resume.subscriptions.forEach(s -> names.add(s.channel.name));
    Objects.requireNonNull(upstream).replay(after, names, sink);
  }

  /** A connection has written a replay. */
  void replayed(Resume resume, Position upTo) {
    lock.lock();
    try {
      resumes.replayed(resume, upTo);
    } finally {
      lock.unlock();
    }
  }

  void unsubscribe(Connection connection, String name) {
    Subscription subscription;
    lock.lock();
    try {
      subscription = find(connection, name);
      if (subscription == null) {
        return;
      }
      connection.subscriptions.remove(subscription);
      if (connection.resume != null) {
        resumes.left(connection.resume, subscription);
      }
      leave(subscription);
    } finally {
      lock.unlock();
    }
    connection.removed(subscription);
  }

  /** Takes back all subscriptions of a connection that ends. */
  List<Subscription> release(Connection connection) {
    lock.lock();
    try {
      List<Subscription> subscriptions = new ArrayList<>(connection.subscriptions);
      connection.subscriptions.clear();
      connection.released = true;
      if (connection.resume != null) {
        resumes.end(connection.resume);
        connection.resume = null;
      }
      subscriptions.forEach(this::leave);
      if (--connections == 0) {
        noConnections.signalAll();
      }
      return subscriptions;
    } finally {
      lock.unlock();
    }
  }

  /** The newest events of each key that a reader has missed, see {@link NewestByKey#behind}. */
  @Nullable List<ChannelLog.Entry> newestBehind(Subscription subscription, long watermark) {
    NewestByKey newest = subscription.channel.newest;
    if (newest == null) {
      return null;
    }
    lock.lock();
    try {
      return newest.behind(subscription.cursor.ordinal, watermark, settings.batchCapBytes);
    } finally {
      lock.unlock();
    }
  }

  /** Moves a reader that has fallen behind the log to its end. */
  void skipToEnd(Subscription subscription) {
    lock.lock();
    try {
      subscription.cursor = subscription.channel.log.tail();
    } finally {
      lock.unlock();
    }
  }

  long nanoTime() {
    return nanoTime.getAsLong();
  }

  /** The timer's: heartbeats and deadlines, and the end of channels that nobody wants. */
  void tick() {
    long now = nanoTime();
    // Before the loops are told: whatever is at or below it, they are told of before.
    Position position = resumes.position();
    byte[] sign = position == null ? Connection.HEARTBEAT : position.block().frame().bytes();
    for (DeliveryLoop loop : loops) {
      loop.execute(() -> loop.tick(now, sign));
    }
    lock.lock();
    try {
      Iterator<Channel> longest = empty.iterator();
      while (longest.hasNext()) {
        Channel channel = longest.next();
        if (now - channel.emptySince < settings.linger.toNanos()) {
          break;
        }
        longest.remove();
        channels.remove(channel.name);
        if (upstream != null) {
          upstream.channelClosed(channel.name);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void leave(Subscription subscription) {
    Channel channel = subscription.channel;
    if (--channel.subscriptions == 0) {
      channel.emptySince = nanoTime();
      empty.add(channel);
    }
  }

  private static @Nullable Subscription find(Connection connection, String channel) {
    for (Subscription s : connection.subscriptions) {
      if (s.channel.name.equals(channel)) {
        return s;
      }
    }
    return null;
  }

  /** The name, if it is legal. */
  static String checkChannel(String name) {
    if (name.isEmpty() || name.length() > MAX_CHANNEL_LENGTH) {
      throw new IllegalArgumentException(
          "channel name of %d characters: give it 1 to %d"
              .formatted(name.length(), MAX_CHANNEL_LENGTH));
    }
    for (int i = 0; i < name.length(); i++) {
      if (Character.isISOControl(name.charAt(i))) {
        throw new IllegalArgumentException(
            "channel name holds the control character U+%04X at index %d; remove it"
                .formatted((int) name.charAt(i), i));
      }
    }
    if (!Text.wellFormed(name).equals(name)) {
      throw new IllegalArgumentException("channel name holds an unpaired surrogate; remove it");
    }
    return name;
  }
}
