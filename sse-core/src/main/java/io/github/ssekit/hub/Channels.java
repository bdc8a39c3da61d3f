package io.github.ssekit.hub;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The open channels of a hub, and the order of events over all of them. A channel opens with its
 * first subscription and closes a while after its last has ended; the upstream is told of both.
 */
final class Channels {
  /**
   * The maximum number of open channels without subscriptions. Otherwise clients that name new
   * channels and leave immediately could keep any number of channels open, despite all limits on
   * connections.
   */
  static final int MOST_EMPTY = 10_000;

  private final HubSettings settings;
  private final DeliveryLoop[] loops;
  private final LongSupplier nanoTime;

  /** The hub's lock. */
  final ReentrantLock lock;

  /** Whether the calling thread holds the lock; one object for all logs. */
  private final BooleanSupplier isLocked;

  /** Written under the lock. */
  private final Map<String, Channel> open = new ConcurrentHashMap<>();

  /** Channels without subscriptions, in the order in which they were left. Guarded by the lock. */
  private final Set<Channel> empty = new LinkedHashSet<>();

  /** Written under the lock. */
  private volatile @Nullable Upstream upstream;

  /** All events up to this ordinal are in their logs. Written under the lock. */
  private final AtomicLong watermark;

  Channels(
      HubSettings settings,
      DeliveryLoop[] loops,
      AtomicLong watermark,
      ReentrantLock lock,
      LongSupplier nanoTime) {
    this.watermark = watermark;
    this.settings = settings;
    this.loops = loops;
    this.lock = lock;
    this.isLocked = lock::isHeldByCurrentThread;
    this.nanoTime = nanoTime;
  }

  long watermark() {
    return watermark.get();
  }

  /** A channel to subscribe to, and the policy that the application chose for it, or null. */
  record Wanted(String name, @Nullable OverrunPolicy policy) {}

  /** Asks the application for the policy: not to be called under the lock. */
  Wanted wanted(String name) {
    return new Wanted(
        name, settings.overrunPolicies() == null ? null : settings.overrunPolicies().apply(name));
  }

  /** The loop that already serves the only channel of a connection, see {@link Channel#home}. */
  @Nullable DeliveryLoop home(List<Wanted> wanted) {
    // Not for several channels: clients that each share a channel with the next client would all
    // end up on one loop.
    Channel only = wanted.size() == 1 ? open.get(wanted.get(0).name) : null;
    return only == null ? null : only.home();
  }

  /** Throws if a connection would have too many channels. */
  void checkCount(int channels) {
    if (channels > settings.maxChannelsPerConnection()) {
      throw new IllegalChannelException(
          "%d channels: one connection may have maxChannelsPerConnection %d; ask for fewer"
              .formatted(channels, settings.maxChannelsPerConnection()));
    }
  }

  /** The channel of that name, if it is open. Any thread, without the lock too. */
  @Nullable Channel get(String name) {
    return open.get(name);
  }

  /** A live view of the open channels. Any thread, without the lock too. */
  Collection<Channel> all() {
    return open.values();
  }

  // Called under the hub's lock, unless the method says otherwise.

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

  @Nullable Upstream upstream() {
    return upstream;
  }

  /** Whether all ids in event streams are the upstream's. Any thread. */
  boolean upstreamGivesIds() {
    Upstream current = upstream;
    return current != null && current.givesIds();
  }

  /** Whether the upstream keeps the channel's events. Any thread. */
  boolean upstreamHasHistory(String channel) {
    Upstream current = upstream;
    return current != null && current.hasHistory(channel);
  }

  /** Appends an event and tells the loops; the caller then calls {@link Channel#wake}. */
  void append(Channel channel, byte[] frame, @Nullable Position position, Object key) {
    assert lock.isHeldByCurrentThread();
    // The log first: a thread that reads the watermark then finds all events below it in the logs.
    long ordinal = watermark.get() + 1;
    channel.append(ordinal, frame, position, key);
    watermark.set(ordinal);
    // Under the lock: the loops know of this event before the next event gets an ordinal.
    channel.signal();
  }

  /** Appends one event to all channels with history, and moves the start of their logs. */
  void appendToAll(
      byte[] frame, @Nullable Position position, Object key, Consumer<? super ChannelLog> start) {
    assert lock.isHeldByCurrentThread();
    long ordinal = watermark.get();
    List<Channel> marked = new ArrayList<>();
    for (Channel channel : open.values()) {
      if (channel.hasHistory) {
        channel.append(++ordinal, frame, position, key);
        if (channel.log.from() != null) {
          start.accept(channel.log);
        }
        marked.add(channel);
      }
    }
    // Before the watermark: a turn that reads the new watermark then reads all the channels. Else a
    // client of several channels would get the event once for each.
    Channel.signalTogether(marked);
    // Once for all channels, so that no batch ends between them.
    watermark.set(ordinal);
    // And behind it, for a turn that took the first signal and read the old watermark.
    Channel.signalTogether(marked);
  }

  /** Closes the channels that have been without subscriptions for the linger time. */
  void closeEmpty(long now) {
    assert lock.isHeldByCurrentThread();
    Iterator<Channel> oldest = empty.iterator();
    while (oldest.hasNext()) {
      Channel channel = oldest.next();
      if (now - channel.emptySince < settings.linger().toNanos()) {
        break;
      }
      close(channel, oldest);
    }
  }

  /** Counts a new subscription to a channel, which is opened if needed. */
  Channel enter(Wanted wanted) {
    assert lock.isHeldByCurrentThread();
    Channel channel = open(wanted.name, wanted.policy);
    empty.remove(channel);
    channel.subscriptions++;
    return channel;
  }

  /** Counts the end of a subscription to a channel. */
  void leave(Channel channel) {
    if (--channel.subscriptions == 0) {
      channel.emptySince = nanoTime.getAsLong();
      empty.add(channel);
      if (empty.size() > MOST_EMPTY) {
        Iterator<Channel> oldest = empty.iterator();
        close(oldest.next(), oldest);
      }
    }
  }

  private void close(Channel channel, Iterator<Channel> oldest) {
    oldest.remove();
    open.remove(channel.name);
    if (upstream != null) {
      upstream.channelClosed(channel.name);
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
      channel =
          new Channel(
              name,
              history,
              policy == null ? byDefault : policy,
              new ChannelLog(settings.logEvents(), settings.logBytes(), isLocked),
              settings.maxBatchBytes(),
              Arrays.stream(loops).map(Subscribers::new).toArray(Subscribers[]::new),
              lock);
      // First: if this throws, the channel stays closed.
      if (upstream != null) {
        upstream.channelOpened(name);
      }
      open.put(name, channel);
    }
    return channel;
  }

  /** Throws if a channel has reached the limit of subscriptions. */
  void checkRoom(Wanted wanted) {
    Channel channel = open.get(wanted.name);
    if (channel != null && channel.subscriptions >= settings.maxConnectionsPerChannel()) {
      throw OverCapacityException.reached(
          Refusal.MAX_CONNECTIONS_PER_CHANNEL, settings.maxConnectionsPerChannel());
    }
  }
}
