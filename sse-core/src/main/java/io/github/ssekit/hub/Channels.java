package io.github.ssekit.hub;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The open channels of a hub, their order, and who subscribes to them: one opens with its first
 * subscription and closes a while after its last, and the upstream is told of both.
 */
final class Channels {
  private final HubBuilder settings;
  private final DeliveryLoop[] loops;
  private final Resumes resumes;
  private final LongSupplier nanoTime;

  /** The hub's. */
  private final ReentrantLock lock;

  /** Written under the lock. */
  private final Map<String, Channel> open = new ConcurrentHashMap<>();

  /** Channels without subscriptions, longest first. Guarded by the lock. */
  private final Set<Channel> empty = new LinkedHashSet<>();

  /** Guarded by the lock. */
  private volatile @Nullable Upstream upstream;

  /** The highest ordinal that every log has, if it is theirs. Written under the lock. */
  private volatile long watermark;

  Channels(
      HubBuilder settings,
      DeliveryLoop[] loops,
      Resumes resumes,
      ReentrantLock lock,
      LongSupplier nanoTime) {
    this.settings = settings;
    this.loops = loops;
    this.resumes = resumes;
    this.lock = lock;
    this.nanoTime = nanoTime;
  }

  long watermark() {
    return watermark;
  }

  /** A channel that a connection is to have, and what the application says of it. */
  record Wanted(String name, @Nullable OverrunPolicy policy) {}

  /** Asks the application, so not under the lock. */
  Wanted wanted(String name) {
    return new Wanted(
        name, settings.overrunPolicies == null ? null : settings.overrunPolicies.apply(name));
  }

  /** Throws if one connection may not have so many channels. */
  void checkCount(int channels) {
    if (channels > settings.maxChannelsPerConnection) {
      throw new IllegalChannelException(
          "%d channels: one connection may have maxChannelsPerConnection %d; ask for fewer"
              .formatted(channels, settings.maxChannelsPerConnection));
    }
  }

  /** The channel of that name, if it is open. Any thread, without the lock too. */
  @Nullable Channel get(String name) {
    return open.get(name);
  }

  /** Those that are open, as long as one looks. Any thread, without the lock too. */
  Collection<Channel> all() {
    return open.values();
  }

  // Under the hub's lock: what the hub and its upstream do.

  /** Whether an upstream is attached. Any thread, without the lock too. */
  boolean hasUpstream() {
    return upstream != null;
  }

  /** See {@link Feed#attach}. */
  void attach(Upstream upstream) {
    for (String channel : open.keySet()) {
      if (upstream.hasHistory(channel)) {
        throw new IllegalStateException(
            "Channel \"" + channel + "\" has history and is open: attach before clients connect");
      }
    }
    this.upstream = upstream;
    open.keySet().forEach(upstream::channelOpened);
  }

  /** Whether the ids that clients resume by are the upstream's alone. */
  boolean upstreamGivesIds() {
    Upstream current = upstream;
    return current != null && current.givesIds();
  }

  /** Whether the upstream keeps the channel's events. */
  boolean upstreamHasHistory(String channel) {
    Upstream current = upstream;
    return current != null && current.hasHistory(channel);
  }

  /** Appends an event, and tells the loops, which are to be woken then. */
  void append(Channel channel, byte[] frame, @Nullable Position position, Object key) {
    // The log first: whoever sees the watermark sees everything below it, in every log.
    long ordinal = watermark + 1;
    channel.append(ordinal, frame, position, key);
    watermark = ordinal;
    // Under the lock: when an ordinal is given, the loops have been told of all below it.
    channel.signal();
  }

  /** Appends one event to all channels with history, and moves the start of their logs. */
  void appendToAll(
      byte[] frame, @Nullable Position position, Object key, Consumer<? super ChannelLog> start) {
    long ordinal = watermark;
    List<Channel> told = new ArrayList<>();
    for (Channel channel : open.values()) {
      if (channel.hasHistory) {
        channel.append(++ordinal, frame, position, key);
        if (channel.log.from() != null) {
          start.accept(channel.log);
        }
        told.add(channel);
      }
    }
    // At once, so that no batch ends among them.
    watermark = ordinal;
    told.forEach(Channel::signal);
  }

  /** Asks the upstream what a client has missed. */
  void replay(Resume resume, Position after, Upstream.ReplaySink sink) {
    List<String> names = new ArrayList<>(resume.subscriptions.size());
    resume.subscriptions.forEach(s -> names.add(s.channel.name));
    Objects.requireNonNull(upstream).replay(after, names, sink);
  }

  /** Closes the channels that have been without subscriptions for the linger time. */
  void closeEmpty(long now) {
    Iterator<Channel> longest = empty.iterator();
    while (longest.hasNext()) {
      Channel channel = longest.next();
      if (now - channel.emptySince < settings.linger.toNanos()) {
        break;
      }
      longest.remove();
      open.remove(channel.name);
      if (upstream != null) {
        upstream.channelClosed(channel.name);
      }
    }
  }

  /** Takes back all subscriptions of a connection that ends. */
  List<Subscription> release(Connection connection) {
    List<Subscription> subscriptions = new ArrayList<>(connection.subscriptions);
    connection.subscriptions.clear();
    connection.released = true;
    if (connection.resume != null) {
      resumes.closed(connection.resume);
      connection.resume = null;
    }
    subscriptions.forEach(this::leave);
    return subscriptions;
  }

  private void leave(Subscription subscription) {
    Channel channel = subscription.channel;
    if (--channel.subscriptions == 0) {
      channel.emptySince = nanoTime.getAsLong();
      empty.add(channel);
    }
  }

  private Channel open(String name, @Nullable OverrunPolicy policy) {
    Channel channel = open.get(name);
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
      open.put(name, channel);
    }
    return channel;
  }

  /** Throws if a channel has as many subscriptions as it may. */
  void checkRoom(Wanted wanted) {
    Channel channel = open.get(wanted.name);
    if (channel != null && channel.subscriptions >= settings.maxConnectionsPerChannel) {
      throw OverCapacityException.reached(
          Refusal.MAX_CONNECTIONS_PER_CHANNEL, settings.maxConnectionsPerChannel);
    }
  }

  /** Subscribes a connection that begins: it resumes its channels with history. */
  void resume(Connection connection, List<Wanted> channels) {
    List<Subscription> resumed = new ArrayList<>(0);
    for (Wanted wanted : channels) {
      subscribe(connection, wanted, resumed);
    }
    if (!resumed.isEmpty()) {
      connection.resume = new Resume(connection, resumed, connection.lastEventId());
      resumes.advance(connection.resume);
    }
  }

  private void subscribe(
      Connection connection, Wanted wanted, @Nullable List<Subscription> resumed) {
    Channel channel = open(wanted.name, wanted.policy);
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
      connection.live(List.of(subscription), null, null);
    }
  }

  // What connections do. These take the lock.

  /** Subscribes a connection to a channel from now on. */
  void subscribe(Connection connection, String name) {
    Wanted wanted = wanted(name);
    lock.lock();
    try {
      if (!connection.released && find(connection, name) == null) {
        checkCount(connection.subscriptions.size() + 1);
        checkRoom(wanted);
        subscribe(connection, wanted, null);
      }
    } finally {
      lock.unlock();
    }
  }

  void unsubscribe(Connection connection, String name) {
    remove(connection, name, false);
  }

  /**
   * Unsubscribes a connection and waits for a write that may hold the channel's events. Returns
   * whether it was subscribed.
   */
  boolean drop(Connection connection, String name) {
    boolean removed = remove(connection, name, true);
    if (removed) {
      connection.loop.awaitWrite(connection);
    }
    return removed;
  }

  private boolean remove(Connection connection, String name, boolean atOnce) {
    Subscription subscription;
    boolean replaying;
    lock.lock();
    try {
      subscription = find(connection, name);
      if (subscription == null) {
        return false;
      }
      connection.subscriptions.remove(subscription);
      Resume resume = connection.resume;
      // A replay holds the events of all channels.
      replaying = atOnce && resume != null && subscription.resumed;
      if (resume != null) {
        resume.dropped |= replaying;
        resumes.left(resume, subscription);
      }
      leave(subscription);
    } finally {
      lock.unlock();
    }
    connection.removed(subscription);
    if (replaying) {
      connection.revoke();
    }
    return true;
  }

  /** The names of the channels that a connection is subscribed to. */
  List<String> of(Connection connection) {
    lock.lock();
    try {
      return connection.subscriptions.stream().map(s -> s.channel.name).toList();
    } finally {
      lock.unlock();
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

  /** The newest events of each key that a reader has missed, see {@link NewestByKey#behind}. */
  @Nullable List<ChannelLog.Entry> newestBehind(Subscription subscription, long watermark) {
    NewestByKey newest = subscription.channel.newest;
    if (newest == null) {
      return null;
    }
    lock.lock();
    try {
      return newest.behind(subscription.cursor.ordinal, watermark, settings.maxBatchBytes);
    } finally {
      lock.unlock();
    }
  }

  /**
   * How many events are behind a cursor in a channel's log, up to the watermark; all that it holds
   * if the log has left the cursor behind.
   */
  int behind(Channel channel, ChannelLog.Entry cursor, long watermark) {
    int behind = ChannelLog.behind(cursor, watermark);
    if (behind >= 0) {
      return behind;
    }
    lock.lock();
    try {
      return channel.log.events();
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
}
