package io.github.ssekit.redis;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.Replay;
import io.github.ssekit.hub.Start;
import io.github.ssekit.hub.StreamReset;
import io.github.ssekit.hub.StreamReset.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The events of some channels after a position, checked for gaps by {@link Merge}.
 *
 * @param clock the last id that was given when it was read
 * @param upTo the position of a reader that has read the page
 * @param broken why nothing can be said of any channel, or null
 * @param resets of single channels, or of all; they come before the events
 * @param events in order
 * @param starts the positions after which some channels start, which lie behind the end: for those
 *     who gave no position
 * @param since the clock at its first read
 */
record Page(
    Position clock,
    Position upTo,
    @Nullable Reason broken,
    List<StreamReset> resets,
    List<Kept> events,
    Map<String, Position> starts,
    Position since) {

  /** An event in the history. */
  record Kept(String channel, Entry entry) {
    Position position() {
      return entry.position();
    }

    /** Null if it can't be sent. */
    @Nullable SseEvent event() {
      return entry.event();
    }
  }

  /** Whether there may be more to read, and fewer than so many bytes are read. */
  boolean goesOn(int bytes) {
    return broken == null
        && clock.isAfter(upTo)
        && events.stream().mapToLong(kept -> kept.entry().size()).sum() < bytes;
  }

  /** Where channels go on behind this page that began at some places. */
  Map<String, Start> next(Map<String, Start> begun) {
    Map<String, Start> next = new HashMap<>();
    begun.forEach(
        (channel, start) ->
            next.put(
                channel,
                // Those in the table start behind the page.
                Start.after(starts.getOrDefault(channel, upTo))
                    .withSince(start.after() == null ? since : start.since())));
    return next;
  }

  /** Whether nothing is missing in it. */
  boolean isWhole() {
    return broken == null && resets.isEmpty();
  }

  /** Both as one, if the next one is whole. */
  Page and(Page next) {
    List<Kept> all = new ArrayList<>(events);
    all.addAll(next.events);
    return new Page(next.clock, next.upTo, null, resets, all, next.starts, since);
  }

  /** A copy with other events in place of the same. */
  Page withEvents(List<Kept> others) {
    return new Page(clock, upTo, broken, resets, others, starts, since);
  }

  /**
   * Returns the page as a client gets it.
   *
   * @param maxEventBytes the most bytes of an event's frame
   */
  Replay toReplay(int maxEventBytes) {
    if (broken != null) {
      return Replay.reset(broken, null, upTo);
    }
    List<StreamReset> told = new ArrayList<>(resets);
    List<SseEvent> sent = new ArrayList<>(events.size());
    for (Kept kept : events) {
      SseEvent event = kept.event();
      Reason unsendable = kept.entry.unsendable();
      if (event != null) {
        SseEvent positioned = event.withId(kept.position().toString());
        if (positioned.frame().length() <= maxEventBytes) {
          sent.add(positioned);
        } else {
          unsendable = Reason.OVERSIZED;
        }
      }
      if (unsendable != null) {
        told.add(new StreamReset(kept.channel, unsendable));
      }
    }
    return Replay.of(told, sent, upTo).withStarts(starts, since);
  }
}
