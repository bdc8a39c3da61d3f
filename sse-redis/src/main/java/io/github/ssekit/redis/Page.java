package io.github.ssekit.redis;

import io.github.ssekit.core.Position;
import io.github.ssekit.core.Replay;
import io.github.ssekit.core.SseEvent;
import io.github.ssekit.core.StreamReset;
import io.github.ssekit.core.StreamReset.Reason;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What Redis holds of some channels after a position, and the judgement whether that is everything:
 * it is if each entry names the one before it, back to one that the client has.
 *
 * @param from the position
 * @param upTo where whoever has read this stands
 * @param broken why nothing is certain of any channel, or null
 * @param resets of single channels, or of all; they come before the events
 * @param events in order
 */
record Page(
    Position from,
    Position upTo,
    @Nullable Reason broken,
    List<StreamReset> resets,
    List<Kept> events) {
  private static final Position START = new Position(0, 0);

  /** An event in the history; null if it is none that can be sent. */
  record Kept(String channel, Position position, @Nullable SseEvent event) {}

  /** Whether the events of a channel go on without a gap, so far as they were read. */
  private static final class Chain {
    private final String channel;
    private Position at;
    private @Nullable StreamReset reset;

    Chain(String channel, Position at) {
      this.channel = channel;
      this.at = at;
    }

    /** The event before the next one is this. */
    void expect(Position prev, Reason reason) {
      if (prev.isAfter(at)) {
        reset = new StreamReset(channel, reason, reset == null ? at : reset.from(), prev);
        at = prev;
      }
    }
  }

  /**
   * Judges a reply of {@code page.lua}.
   *
   * @throws RuntimeException if it is no such reply
   */
  static Page of(Position from, List<String> channels, List<?> reply) {
    Position clock = position(reply.get(0), START);
    Position floor = position(reply.get(1), START);
    Position pruned = position(reply.get(2), START);
    if (from.isAfter(clock)) {
      return nothing(from, Reason.UNKNOWN_ID, clock);
    }
    Position upTo = clock;
    List<StreamReset> resets = new ArrayList<>();
    if (floor.isAfter(from)) {
      // What is kept, below the floor too, still follows.
      resets.add(new StreamReset(null, Reason.LOST, from, floor));
    }
    List<Kept> events = new ArrayList<>();
    int at = 3;
    for (String channel : channels) {
      Position last = position(reply.get(at), pruned.isAfter(floor) ? pruned : floor);
      Position channelFloor = position(reply.get(at + 1), START);
      boolean more = ((Number) reply.get(at + 2)).intValue() == 1;
      List<?> entries = (List<?>) reply.get(at + 3);
      at += 4;
      Chain chain = new Chain(channel, from);
      chain.expect(channelFloor, Reason.LOST);
      for (int i = 0; i < entries.size(); i++) {
        Entry entry = Entry.of((List<?>) entries.get(i));
        chain.expect(
            entry.prev() == null ? chain.at : entry.prev(), i == 0 ? Reason.TRIMMED : Reason.LOST);
        chain.at = entry.position();
        events.add(new Kept(channel, entry.position(), entry.event()));
      }
      if (more && upTo.isAfter(chain.at)) {
        upTo = chain.at;
      } else if (!more) {
        chain.expect(last, Reason.TRIMMED);
      }
      // One that ends at the floor was told above.
      if (chain.reset != null && Objects.requireNonNull(chain.reset.to()).isAfter(floor)) {
        resets.add(chain.reset);
      }
    }
    Position end = upTo;
    events.removeIf(e -> e.position().isAfter(end));
    events.sort(Comparator.comparing(Kept::position));
    return new Page(from, upTo, null, resets, events);
  }

  private static Page nothing(Position from, Reason reason, Position clock) {
    return new Page(from, clock, reason, List.of(), List.of());
  }

  private static Position position(Object text, Position otherwise) {
    Position position = Position.parse(Entry.text(text));
    return position == null ? otherwise : position;
  }

  /** As a client gets it. */
  Replay toReplay() {
    if (broken != null) {
      return Replay.reset(broken, from, upTo);
    }
    List<SseEvent> sent = new ArrayList<>(events.size());
    for (Kept kept : events) {
      if (kept.event() != null) {
        sent.add(kept.event().withId(kept.position().toString()));
      }
    }
    return Replay.of(resets, sent, upTo);
  }
}
