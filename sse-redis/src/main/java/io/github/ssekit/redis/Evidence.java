package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Ids that this node knows and Redis may not know: the highest id seen on each server run, and the
 * highest id that Redis has lost, on any run. Probes carry these ids to Redis. Thread-safe.
 */
final class Evidence {
  private final Map<String, Position> seen = new HashMap<>();
  private @Nullable Position lost;

  /** Notes that an id existed on a run. */
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

  /** Notes that Redis has lost an id that existed. */
  synchronized void lose(Position id) {
    lost = lost == null ? id : later(lost, id);
  }

  /** Returns the highest id that Redis has lost and that was not reported yet, or null. */
  synchronized @Nullable Position lost() {
    return lost;
  }

  /**
   * Notes that a lost id was reported to Redis. A higher id that was found meanwhile must still be
   * reported.
   */
  synchronized void lossReported(@Nullable Position id) {
    if (id != null && id.equals(lost)) {
      lost = null;
    }
  }

  /**
   * Forgets the ids of other runs that were reported to a run. Higher ids that were seen meanwhile
   * must still be reported.
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
