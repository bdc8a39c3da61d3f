package io.github.ssekit.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The names that are on a channel through this node, and the changes that were not reported to
 * Redis yet. Not thread-safe.
 */
final class LocalPresence {
  /** The maximum number of names in one call: Redis does nothing else meanwhile. */
  private static final int MAX_NAMES_A_CALL = 1_000;

  /** The same for the names that Redis has to list, those of other nodes included. */
  private static final int MAX_LISTED_A_CALL = Presence.MAX_NAMES;

  private static final int MAX_CHANNELS_A_CALL = 50;

  /**
   * The minimum time between two lists of a channel, per name: a list costs Redis a few
   * microseconds a name.
   */
  private static final long PAUSE_NANOS_A_NAME = 500_000;

  private final String channel;
  private final Duration lifetime;
  private final Map<String, Integer> connections = new HashMap<>();
  private final Set<String> come = new LinkedHashSet<>();

  /**
   * The names that have left, and the time since which Redis has to be told, by nanoTime; null
   * until {@link #due} is called.
   */
  private final Map<String, @Nullable Long> gone = new LinkedHashMap<>();

  /** The time at which Redis has to be told all names again, by nanoTime. */
  private long allAt;

  /** The time before which Redis is not told of changes, by nanoTime. */
  private long notBefore;

  /** The number of names on all nodes, when Redis was last told. */
  private int listed;

  /** Whether Redis has left out names since it last had room for all. */
  private boolean isFull;

  /** Whether Redis has left out names since it was last told all. */
  private boolean isFullAgain;

  /**
   * @param lifetime the time after which Redis forgets a name that it is not told again
   */
  LocalPresence(String channel, Duration lifetime, long now) {
    this.channel = channel;
    this.lifetime = lifetime;
    allAt = now;
    notBefore = now;
  }

  void joined(String name) {
    if (connections.merge(name, 1, Integer::sum) == 1) {
      gone.remove(name);
      come.add(name);
    }
  }

  void left(String name) {
    if (connections.computeIfPresent(name, (n, count) -> count == 1 ? null : count - 1) == null) {
      come.remove(name);
      gone.put(name, null);
    }
  }

  /** Whether no name is on the channel, and Redis has been told. */
  boolean isIdle() {
    return connections.isEmpty() && gone.isEmpty();
  }

  /**
   * A part of the names of a channel that Redis has to be told.
   *
   * @param isAll whether the parts together have all names, not only new names
   * @param isLast whether Redis has to publish the list with this part
   */
  record Part(
      LocalPresence of, List<String> names, List<String> gone, boolean isAll, boolean isLast) {
    String channel() {
      return of.channel;
    }

    private int size() {
      return names.size() + gone.size();
    }

    private int listed() {
      return isLast ? of.listed : 0;
    }

    /** Returns the end of the parts, from an index on, that one call tells: at least one. */
    static int endOfCall(List<Part> all, int from) {
      int size = 0;
      int listed = 0;
      for (int i = from; i < all.size(); i++) {
        size += all.get(i).size();
        listed += all.get(i).listed();
        boolean fits =
            size <= MAX_NAMES_A_CALL
                && listed <= MAX_LISTED_A_CALL
                && i - from < MAX_CHANNELS_A_CALL;
        if (i > from && !fits) {
          return i;
        }
      }
      return all.size();
    }
  }

  /** Returns the parts that Redis has to be told now. */
  List<Part> due(long now) {
    gone.replaceAll((name, since) -> since == null ? (Long) now : since);
    gone.values().removeIf(since -> since != null && now - since > lifetime.toNanos());
    boolean isAll = now - allAt >= 0;
    boolean isChanged = !(come.isEmpty() && gone.isEmpty()) && now - notBefore >= 0;
    if (!isAll && !isChanged) {
      return List.of();
    }
    List<String> names = List.copyOf(isAll ? connections.keySet() : come);
    List<String> away = List.copyOf(gone.keySet());
    List<Part> parts = new ArrayList<>();
    int from = 0;
    do {
      int to = from + MAX_NAMES_A_CALL;
      boolean isLast = to >= Math.max(names.size(), away.size());
      parts.add(new Part(this, part(names, from, to), part(away, from, to), isAll, isLast));
      from = to;
    } while (from < Math.max(names.size(), away.size()));
    return parts;
  }

  private static List<String> part(List<String> all, int from, int to) {
    return all.subList(Math.min(all.size(), from), Math.min(all.size(), to));
  }

  /**
   * Redis has been told a part.
   *
   * @param refresh the time after which Redis has to be told all names again
   * @return whether Redis has left out names for the first time since it had room for all
   */
  boolean told(Part part, PresenceScripts.Noted noted, long now, Duration refresh) {
    part.names().forEach(come::remove);
    part.gone().forEach(gone::remove);
    boolean isNew = noted.leftOut() > 0 && !isFull;
    isFull |= isNew;
    isFullAgain |= noted.leftOut() > 0;
    listed = noted.count();
    if (part.isLast()) {
      notBefore = now + noted.count() * PAUSE_NANOS_A_NAME;
    }
    if (part.isLast() && part.isAll()) {
      allAt = now + refresh.toNanos();
      isFull = isFullAgain;
      isFullAgain = false;
    }
    return isNew;
  }
}
