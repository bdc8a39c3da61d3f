package io.github.ssekit.hub;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The position that this node has reached, and the connections that are on their way to it. Guarded
 * by the hub's lock.
 *
 * <pre>
 *                   all channels open?
 *              no ┌───────┐ yes
 *   connect ─────►│advance├────► newcomer ─────────────────────► live, at the logs' ends
 *        opened ─►│       │────► logs reach back to it ─────────► live, at its place in the logs
 *         taken ─►│       │────► from a replay, and above ours ─► waits until we reach it
 *       reached ─►└───────┘────► waits for room ─► replay ─► which is taken, and so on
 *                                                    └─ the upstream throws ─► told of a loss, live at the logs' ends
 * </pre>
 */
final class Resumes {
  private final Set<Resume> opening = new LinkedHashSet<>();

  /** By where they are: of a thousand that leave at once, none is searched for. */
  private final NavigableMap<Position, Set<Resume>> ahead = new TreeMap<>();

  private final ReplayRoom room;

  /** What is below is not to be gone on from: Redis lost something there. */
  private @Nullable Position floor;

  /** How often history was rewound. */
  private int rewinds;

  /**
   * Everything up to here is in the logs. Volatile for those who read it without the lock: written
   * after the watermark that covers it.
   */
  private volatile @Nullable Position position;

  Resumes(long maxReplayBytes) {
    room = new ReplayRoom(maxReplayBytes);
  }

  /** The room for replays. */
  ReplayRoom room() {
    return room;
  }

  @Nullable Position position() {
    return position;
  }

  void reached(Position now) {
    position = Position.later(position, now);
    while (!ahead.isEmpty() && !isAhead(ahead.firstKey())) {
      ahead.pollFirstEntry().getValue().forEach(this::advance);
    }
  }

  private boolean isAhead(Position at) {
    return position == null || at.isAfter(position);
  }

  /** History below a position is void; whoever stands there is to be told. */
  void rewound(Position to) {
    rewinds++;
    floor = to;
    // A position that was read before may lie in what is lost, never to be reached.
    List<Resume> all = new ArrayList<>();
    ahead.values().forEach(all::addAll);
    ahead.clear();
    position = to;
    for (Resume r : all) {
      r.replayed = false;
      advance(r);
    }
  }

  /** Some channels are open now. */
  void opened() {
    List<Resume> all = new ArrayList<>(opening);
    opening.clear();
    all.forEach(this::advance);
  }

  /** The upstream has answered. Returns whether the client is to get it. */
  boolean answered(Resume r, Replay page) {
    if (r.ended) {
      return false;
    }
    boolean fits = room.hold(r, page);
    askNext();
    return fits;
  }

  /** The client has taken a replay. */
  void replayed(Resume r, Replay page) {
    r.at = page.upTo();
    r.replays++;
    r.events += page.events();
    // One that was asked for before a rewind may reach to where this node never comes.
    r.replayed = r.rewinds == rewinds;
    room.release(r);
    advance(r);
    askNext();
  }

  /** The connection has left a channel, perhaps the one that it waits for. */
  void left(Resume r, Subscription subscription) {
    r.late.remove(subscription);
    r.subscriptions.remove(subscription);
    if (r.subscriptions.isEmpty() && r.late.isEmpty()) {
      end(r);
    } else if (opening.remove(r)) {
      advance(r);
    }
  }

  /** The connection has closed. */
  void closed(Resume r) {
    end(r);
    room.release(r);
    askNext();
  }

  private void end(Resume r) {
    r.ended = true;
    room.dismiss(r);
    opening.remove(r);
    Position at = r.at;
    Set<Resume> there = at == null ? null : ahead.get(at);
    if (at != null && there != null && there.remove(r) && there.isEmpty()) {
      ahead.remove(at);
    }
  }

  /** The next step of a connection. */
  void advance(Resume r) {
    Position now = position;
    Position at = r.at;
    if (r.ended) {
      return;
    }
    if (now == null || !r.subscriptions.stream().allMatch(s -> s.channel.log.from() != null)) {
      opening.add(r);
    } else if (at == null) {
      live(r, null, greeting(r, now));
    } else if (!isAhead(at) && isServed(r, at)) {
      live(r, at, null);
    } else if (isAhead(at) && r.replayed) {
      ahead.computeIfAbsent(at, a -> new LinkedHashSet<>()).add(r);
    } else {
      room.await(r);
      askNext();
    }
  }

  /** Has the upstream asked for those who wait, as far as there is room. */
  private void askNext() {
    for (Resume r = room.next(); r != null; r = room.next()) {
      Position at = Objects.requireNonNull(r.at);
      r.rewinds = rewinds;
      // One that has left all that it came for has nothing to be asked for.
      if (r.subscriptions.isEmpty() || !r.connection.replay(r, at)) {
        room.dismiss(r);
        live(r, null, reset(r, StreamReset.Reason.LOST, at, Objects.requireNonNull(position)));
      }
    }
  }

  private boolean isServed(Resume r, Position at) {
    return (floor == null || !floor.isAfter(at))
        && r.subscriptions.stream()
            .allMatch(s -> !Objects.requireNonNull(s.channel.log.from()).isAfter(at));
  }

  private static byte @Nullable [] greeting(Resume r, Position now) {
    if (r.unknownId) {
      return reset(r, StreamReset.Reason.UNKNOWN_ID, null, now);
    }
    return r.connection.idsOnEventsOnly ? null : now.block().frame().toByteArray();
  }

  private static byte[] reset(
      Resume r, StreamReset.Reason reason, @Nullable Position from, Position to) {
    r.told = new StreamReset(null, reason, from, to);
    return Replay.reset(reason, from, to).bytes();
  }

  /**
   * @param at where it goes on in the logs, or null for their ends
   */
  private static void live(Resume r, @Nullable Position at, byte @Nullable [] greeting) {
    r.ended = true;
    for (Subscription s : r.subscriptions) {
      s.cursor = at == null ? s.channel.log.tail() : s.channel.log.at(at);
    }
    for (Subscription s : r.late) {
      s.cursor = at == null ? s.channel.log.tail() : s.channel.log.at(at, s.cursor);
    }
    r.subscriptions.addAll(r.late);
    r.connection.resume = null;
    r.connection.live(r.subscriptions, greeting, r);
  }
}
