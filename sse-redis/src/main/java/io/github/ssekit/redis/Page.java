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
 * @param clock the last id that Redis had given when the page was read
 * @param upTo the position of a reader that has read the page
 * @param broken why nothing can be said of any channel, or null
 * @param resets of single channels, or of all; they come before the events
 * @param events in the order of their positions
 * @param starts for newcomers: the channels that start beyond the end of the page, and the
 *     positions after which they start
 * @param since the clock at the first read of the page
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

    /** Returns the event, or null if it can't be sent. */
    @Nullable SseEvent event() {
      return entry.event();
    }
  }

  /** Whether there may be more to read, and fewer than {@code bytes} bytes have been read. */
  boolean goesOn(int bytes) {
    return broken == null
        && clock.isAfter(upTo)
        && events.stream().mapToLong(kept -> kept.entry().size()).sum() < bytes;
  }

  /**
   * Returns where the channels of this page continue after it.
   *
   * @param begun where they started
   */
  Map<String, Start> next(Map<String, Start> begun) {
    Map<String, Start> next = new HashMap<>();
    begun.forEach(
        (channel, start) ->
            next.put(
                channel,
                // Channels in the map start beyond the end of the page.
                Start.after(starts.getOrDefault(channel, upTo))
                    .withSince(start.after() == null ? since : start.since())));
    return next;
  }

  /** Whether nothing is missing in the page. */
  boolean isWhole() {
    return broken == null && resets.isEmpty();
  }

  /** Returns this page and the next one as one page. The next one must be whole. */
  Page and(Page next) {
    List<Kept> all = new ArrayList<>(events);
    all.addAll(next.events);
    return new Page(next.clock, next.upTo, null, resets, all, next.starts, since);
  }

  /** A copy with other events that replace these. */
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
