package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The gaps that this node has found, each until the node hears a notice of the gap from Redis:
 * pub/sub has dropped an event, and may drop the notice as well. Thread-safe: the reader finds gaps
 * and hears notices, the writer sends notices.
 */
final class GapNotices {
  /** Missing events of a channel. A further gap of the channel is another object. */
  static final class Gap {
    private final Position from;

    /** The id of the notice that was sent; null while a notice is due. */
    private @Nullable Position notice;

    private Gap(Position from) {
      this.from = from;
    }

    /** The position after which events are missing. */
    Position from() {
      return from;
    }
  }

  private final Map<String, Gap> gaps = new LinkedHashMap<>();

  /**
   * Notes that events of a channel are missing after a position, on this node and perhaps on
   * others.
   */
  synchronized void found(String channel, Position from) {
    Gap known = gaps.get(channel);
    gaps.put(channel, new Gap(known == null || known.from.isAfter(from) ? from : known.from));
  }

  /** Returns the gaps whose notices have to be sent, by channel. */
  synchronized Map<String, Gap> due() {
    Map<String, Gap> due = new LinkedHashMap<>(gaps);
    due.values().removeIf(gap -> gap.notice != null);
    return due;
  }

  /** Notes the id that Redis has given to the notice of a gap. */
  synchronized void sent(String channel, Gap gap, Position notice) {
    // A further gap, which was found meanwhile, needs its own notice.
    if (gaps.get(channel) == gap) {
      gap.notice = notice;
    }
  }

  /**
   * Notes that clients were told that events of a channel are missing, up to the present.
   *
   * @param from the position after which events are missing; null for any position
   */
  synchronized void told(String channel, @Nullable Position from) {
    Gap gap = gaps.get(channel);
    if (gap != null && (from == null || !from.isAfter(gap.from))) {
      gaps.remove(channel);
    }
  }

  /**
   * Notes that this node has heard its own probe: notices that were sent before the probe, and not
   * heard, are lost. Returns whether any notice has to be sent again.
   */
  synchronized boolean passedBy(Position probe) {
    boolean anyLost = false;
    for (Gap gap : gaps.values()) {
      if (gap.notice != null && !gap.notice.isAfter(probe)) {
        gap.notice = null;
        anyLost = true;
      }
    }
    return anyLost;
  }
}
