package io.github.ssekit.redis;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Whose last id the next probe asks for: a bounded number of channels, however many there are.
 * Those that were heard since their last turn come first, for up to half of the places; the rest
 * take turns.
 */
final class Turns {
  private final int places;
  private final Set<String> heard = new LinkedHashSet<>();
  private final Set<String> waiting = new LinkedHashSet<>();

  Turns(int places) {
    this.places = places;
  }

  void add(Collection<String> channels) {
    waiting.addAll(channels);
  }

  void remove(String channel) {
    waiting.remove(channel);
    heard.remove(channel);
  }

  /** A message of a channel has come. */
  void heard(String channel) {
    heard.add(channel);
  }

  /** Those whose turn it is. */
  List<String> next() {
    if (waiting.size() <= places) {
      heard.clear();
      return List.copyOf(waiting);
    }
    Set<String> next = new LinkedHashSet<>();
    take(heard, places / 2, next);
    List<String> passed = new ArrayList<>(take(waiting, places - next.size(), next));
    waiting.addAll(passed);
    return List.copyOf(next);
  }

  /** Moves some from one set to another. */
  private static List<String> take(Set<String> from, int count, Set<String> to) {
    List<String> taken = new ArrayList<>();
    Iterator<String> first = from.iterator();
    while (taken.size() < count && first.hasNext()) {
      String channel = first.next();
      first.remove();
      taken.add(channel);
      to.add(channel);
    }
    return taken;
  }
}
