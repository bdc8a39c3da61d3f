package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The channels that hold events after a position, so that only these are read.
 *
 * @param bounds the scope's bounds when the first channel was read: the other channels are known up
 *     to that clock, too. Null if no channel was read
 */
record MovedChannels(@Nullable Bounds bounds, List<Moved> channels) {
  private static final Position START = new Position(0, 0);

  /**
   * The bounds of all channels of a scope.
   *
   * @param clock the last id that was assigned
   * @param floor clients below this id have lost events
   * @param pruned the highest last id of a channel that was forgotten
   */
  record Bounds(Position clock, Position floor, Position pruned) {
    /** Reads the first three values of a reply. */
    static Bounds of(List<?> reply) {
      return new Bounds(
          Entry.position(reply.get(0), START),
          Entry.position(reply.get(1), START),
          Entry.position(reply.get(2), START));
    }

    /** Returns an upper bound for the unknown last id of a channel. */
    Position last() {
      return pruned.isAfter(floor) ? pruned : floor;
    }
  }

  /**
   * A channel that holds events.
   *
   * @param upTo a client at this position has all events of the channel; null if unknown
   */
  record Moved(String channel, @Nullable Position upTo) {}

  /** Treats all channels as moved: for a few channels, asking first is not worth it. */
  static MovedChannels unknown(Collection<String> channels) {
    return new MovedChannels(
        null, channels.stream().map(channel -> new Moved(channel, null)).toList());
  }

  /**
   * Adds the channels that hold events after a position, according to a reply of {@code moved.lua}.
   *
   * @param moved receives the channels
   */
  static void add(Position after, List<String> channels, List<?> reply, List<Moved> moved) {
    Bounds bounds = Bounds.of(reply);
    List<?> fields = (List<?>) reply.get(3);
    for (int i = 0; i < channels.size(); i++) {
      byte[] last = (byte[]) fields.get(2 * i);
      byte[] floor = (byte[]) fields.get(2 * i + 1);
      // The last id of a channel may have been pruned: then the bound for pruned ids decides.
      Position upTo = last == null ? bounds.pruned() : Position.parse(Entry.text(last));
      Position voidUpTo = floor == null ? START : Position.parse(Entry.text(floor));
      if (upTo == null || voidUpTo == null) {
        moved.add(new Moved(channels.get(i), null));
      } else if (upTo.isAfter(after) || voidUpTo.isAfter(after)) {
        moved.add(new Moved(channels.get(i), upTo.isAfter(voidUpTo) ? upTo : voidUpTo));
      }
    }
  }

  /** Returns the channels that hold events for a client at a position. */
  List<String> after(Position reached) {
    List<String> names = new ArrayList<>();
    for (Moved each : channels) {
      if (each.upTo == null || each.upTo.isAfter(reached)) {
        names.add(each.channel);
      }
    }
    return names;
  }
}
