package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last event that this node has heard of each channel: a Redis that names an earlier one as the
 * last has lost it. Survives connections. Not thread-safe: the reader's.
 */
final class Heard {
  private final Map<String, Position> events = new HashMap<>();

  /**
   * An event was heard. Returns the one before it, as we know it, if Redis has lost that.
   *
   * @param prev what Redis says of the one before it: its position, or one beyond
   */
  @Nullable Position event(String channel, Position event, Position prev) {
    Position known = events.put(channel, event);
    return known != null && known.isAfter(prev) ? known : null;
  }

  /**
   * Redis has named the last event of a channel. Returns the one that was heard, if Redis has lost
   * it.
   *
   * @param asked when: what was heard later proves nothing
   */
  @Nullable Position last(String channel, Position last, Position asked) {
    Position known = events.get(channel);
    return known != null && known.isAfter(last) && !known.isAfter(asked) ? known : null;
  }

  void forget(String channel) {
    events.remove(channel);
  }

  void forgetAllBut(Collection<String> channels) {
    events.keySet().retainAll(channels);
  }

  /** All channels go on from something else. */
  void forgetAll() {
    events.clear();
  }
}
