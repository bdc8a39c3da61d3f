package io.github.ssekit.hub;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The subscriptions that become live together at the end of a {@link Resume}, and how far their
 * logs reach back. Guarded by the hub's lock.
 */
final class ResumingSubscriptions {
  /** The subscriptions that the connection began with, without those it has left since. */
  private final List<Subscription> first;

  /**
   * The subscriptions that were added later. They wait for the first ones: the ids of their events
   * would carry the client's last event ID past events that it still misses.
   */
  private final List<Subscription> added = new ArrayList<>(0);

  /**
   * @param first changed by this object alone from now on
   */
  ResumingSubscriptions(List<Subscription> first) {
    this.first = first;
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

  /** The names of the channels whose events the client may have missed. */
  List<String> names() {
    return first.stream().map(s -> s.channel.name).toList();
  }

  /** Whether the upstream has opened the channels whose events the client may have missed. */
  boolean areOpen() {
    return first.stream().allMatch(s -> s.channel.log.from() != null);
  }

  /** Whether the logs hold all events after a position. */
  boolean areCompleteFrom(Position at) {
    return first.stream().allMatch(s -> !Objects.requireNonNull(s.channel.log.from()).isAfter(at));
  }

  /** Whether no event waits for the client in the channels that were added. */
  boolean areQuiet() {
    return added.stream().allMatch(s -> s.cursor.next(Long.MAX_VALUE) == null);
  }

  /** Moves the cursors behind a position. Returns all subscriptions. */
  List<Subscription> continueFrom(Position at) {
    first.forEach(s -> s.cursor = s.channel.log.at(at));
    added.forEach(s -> s.cursor = s.channel.log.at(at, s.cursor));
    return all();
  }

  /**
   * Moves the cursors of the first subscriptions to the ends of their logs. Returns all
   * subscriptions.
   *
   * @param skipAdded whether to move those of the added ones too
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
