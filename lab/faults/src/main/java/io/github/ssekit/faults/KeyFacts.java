package io.github.ssekit.faults;

import io.github.ssekit.hub.Position;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one key of a state channel, to which one thread publishes: its newest confirmed
 * value, and what may have been stored besides. A value is empty where the key is removed.
 * Thread-safe.
 */
final class KeyFacts {
  /** The newest event of a key. */
  record Entry(String value, Position id) {}

  private final Set<String> sent = new HashSet<>();
  private final Set<String> unconfirmed = new HashSet<>();
  private final List<Position> stored = new ArrayList<>();
  private final List<String> wrong = new ArrayList<>();
  private String value = "";
  private @Nullable Position id;

  /** A value is on its way. */
  synchronized void sent(String next) {
    sent.add(next);
  }

  /** A value was confirmed. */
  synchronized void confirmed(String next, Position at) {
    if (id != null && !at.isAfter(id)) {
      wrong.add(text(next) + " was confirmed as " + at + " after " + id);
    }
    value = next;
    id = at;
    stored.add(at);
  }

  /** It was confirmed that there is no such key to remove. */
  synchronized void absent() {
    if (!value.isEmpty() && !unconfirmed.contains("")) {
      wrong.add("nothing to remove, though " + value + " was confirmed as " + id);
    }
    value = "";
  }

  /**
   * Nobody knows whether a value was stored, or is stored later: a Redis that stood still takes
   * commands from those who have gone.
   */
  synchronized void unconfirmed(String next) {
    unconfirmed.add(next);
  }

  synchronized int unconfirmed() {
    return unconfirmed.size();
  }

  /** The ids of all that was confirmed. */
  synchronized List<Position> stored() {
    return List.copyOf(stored);
  }

  synchronized boolean wasSent(String some) {
    return sent.contains(some);
  }

  /**
   * What is wrong with the newest event of the key in Redis, and what was wrong before; in words.
   */
  synchronized List<String> judge(@Nullable Entry newest) {
    List<String> all = new ArrayList<>(wrong);
    if (!allows(newest)) {
      all.add(
          "Redis has %s, and confirmed was %s as %s"
              .formatted(
                  newest == null ? "nothing" : text(newest.value()) + " as " + newest.id(),
                  text(value),
                  id));
    }
    return all;
  }

  private boolean allows(@Nullable Entry newest) {
    if (newest == null) {
      return id == null;
    } else if (newest.id().equals(id)) {
      return newest.value().equals(value);
    }
    return (id == null || newest.id().isAfter(id)) && unconfirmed.contains(newest.value());
  }

  private static String text(String value) {
    return value.isEmpty() ? "a removal" : value;
  }
}
