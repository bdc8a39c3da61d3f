package io.github.ssekit.faults;

import io.github.ssekit.faults.Finding.Kind;
import io.github.ssekit.hub.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Judges one client's trace by the contract, from acknowledged events alone.
 *
 * <ul>
 *   <li><b>Owed</b> is every acknowledged event of the client's channels that was first sent after
 *       the client's first position was announced, or whose id is above that position.
 *   <li>An owed event that did not come is <b>told</b> if a stream-reset of its channel came after
 *       the event was sent and has the event's id in its range. A stream-reset without an upper end
 *       must also have come after the channel's preceding event. Otherwise the event is
 *       <b>untold</b>.
 *   <li>Ids rise strictly over all channels, and announced positions never go down, except after a
 *       reset of all channels: <b>reordered</b> otherwise.
 *   <li>An event comes once, except after a reset of its channel: <b>duplicated</b> otherwise, or,
 *       with another id, <b>stored twice</b>, which is Redis' fault if Redis has lost the token.
 * </ul>
 */
final class Oracle {
  private final Trace trace;
  private final List<Sighting> sightings;
  private final List<Finding> findings = new ArrayList<>();

  private final Map<Long, Integer> seen = new HashMap<>();
  private final Map<String, TreeMap<Position, Integer>> received = new HashMap<>();
  private final List<Integer> resets = new ArrayList<>();

  private @Nullable Position first;
  private long firstAt = Long.MAX_VALUE;

  /** The highest position since the last reset of all channels. */
  private @Nullable Position highest;

  private Oracle(Trace trace) {
    this.trace = trace;
    this.sightings = trace.sightings();
  }

  /**
   * Returns the violations in a trace, and the losses that the client was told.
   *
   * @param acknowledged all acknowledged events of the run
   */
  static List<Finding> judge(Trace trace, List<Published> acknowledged) {
    Oracle oracle = new Oracle(trace);
    for (int i = 0; i < oracle.sightings.size(); i++) {
      oracle.read(i, oracle.sightings.get(i));
    }
    acknowledged.forEach(oracle::settle);
    return oracle.findings;
  }

  private void read(int index, Sighting sighting) {
    if (sighting instanceof Sighting.Announced announced) {
      position(announced.position(), announced.at());
      if (highest != null && highest.isAfter(announced.position())) {
        find(Kind.REORDERED, index, "position " + announced.position() + " after " + highest);
      } else {
        highest = announced.position();
      }
    } else if (sighting instanceof Sighting.Told told) {
      resets.add(index);
      if (told.channel() == null) {
        highest = null;
      }
    } else if (sighting instanceof Sighting.Received event) {
      position(event.id(), event.at());
      event(index, event);
    } else if (sighting instanceof Sighting.Nonsense nonsense) {
      find(Kind.CORRUPT, index, nonsense.what());
    }
  }

  private void position(Position position, long at) {
    if (first == null) {
      first = position;
      firstAt = at;
    }
  }

  private void event(int index, Sighting.Received event) {
    String name = event.channel() + " #" + event.number();
    Integer before = seen.putIfAbsent(event.number(), index);
    if (!trace.channels().contains(event.channel())) {
      find(Kind.CORRUPT, index, name + " of a channel that was not asked for");
    } else if (before != null && !resetBetween(before, index, event.channel())) {
      again(before, index, event, name);
    } else if (highest != null && !event.id().isAfter(highest)) {
      find(Kind.REORDERED, index, name + " with id " + event.id() + " after " + highest);
    }
    received.computeIfAbsent(event.channel(), c -> new TreeMap<>()).putIfAbsent(event.id(), index);
    if (highest == null || event.id().isAfter(highest)) {
      highest = event.id();
    }
  }

  private void again(int before, int index, Sighting.Received event, String name) {
    Sighting.Received first = (Sighting.Received) sightings.get(before);
    Kind kind = first.id().equals(event.id()) ? Kind.DUPLICATED : Kind.STORED_TWICE;
    String text = name + " with id " + first.id() + " again with " + event.id();
    add(kind, event.at(), first.at(), null, index, text);
  }

  private boolean resetBetween(int from, int to, String channel) {
    return resets.stream()
        .anyMatch(i -> i > from && i < to && ((Sighting.Told) sightings.get(i)).isOf(channel));
  }

  private void settle(Published event) {
    if (!isOwed(event) || seen.containsKey(event.number())) {
      return;
    }
    TreeMap<Position, Integer> events =
        received.computeIfAbsent(event.channel(), c -> new TreeMap<>());
    Map.Entry<Position, Integer> previous = events.lowerEntry(event.id());
    int after = previous == null ? -1 : previous.getValue();
    String text = event.channel() + " #" + event.number() + " with id " + event.id();
    for (int index : resets) {
      Sighting.Told told = (Sighting.Told) sightings.get(index);
      if (covers(told, event) && (told.to() != null || index > after)) {
        String by = text + " told as " + told.reason();
        add(Kind.TOLD, told.at(), event.sentAt(), event.id(), index, by);
        return;
      }
    }
    long at = event.sentAt();
    add(Kind.UNTOLD, at, at, event.id(), indexAt(at), text + " never came");
  }

  private boolean isOwed(Published event) {
    return first != null
        && trace.channels().contains(event.channel())
        && trace.owes(event)
        && (event.sentAt() >= firstAt || event.id().isAfter(first));
  }

  private static boolean covers(Sighting.Told told, Published event) {
    return told.isOf(event.channel())
        && told.at() >= event.sentAt()
        && (told.from() == null || event.id().isAfter(told.from()))
        && (told.to() == null || !event.id().isAfter(told.to()));
  }

  /** Index of the first sighting at a time or later. */
  private int indexAt(long time) {
    int index = 0;
    while (index + 1 < sightings.size() && sightings.get(index).at() < time) {
      index++;
    }
    return index;
  }

  private void find(Kind kind, int index, String text) {
    long at = sightings.get(index).at();
    add(kind, at, at, null, index, text);
  }

  private void add(Kind kind, long at, long sentAt, @Nullable Position id, int index, String text) {
    findings.add(new Finding(kind, trace.client(), at, sentAt, id, index, text));
  }
}
