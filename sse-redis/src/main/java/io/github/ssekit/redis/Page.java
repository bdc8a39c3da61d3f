package io.github.ssekit.redis;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.Replay;
import io.github.ssekit.hub.StreamReset;
import io.github.ssekit.hub.StreamReset.Reason;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The events of some channels after a position, checked for gaps by {@link Merge}.
 *
 * @param upTo the position of a reader that has read the page
 * @param broken why nothing can be said of any channel, or null
 * @param resets of single channels, or of all; they come before the events
 * @param events in order
 */
record Page(Position upTo, @Nullable Reason broken, List<StreamReset> resets, List<Kept> events) {

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
    return Replay.of(told, sent, upTo);
  }
}
