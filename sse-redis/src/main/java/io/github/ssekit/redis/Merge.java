package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.Start;
import io.github.ssekit.hub.StreamReset;
import io.github.ssekit.hub.StreamReset.Reason;
import io.github.ssekit.redis.MovedChannels.Bounds;
import io.github.ssekit.redis.Page.Kept;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Builds one page of several channels, in the order of positions, from replies of {@code page.lua},
 * and checks that nothing is missing: each entry names the entry before it, back to an entry that
 * the client has.
 *
 * <p>A channel may start at its newest events, or at the oldest event that is kept: then nothing is
 * missing before its first entry, whatever that entry names. Floors that were set before such a
 * reader began are ignored, on its later pages too: otherwise the reader would get resets forever.
 * Floors that a reader has been told of are ignored, too.
 *
 * <p>A page ends at the lowest position at which the read of a channel stopped early, or where the
 * page is large enough. The next page reports gaps beyond that end.
 */
final class Merge {
  private static final Position START = new Position(0, 0);

  /**
   * The lowest position after which a channel starts; 0-0 if no channel starts after a position.
   */
  private final Position from;

  /** The start of each channel; empty if all channels start after the same position. */
  private final Map<String, Start> starts;

  /** The positions after which the channels start, once they are read. */
  private final Map<String, Position> started = new HashMap<>();

  private final int mostBytes;
  private final List<Chain> broken = new ArrayList<>();
  private final List<Kept> events = new ArrayList<>();
  private @Nullable Bounds bounds;
  private @Nullable Position upTo;
  private long size;

  /**
   * @param from the position of the client, or of the node that repairs its logs
   * @param mostBytes the size of a page, in bytes, which its last event may exceed
   * @param bounds the bounds of the scope; null to take them from the first reply
   */
  Merge(Position from, int mostBytes, @Nullable Bounds bounds) {
    this.from = from;
    this.starts = Map.of();
    this.mostBytes = mostBytes;
    this.bounds = bounds;
    upTo = bounds == null ? null : bounds.clock();
  }

  /**
   * @param starts the start of each channel
   * @param bounds the bounds of the scope; null to take them from the first reply
   */
  Merge(Map<String, Start> starts, int mostBytes, @Nullable Bounds bounds) {
    this.starts = starts;
    this.mostBytes = mostBytes;
    this.bounds = bounds;
    upTo = bounds == null ? null : bounds.clock();
    from =
        starts.values().stream()
            .map(Start::after)
            .filter(Objects::nonNull)
            .min(Comparator.naturalOrder())
            .orElse(START);
  }

  /** Returns the position after which channels without a start of their own begin. */
  Position position() {
    return from;
  }

  /**
   * Returns the starts of some channels as {@code page.lua} takes them; empty if all channels start
   * after the position.
   */
  String[] starts(List<String> channels) {
    return starts.isEmpty()
        ? new String[0]
        : channels.stream().map(channel -> text(starts.get(channel))).toArray(String[]::new);
  }

  private static String text(@Nullable Start start) {
    Position after = Objects.requireNonNull(start).after();
    if (after != null) {
      return after.toString();
    }
    return start.equals(Start.ALL) ? "-" : "+" + start.events();
  }

  /**
   * Missing events of a channel: after one position, up to another.
   *
   * @param isVoid whether a floor reveals the gap: the lost events may begin before the position
   */
  private record Gap(Position from, Position to, Reason reason, boolean isVoid) {
    @Nullable Position begin() {
      return isVoid ? null : from;
    }
  }

  /** The entries of one channel as they are read, each linked to the one before it. */
  private static final class Chain {
    private final String channel;
    private final List<Gap> gaps = new ArrayList<>(0);
    private Position at;

    Chain(String channel, Position at) {
      this.channel = channel;
      this.at = at;
    }

    /** Notes a gap if the next entry names an event before it that was not read. */
    void expect(Position prev, Reason reason) {
      expect(prev, reason, false);
    }

    /** Notes that events below a floor are lost. */
    void beginAt(Position floor) {
      expect(floor, Reason.LOST, true);
    }

    private void expect(Position prev, Reason reason, boolean isVoid) {
      if (prev.isAfter(at)) {
        gaps.add(new Gap(at, prev, reason, isVoid));
        at = prev;
      }
    }

    /** Returns the reset for a client that continues from a position, or null. */
    @Nullable StreamReset reset(Position upTo) {
      StreamReset reset = null;
      for (Gap gap : gaps) {
        if (upTo.isAfter(gap.from)) {
          reset =
              new StreamReset(
                  channel, gap.reason, reset == null ? gap.begin() : reset.from(), gap.to);
        }
      }
      return reset;
    }
  }

  /** Returns the position up to which events are still needed; null if it is not known yet. */
  @Nullable Position upTo() {
    return upTo;
  }

  /**
   * Adds a reply of {@code page.lua}, which may lack some channels at the end. Returns the number
   * of channels in the reply.
   *
   * @throws RuntimeException if the reply can't be read
   */
  int add(List<String> channels, List<?> reply) {
    Bounds now = Bounds.of(reply);
    if (bounds == null) {
      bounds = now;
      upTo = now.clock();
    }
    int count = (reply.size() - 3) / 4;
    for (int i = 0; i < count; i++) {
      add(channels.get(i), now, reply.subList(3 + 4 * i, 7 + 4 * i));
    }
    shorten();
    return count;
  }

  private void add(String channel, Bounds now, List<?> reply) {
    Position since = since(channel, now.clock());
    Position last = Entry.position(reply.get(0), now.last().isAfter(since) ? now.last() : START);
    Position floor = Entry.position(reply.get(1), START);
    List<?> entries = (List<?>) reply.get(3);
    Chain chain = new Chain(channel, startOf(channel, entries));
    if (floor.isAfter(since)) {
      chain.beginAt(floor);
    }
    boolean first = true;
    for (Object each : entries) {
      Entry entry = Entry.of((List<?>) each);
      chain.expect(
          entry.prev() == null ? chain.at : entry.prev(), first ? Reason.TRIMMED : Reason.LOST);
      chain.at = entry.position();
      first = false;
      events.add(new Kept(channel, entry));
      size += entry.size();
    }
    if (((Number) reply.get(2)).intValue() == 1) {
      endAt(chain.at);
    } else if (!last.equals(floor)) {
      // A last id at the floor belongs to a removal in a state channel, which was forgotten:
      // nothing is missing.
      chain.expect(last, Reason.TRIMMED);
    }
    if (!chain.gaps.isEmpty()) {
      broken.add(chain);
    }
  }

  /**
   * Returns the position after which a channel starts, given its entries from there on. Without
   * entries, it is the clock of the first reply, at which the page ends: later replies may be
   * newer, and events in between belong to the next page.
   */
  private Position startOf(String channel, List<?> entries) {
    Start start = starts.get(channel);
    if (start == null) {
      return from;
    }
    Position after = start.after();
    if (after == null) {
      after =
          entries.isEmpty()
              ? Objects.requireNonNull(bounds).clock()
              : before(Entry.of((List<?>) entries.get(0)).position());
    }
    started.put(channel, after);
    return after;
  }

  /** The position up to which floors don't concern the reader of a channel. */
  private Position since(String channel, Position clock) {
    Start start = starts.get(channel);
    if (start == null) {
      return START;
    } else if (start.after() == null) {
      return clock;
    }
    return start.since() == null ? START : start.since();
  }

  private static Position before(Position id) {
    return id.sequence() > 0
        ? new Position(id.milliseconds(), id.sequence() - 1)
        : new Position(Math.max(0, id.milliseconds() - 1), Entry.LAST_SEQUENCE);
  }

  private void endAt(Position end) {
    if (Objects.requireNonNull(upTo).isAfter(end)) {
      upTo = end;
    }
  }

  /** Drops events beyond the end; a page that is too large gets an earlier end. */
  private void shorten() {
    if (size > mostBytes) {
      events.sort(Comparator.comparing(Kept::position));
      long kept = 0;
      for (Kept event : events) {
        kept += event.entry().size();
        if (kept >= mostBytes) {
          endAt(event.position());
          break;
        }
      }
    }
    Position end = Objects.requireNonNull(upTo);
    events.removeIf(event -> event.position().isAfter(end));
    size = events.stream().mapToLong(event -> event.entry().size()).sum();
  }

  Page page() {
    Bounds known = Objects.requireNonNull(bounds);
    Position end = Objects.requireNonNull(upTo);
    if (from.isAfter(known.clock())) {
      return new Page(
          known.clock(),
          known.clock(),
          Reason.UNKNOWN_ID,
          List.of(),
          List.of(),
          Map.of(),
          known.clock());
    }
    List<StreamReset> resets = new ArrayList<>();
    boolean isLost = isLost(known);
    if (isLost) {
      // Events that are kept still follow, even below the floor.
      resets.add(new StreamReset(null, Reason.LOST, null, known.floor()));
    }
    for (Chain chain : broken) {
      StreamReset reset = chain.reset(end);
      // The reset above covers gaps up to the floor.
      if (reset != null
          && !(isLost && !Objects.requireNonNull(reset.to()).isAfter(known.floor()))) {
        resets.add(reset);
      }
    }
    events.sort(Comparator.comparing(Kept::position));
    started.values().removeIf(start -> !start.isAfter(end));
    return new Page(known.clock(), end, null, resets, events, started, known.clock());
  }

  /** Whether the floor of the scope concerns the reader of any channel. */
  private boolean isLost(Bounds known) {
    Position floor = known.floor();
    return starts.isEmpty()
        ? floor.isAfter(from)
        : starts.entrySet().stream()
            .anyMatch(
                start -> {
                  String channel = start.getKey();
                  // Channels that have not moved are not read.
                  Position at = started.getOrDefault(channel, start.getValue().after());
                  return at != null
                      && floor.isAfter(since(channel, known.clock()))
                      && floor.isAfter(at);
                });
  }
}
