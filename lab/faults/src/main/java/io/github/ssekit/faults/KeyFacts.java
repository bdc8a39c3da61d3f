package io.github.ssekit.faults;

import io.github.ssekit.hub.Position;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The facts of one key of a state channel, to which one thread publishes: its newest confirmed
 * value, and other values that may have been stored. An empty value removes the key. Thread-safe.
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

  /** Records a value that is about to be sent. */
  synchronized void sent(String next) {
    sent.add(next);
  }

  /** Records a confirmed value. */
  synchronized void confirmed(String next, Position at) {
    if (id != null && !at.isAfter(id)) {
      wrong.add(text(next) + " was confirmed as " + at + " after " + id);
    }
    value = next;
    id = at;
    stored.add(at);
  }

  /** Records the confirmation that there is no such key to remove. */
  synchronized void absent() {
    if (!value.isEmpty() && !unconfirmed.contains("")) {
      wrong.add("nothing to remove, though " + value + " was confirmed as " + id);
    }
    value = "";
  }

  /**
   * Records a value that may be stored, now or later: a Redis that stood still executes commands of
   * connections that are gone.
   */
  synchronized void unconfirmed(String next) {
    unconfirmed.add(next);
  }

  synchronized int unconfirmed() {
    return unconfirmed.size();
  }

  /** The ids of all confirmed events. */
  synchronized List<Position> stored() {
    return List.copyOf(stored);
  }

  synchronized boolean wasSent(String some) {
    return sent.contains(some);
  }

  /**
   * Returns the violations so far, and the violation by the key's newest event in Redis, in words.
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
