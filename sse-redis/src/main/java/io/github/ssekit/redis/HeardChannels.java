package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import io.github.ssekit.redis.HeardChannel.State;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All channels with history that a node has heard, from one connection to the next. The only writer
 * of their states. Not thread-safe: {@link PositionProtocol} owns it.
 */
final class HeardChannels {
  private final Map<String, HeardChannel> channels = new HashMap<>();
  private final AuditRotation rotation;

  /** How many channels are {@link State#AWAITED}. */
  private int awaited;

  /** The channels that are {@link State#ACKNOWLEDGED}. */
  private final Set<HeardChannel> acknowledged = new LinkedHashSet<>();

  /**
   * @param audited how many channels a probe asks for
   */
  HeardChannels(int audited) {
    rotation = new AuditRotation(audited);
  }

  /** A new connection begins, without subscriptions. */
  void reset() {
    awaited = 0;
    acknowledged.clear();
    rotation.clear();
    channels.values().forEach(HeardChannel::reset);
  }

  /** Begins to await the acknowledgements of channels. */
  void await(Collection<String> names) {
    for (String name : names) {
      HeardChannel channel = getOrAdd(name);
      if (channel.state == State.UNSUBSCRIBED) {
        channel.state = State.AWAITED;
        awaited++;
      }
    }
  }

  /** Whether Redis has acknowledged or refused all awaited channels. */
  boolean isAllAnswered() {
    return awaited == 0;
  }

  /** Redis has acknowledged a channel. */
  void acknowledge(String name) {
    HeardChannel channel = getOrAdd(name);
    endWait(channel);
    channel.state = State.ACKNOWLEDGED;
    acknowledged.add(channel);
  }

  /** Whether a channel is known, but not subscribed to. */
  boolean isUnsubscribed(String name) {
    HeardChannel channel = channels.get(name);
    return channel != null && channel.state == State.UNSUBSCRIBED;
  }

  /** Redis has refused a channel. Returns whether the channel was awaited. */
  boolean refuse(String name) {
    HeardChannel channel = channels.get(name);
    return channel != null && endWait(channel);
  }

  private boolean endWait(HeardChannel channel) {
    if (channel.state != State.AWAITED) {
      return false;
    }
    channel.state = State.UNSUBSCRIBED;
    awaited--;
    return true;
  }

  /** Removes a channel that is no longer subscribed to. Returns whether the channel was awaited. */
  boolean remove(String name) {
    rotation.remove(name);
    HeardChannel channel = channels.remove(name);
    if (channel == null) {
      return false;
    }
    acknowledged.remove(channel);
    return endWait(channel);
  }

  /**
   * The acknowledged channels are complete from a position on: follows them. Returns their names.
   */
  List<String> followAcknowledged(Position from) {
    List<String> names = new ArrayList<>(0);
    if (acknowledged.isEmpty()) {
      return names;
    }
    for (HeardChannel channel : acknowledged) {
      channel.state = State.FOLLOWED;
      channel.advance(from);
      names.add(channel.name);
    }
    acknowledged.clear();
    rotation.add(names);
    return names;
  }

  /**
   * A repair has read the complete channels up to a position. Nothing is known of other channels.
   */
  void repaired(Collection<String> complete, Position upTo) {
    Set<String> names = Set.copyOf(complete);
    for (HeardChannel channel : List.copyOf(channels.values())) {
      if (!names.contains(channel.name)) {
        channel.forgetLastEvent();
        if (channel.state == State.UNSUBSCRIBED) {
          channels.remove(channel.name);
        }
      }
    }
    names.forEach(name -> getOrAdd(name).upTo = upTo);
    rotation.add(names);
  }

  /** Returns a channel, or null if nothing is known of it. */
  @Nullable HeardChannel get(String name) {
    return channels.get(name);
  }

  HeardChannel getOrAdd(String name) {
    return channels.computeIfAbsent(name, HeardChannel::new);
  }

  /** Audits a channel sooner, since a message of it has arrived. */
  void preferInAudit(String name) {
    rotation.prefer(name);
  }

  /** Returns the channels whose last ids the next probe should ask for. */
  List<String> nextAudit() {
    return rotation.next();
  }

  /** All channels continue at a position. */
  void moveTo(Position position) {
    channels.values().forEach(channel -> channel.moveTo(position));
  }

  /** A channel continues at a position. */
  void moveTo(String name, Position position) {
    HeardChannel channel = channels.get(name);
    if (channel != null) {
      channel.moveTo(position);
    }
  }

  void forgetLastEvents() {
    channels.values().forEach(HeardChannel::forgetLastEvent);
  }
}
