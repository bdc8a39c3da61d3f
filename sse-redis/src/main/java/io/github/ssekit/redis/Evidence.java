package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What this node knows and Redis may not: the highest id seen on each server run, and the highest
 * that Redis has lost, on whatever run. Probes carry it to Redis. Thread-safe.
 */
final class Evidence {
  private final Map<String, Position> seen = new HashMap<>();
  private @Nullable Position lost;

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

  /** Redis has lost an id that existed. */
  synchronized void lose(Position id) {
    lost = lost == null ? id : later(lost, id);
  }

  /** Returns the highest id that Redis has lost and was not told of, or null. */
  synchronized @Nullable Position lost() {
    return lost;
  }

  /** Redis was told that it has lost an id; what was found meanwhile is still due. */
  synchronized void lossReported(@Nullable Position id) {
    if (id != null && id.equals(lost)) {
      lost = null;
    }
  }

  /**
   * A run was told of what was seen of other runs, which is of no use any more; what was seen
   * meanwhile is still due.
   */
  synchronized void reported(String run, Map<String, Position> told) {
    told.forEach(
        (other, id) -> {
          if (!other.equals(run)) {
            boolean unused = seen.remove(other, id);
          }
        });
  }

  private static Position later(Position a, Position b) {
    return a.isAfter(b) ? a : b;
  }
}
