package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What this node knows and Redis may not: the highest id seen on each server run, and ids that
 * Redis has lost. Probes carry it to Redis. Thread-safe.
 */
final class Evidence {
  private final Map<String, Position> seen = new HashMap<>();
  private final Map<String, Position> lost = new HashMap<>();

  /** An id existed on a run. */
  synchronized void see(String run, Position id) {
    seen.merge(run, id, Evidence::later);
  }

  /** Returns the highest id seen on a run, or null. */
  synchronized @Nullable Position seenOn(String run) {
    return seen.get(run);
  }

  /** Returns the highest ids by run. */
  synchronized Map<String, Position> seen() {
    return Map.copyOf(seen);
  }

  /** A run has lost an id that existed on it. */
  synchronized void lose(String run, Position id) {
    lost.merge(run, id, Evidence::later);
  }

  /** Returns the highest id that a run has lost and was not told of, or null. */
  synchronized @Nullable Position lostOn(String run) {
    return lost.get(run);
  }

  /** A run was told that it has lost an id; what was found meanwhile is still due. */
  synchronized void lossReported(String run, @Nullable Position id) {
    if (id != null) {
      lost.remove(run, id);
    }
  }

  /**
   * A run was told of what was seen of other runs, which is of no use any more; what was seen
   * meanwhile is still due.
   */
  synchronized void reported(String run, Map<String, Position> told) {
    told.forEach(
        (other, id) -> {
          if (!other.equals(run) && seen.remove(other, id)) {
            lost.remove(other);
          }
        });
  }

  private static Position later(Position a, Position b) {
    return a.isAfter(b) ? a : b;
  }
}
