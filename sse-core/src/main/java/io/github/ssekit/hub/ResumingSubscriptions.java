package io.github.ssekit.hub;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions that become live together at the end of a {@link Resume}, and how far their
 * logs reach back. Guarded by the hub's lock.
 */
final class ResumingSubscriptions {
  /** The subscriptions that the connection began with and has not left since. */
  private final List<Subscription> first;

  /**
   * The subscriptions that were added later. They wait for the first subscriptions: the ids of
   * their events would carry the client's last event ID past events that the client still misses.
   */
  private final List<Subscription> added = new ArrayList<>(0);

  /** A newcomer's start on each of the first channels, by the channel's name. */
  private final Map<String, Start> newcomers;

  /** The start positions of channels that start behind the end of a newcomer's first page. */
  private Map<String, Position> starts = Map.of();

  /** See {@link Start#since}. */
  private final Map<String, Position> since = new HashMap<>(0);

  /**
   * @param first changed by this object alone from now on
   * @param newcomers a newcomer's starts, by the channel's name; empty for another client
   */
  ResumingSubscriptions(List<Subscription> first, Map<String, Start> newcomers) {
    this.first = first;
    this.newcomers = newcomers;
  }

  void add(Subscription s) {
    added.add(s);
  }

  void remove(Subscription s) {
    added.remove(s);
    first.remove(s);
  }

  boolean isEmpty() {
    return first.isEmpty() && added.isEmpty();
  }

  /** Whether the client has left each channel whose events it may have missed. */
  boolean haveNothingToRead() {
    return first.isEmpty();
  }

  /** Whether a newcomer gets no past events. */
  boolean startNow() {
    return first.stream().allMatch(s -> Start.NOW.equals(newcomers.get(s.channel.name)));
  }

  /**
   * The starts of the channels whose events the client may have missed.
   *
   * @param at the client's position, or null for a newcomer
   */
  Map<String, Start> starts(@Nullable Position at) {
    Map<String, Start> wanted = new HashMap<>();
    for (Subscription s : first) {
      String name = s.channel.name;
      wanted.put(
          name,
          at == null
              ? Objects.requireNonNull(newcomers.get(name))
              : Start.after(from(s, at)).withSince(since.get(name)));
    }
    return wanted;
  }

  /**
   * Remembers the start positions of channels that a newcomer's first page does not reach, and the
   * upstream's latest position, if known: earlier losses don't concern a newcomer.
   */
  void startAfter(Map<String, Position> positions, @Nullable Position clock) {
    starts = positions;
    newcomers.forEach(
        (name, start) -> {
          // A newcomer that starts after a position is told of losses like a client that returns.
          if (start.after() == null && clock != null) {
            since.put(name, clock);
          }
        });
  }

  /**
   * The client has been told of the losses up to a position of the upstream.
   *
   * @param channel null for all
   * @param clock that position, or null if unknown
   */
  void told(@Nullable String channel, @Nullable Position clock) {
    for (Subscription s : first) {
      if (clock != null && (channel == null || channel.equals(s.channel.name))) {
        since.put(s.channel.name, clock);
      }
    }
  }

  /** The position from which a client continues on a channel. */
  private Position from(Subscription s, Position at) {
    Position start = starts.get(s.channel.name);
    return start != null && start.isAfter(at) ? start : at;
  }

  /** Whether the upstream has opened the channels whose events the client may have missed. */
  boolean areOpen() {
    return first.stream().allMatch(s -> s.channel.log.from() != null);
  }

  /** Whether the logs hold all events after a position. */
  boolean areCompleteFrom(Position at) {
    return first.stream()
        .allMatch(s -> !Objects.requireNonNull(s.channel.log.from()).isAfter(from(s, at)));
  }

  /** Whether no event waits for the client in the channels that were added. */
  boolean areQuiet() {
    return added.stream().allMatch(s -> s.cursor.next(Long.MAX_VALUE) == null);
  }

  /**
   * Resets for the events that the client misses if it continues from the end of a page: events
   * that came meanwhile on the added channels, whose ids are not above that position.
   *
   * @param had the client's position when it connected, or null
   */
  List<StreamReset> missed(@Nullable Position had, Position at) {
    return added.stream()
        .filter(s -> s.channel.log.passesOver(at, s.cursor, had))
        .map(s -> new StreamReset(s.channel.name, StreamReset.Reason.OVERRUN, had, at))
        .toList();
  }

  /** Moves the cursors to a position. Returns all subscriptions. */
  List<Subscription> continueFrom(Position at) {
    first.forEach(s -> s.cursor = s.channel.log.at(from(s, at)));
    added.forEach(s -> s.cursor = s.channel.log.at(at, s.cursor));
    return all();
  }

  /**
   * Moves the cursors of the first subscriptions to the ends of their logs. Returns all
   * subscriptions.
   *
   * @param skipAdded whether to move the cursors of the added subscriptions too
   */
  List<Subscription> continueAtEnds(boolean skipAdded) {
    first.forEach(s -> s.cursor = s.channel.log.tail());
    if (skipAdded) {
      added.forEach(s -> s.cursor = s.channel.log.tail());
    }
    return all();
  }

  private List<Subscription> all() {
    first.addAll(added);
    return first;
  }
}
