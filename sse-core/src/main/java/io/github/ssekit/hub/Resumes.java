package io.github.ssekit.hub;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The position that this node has reached, and each {@link Resume} that waits until it changes or
 * until channels open. Guarded by the hub's lock.
 *
 * <p>A returning client must neither miss an event nor get an event twice, while the node itself is
 * still catching up. Client and node both have a position in the one order of all events with
 * history, so the comparison of the two positions decides everything. A client below the node's
 * position continues in the logs if they reach back far enough, else it gets pages. A client above
 * the node's position, since its page was read after the node's latest event, waits until the node
 * gets there. The index by position makes that cheap: after a restart thousands of clients wait,
 * and each event looks at the lowest position alone.
 */
final class Resumes {
  /** The hub's lock. */
  final ReentrantLock lock;

  /** For logging, which must not happen under the lock. */
  final Executor callbacks;

  final ReplayRoom room;

  private final Set<Resume> opening = new LinkedHashSet<>();

  /** By the client's position, so that a client that leaves is found without a search. */
  private final NavigableMap<Position, Set<Resume>> ahead = new TreeMap<>();

  /** Clients below this position can't continue in the logs: Redis lost events there. */
  private @Nullable Position floor;

  /**
   * The position at which this node began, or to which the last rewind set it back; null if the
   * last rewind did not set it back. Ids above it, up to the next position that this node reaches,
   * may have been given before, and lost.
   */
  private @Nullable Position setBackTo;

  private int rewinds;

  /**
   * All events up to here are in the logs. Volatile for readers without the lock: written after the
   * watermark that covers it.
   */
  private volatile @Nullable Position position;

  Resumes(long maxReplayBytes, ReentrantLock lock, Executor callbacks) {
    this.room = new ReplayRoom(maxReplayBytes, lock);
    this.lock = lock;
    this.callbacks = callbacks;
  }

  /** The position that this node has reached, or null. Any thread. */
  @Nullable Position position() {
    return position;
  }

  /** The number of times that the history was rewound. */
  int rewinds() {
    return rewinds;
  }

  /** Whether this node has not yet reached a position. */
  boolean isAhead(Position at) {
    Position now = position;
    return now == null || at.isAfter(now);
  }

  /** Whether a position is behind this node. */
  boolean isBehind(Position at) {
    Position now = position;
    return now != null && now.isAfter(at);
  }

  /** Whether the history up to a position is void. */
  boolean isVoid(Position at) {
    if (floor == null || at.equals(setBackTo)) {
      return false; // The logs begin there.
    }
    return floor.isAfter(at) || floor.equals(setBackTo);
  }

  /** All events up to a position are in the logs. */
  void reached(Position now) {
    assert lock.isHeldByCurrentThread();
    if (position == null) {
      setBackTo = now;
      floor = now;
    } else if (setBackTo != null && setBackTo.equals(floor) && now.isAfter(setBackTo)) {
      floor = now;
    }
    position = Position.later(position, now);
    while (!ahead.isEmpty() && !isAhead(ahead.firstKey())) {
      ahead.pollFirstEntry().getValue().forEach(Resume::reached);
    }
  }

  /**
   * The history before a position is void. If this sets the node back, the range from there to the
   * next reached position is void too: clients may come back with ids in it.
   */
  void rewound(Position to) {
    assert lock.isHeldByCurrentThread();
    rewinds++;
    setBackTo = isBehind(to) ? to : null;
    floor = to;
    List<Resume> all = new ArrayList<>();
    ahead.values().forEach(all::addAll);
    ahead.clear();
    position = to;
    all.forEach(Resume::rewound);
  }

  /** More channels are open. */
  void opened() {
    assert lock.isHeldByCurrentThread();
    List.copyOf(opening).forEach(Resume::opened);
  }

  // The index, which Resume keeps up to date.

  void addOpening(Resume r) {
    opening.add(r);
  }

  void removeOpening(Resume r) {
    opening.remove(r);
  }

  void addAhead(Position at, Resume r) {
    ahead.computeIfAbsent(at, a -> new LinkedHashSet<>()).add(r);
  }

  void removeAhead(Position at, Resume r) {
    Set<Resume> there = ahead.get(at);
    if (there != null && there.remove(r) && there.isEmpty()) {
      ahead.remove(at);
    }
  }
}
