package io.github.ssekit.redis;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The channels that are open in the hub, and how complete each is for its clients. Thread-safe: its
 * monitor guards everything; only the predicate of channels with history is called under it.
 *
 * <pre>
 *   plain         opened ──► LIVE ◄──► INTERRUPTED
 *   with history  opened ──► OPENING ──► COMPLETE
 * </pre>
 */
final class OpenChannels {
  private enum State {
    /** Plain: no message was missed since the channel was opened, or since its last reset. */
    LIVE,
    /** Plain: clients may have missed messages, and are told so once messages arrive again. */
    INTERRUPTED,
    /** With history: clients wait for the first position from which the channel is complete. */
    OPENING,
    /** With history: the hub has everything up to the node's position. */
    COMPLETE
  }

  /** One channel. Guarded by the table's monitor. */
  private static final class OpenChannel {
    private final boolean hasHistory;
    private State state;

    OpenChannel(boolean hasHistory, State state) {
      this.hasHistory = hasHistory;
      this.state = state;
    }

    void interrupt() {
      if (!hasHistory) {
        state = State.INTERRUPTED;
      }
    }
  }

  private final Predicate<String> hasHistory;
  private final Map<String, OpenChannel> channels = new HashMap<>();

  /**
   * The open channels to which Redis refuses the subscription, in the order of the next attempts.
   */
  private final Set<String> refused = new LinkedHashSet<>();

  /** Whether a subscription stands. */
  private boolean isSubscribed;

  OpenChannels(Predicate<String> hasHistory) {
    this.hasHistory = hasHistory;
  }

  synchronized void open(String name) {
    boolean kept = hasHistory.test(name);
    State plain = isSubscribed ? State.LIVE : State.INTERRUPTED;
    channels.put(name, new OpenChannel(kept, kept ? State.OPENING : plain));
  }

  /** Returns whether this was the last channel that Redis refused. */
  synchronized boolean close(String name) {
    channels.remove(name);
    return accepted(name);
  }

  synchronized boolean isOpen(String name) {
    return channels.containsKey(name);
  }

  List<String> open(Predicate<String> some) {
    List<String> all;
    synchronized (this) {
      all = List.copyOf(channels.keySet());
    }
    return all.stream().filter(some).toList();
  }

  /** A subscription stands. Returns the channels that it must include. */
  synchronized Set<String> subscribed() {
    isSubscribed = true;
    return Set.copyOf(channels.keySet());
  }

  /** No subscription stands. */
  synchronized void unsubscribed() {
    isSubscribed = false;
    channels.values().forEach(OpenChannel::interrupt);
  }

  /** Redis refuses the subscription to a channel. Returns whether the channel is open. */
  synchronized boolean refused(String name) {
    OpenChannel channel = channels.get(name);
    if (channel != null) {
      refused.add(name);
      channel.interrupt();
    }
    return channel != null;
  }

  /** Returns refused channels to try again, at most {@code most}, in turn. */
  synchronized List<String> refused(int most) {
    List<String> names = refused.stream().limit(most).toList();
    names.forEach(refused::remove);
    refused.addAll(names);
    return names;
  }

  /**
   * Redis accepts the subscription to a channel. Returns whether this was the last refused channel.
   */
  synchronized boolean accepted(String name) {
    return refused.remove(name) && refused.isEmpty();
  }

  /**
   * Messages of a plain channel arrive. Returns whether its clients have to be told that they may
   * have missed some.
   */
  synchronized boolean resumed(String name) {
    OpenChannel channel = channels.get(name);
    if (channel == null || channel.state != State.INTERRUPTED) {
      return false;
    }
    channel.state = State.LIVE;
    return true;
  }

  /** Channels with history are complete from now on. */
  synchronized void completed(Collection<String> names) {
    for (String name : names) {
      OpenChannel channel = channels.get(name);
      if (channel != null) {
        channel.state = State.COMPLETE;
      }
    }
  }

  /** Returns the channels of which the hub has everything up to the node's position. */
  synchronized List<String> complete() {
    List<String> names = new ArrayList<>();
    channels.forEach(
        (name, channel) -> {
          if (channel.state == State.COMPLETE) {
            names.add(name);
          }
        });
    return names;
  }
}
