package io.github.ssekit.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.function.Function;
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
 *       written ─►│       │────► from a replay, and above ours ─► waits until we reach it
 *       reached ─►└───────┘────► else ──────────────────────────► replay, which is written, and so on
 * </pre>
 */
final class Resumes {
  private final Set<Resume> opening = new LinkedHashSet<>();
  private final Queue<Resume> ahead =
      new PriorityQueue<>(Comparator.comparing((Resume r) -> Objects.requireNonNull(r.at)));

  /** What is below is not to be gone on from: Redis lost something there. */
  private @Nullable Position floor;

  /** How often history was rewound. */
  private int rewinds;

  /**
   * Everything up to here is in the logs. Volatile for those who read it without the lock: written
   * after the watermark that covers it.
   */
  private volatile @Nullable Position position;

  @Nullable Position position() {
    return position;
  }

  void reached(Position now) {
    position = Position.later(position, now);
    for (Resume r = ahead.peek(); r != null && !isAhead(r); r = ahead.peek()) {
      ahead.remove();
      advance(r);
    }
  }

  private boolean isAhead(Resume r) {
    return position == null || Objects.requireNonNull(r.at).isAfter(position);
  }

  /** History below a position is void; whoever stands there is to be told. */
  void rewound(Position to) {
    rewinds++;
    floor = to;
    // A position that was read before may lie in what is lost, never to be reached.
    List<Resume> all = new ArrayList<>(ahead);
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

  /** The client has a replay. */
  void replayed(Resume r, Position upTo) {
    r.at = upTo;
    // One that was asked for before a rewind may reach to where this node never comes.
    r.replayed = r.rewinds == rewinds;
    advance(r);
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

  void end(Resume r) {
    r.ended = true;
    opening.remove(r);
    ahead.remove(r);
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
      live(r, log -> log.tail(), greeting(r, now));
    } else if (!isAhead(r) && isServed(r, at)) {
      live(r, log -> log.at(at), null);
    } else if (isAhead(r) && r.replayed) {
      ahead.add(r);
    } else {
      r.rewinds = rewinds;
      r.connection.replay(r, at);
    }
  }

  private boolean isServed(Resume r, Position at) {
    return (floor == null || !floor.isAfter(at))
        && r.subscriptions.stream()
            .allMatch(s -> !Objects.requireNonNull(s.channel.log.from()).isAfter(at));
  }

  private static byte[] greeting(Resume r, Position now) {
    return r.unknownId
        ? Replay.reset(StreamReset.Reason.UNKNOWN_ID, null, now).bytes()
        : now.block().frame().bytes();
  }

  private static void live(
      Resume r, Function<ChannelLog, ChannelLog.Entry> place, byte @Nullable [] greeting) {
    r.ended = true;
    r.subscriptions.addAll(r.late);
    for (Subscription s : r.subscriptions) {
      s.cursor = place.apply(s.channel.log);
    }
    r.connection.resume = null;
    r.connection.live(r.subscriptions, greeting);
  }
}
