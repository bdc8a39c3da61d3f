package io.github.ssekit.redis;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Chooses the channels whose last ids the next probe asks Redis for: a bounded number, however many
 * channels are open. Channels with messages since their last turn come first and take at most half
 * of the places; the others take turns. Not thread-safe.
 */
final class AuditRotation {
  private final int places;
  private final Set<String> active = new LinkedHashSet<>();
  private final Set<String> waiting = new LinkedHashSet<>();

  AuditRotation(int places) {
    this.places = places;
  }

  void add(Collection<String> channels) {
    waiting.addAll(channels);
  }

  void remove(String channel) {
    waiting.remove(channel);
    active.remove(channel);
  }

  void clear() {
    waiting.clear();
    active.clear();
  }

  /** Moves a channel forward, since a message of it has arrived. */
  void prefer(String channel) {
    active.add(channel);
  }

  /** Returns the channels whose turn it is, and puts them at the end of the rotation. */
  List<String> next() {
    if (waiting.size() <= places) {
      active.clear();
      return List.copyOf(waiting);
    }
    Set<String> next = new LinkedHashSet<>();
    move(active, places / 2, next);
    waiting.addAll(move(waiting, places - next.size(), next));
    return List.copyOf(next);
  }

  private static List<String> move(Set<String> from, int count, Set<String> to) {
    List<String> moved = new ArrayList<>();
    Iterator<String> first = from.iterator();
    while (moved.size() < count && first.hasNext()) {
      String channel = first.next();
      first.remove();
      moved.add(channel);
      to.add(channel);
    }
    return moved;
  }
}
