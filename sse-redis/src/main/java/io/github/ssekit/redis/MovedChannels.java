package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which channels hold anything after a position, so that only these are read.
 *
 * @param bounds what held for all channels when the first of them was looked at: the others are
 *     known up to that clock, too. Null if none was looked at
 */
record MovedChannels(@Nullable Bounds bounds, List<Moved> channels) {
  private static final Position START = new Position(0, 0);

  /**
   * What holds for all channels of a scope.
   *
   * @param clock the last id that was given
   * @param floor what is below it is void
   * @param pruned the highest last id of a channel that was forgotten
   */
  record Bounds(Position clock, Position floor, Position pruned) {
    /** The first three values of a reply. */
    static Bounds of(List<?> reply) {
      return new Bounds(
          Entry.position(reply.get(0), START),
          Entry.position(reply.get(1), START),
          Entry.position(reply.get(2), START));
    }

    /** The last id of a channel whose own is not known is not above this. */
    Position last() {
      return pruned.isAfter(floor) ? pruned : floor;
    }
  }

  /**
   * A channel that holds something.
   *
   * @param upTo for whoever has reached this it holds nothing; null if that is not known
   */
  record Moved(String channel, @Nullable Position upTo) {}

  /** Of a few channels it is not worth asking. */
  static MovedChannels unknown(Collection<String> channels) {
    return new MovedChannels(
        null, channels.stream().map(channel -> new Moved(channel, null)).toList());
  }

  /**
   * Adds what a reply of {@code moved.lua} says of some channels.
   *
   * @param moved takes those that hold something after the position
   */
  static void add(Position after, List<String> channels, List<?> reply, List<Moved> moved) {
    Bounds bounds = Bounds.of(reply);
    List<?> fields = (List<?>) reply.get(3);
    for (int i = 0; i < channels.size(); i++) {
      byte[] last = (byte[]) fields.get(2 * i);
      byte[] floor = (byte[]) fields.get(2 * i + 1);
      // One that was never published to, or is forgotten, has moved if forgetting may have hidden
      // it.
      Position upTo = last == null ? bounds.pruned() : Position.parse(Entry.text(last));
      Position voidUpTo = floor == null ? START : Position.parse(Entry.text(floor));
      if (upTo == null || voidUpTo == null) {
        moved.add(new Moved(channels.get(i), null));
      } else if (upTo.isAfter(after) || voidUpTo.isAfter(after)) {
        moved.add(new Moved(channels.get(i), upTo.isAfter(voidUpTo) ? upTo : voidUpTo));
      }
    }
  }

  /** Those that hold something for whoever has reached a position. */
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
