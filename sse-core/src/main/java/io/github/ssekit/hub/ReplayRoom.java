package io.github.ssekit.hub;

import java.util.Comparator;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The room for replays on a node: the bytes that were read for clients which have not taken them
 * yet, and the clients that wait until there is room for theirs. Guarded by the hub's lock.
 *
 * <p>A page is counted from when it is asked for until its transport is ready again: at first as
 * large as pages were lately, then by its length. If it turns out not to fit beside those that are
 * held, it is dropped, and its client waits again, in its old place. One that several clients share
 * counts once. One page is always let in, however large.
 *
 * <p>A client that has taken a page goes on with the next before those that have had none: it
 * reads, and its share is free when it has caught up. All others wait in the order in which they
 * came.
 */
final class ReplayRoom {
  private final long limit;
  private final NavigableSet<Resume> goingOn =
      new TreeSet<>(Comparator.comparingLong(r -> r.place));
  private final NavigableSet<Resume> waiting =
      new TreeSet<>(Comparator.comparingLong(r -> r.place));

  /** How many have come to wait. */
  private long places;

  /** Pages that were asked for and have not come. */
  private int asked;

  /** What pages have that have come and were not taken. */
  private long held;

  /** What the next page may have: the largest of late. */
  private long expected;

  /** Whether anybody waits. Volatile for the loops, which look at it without the lock. */
  private volatile boolean scarce;

  ReplayRoom(long limit) {
    this.limit = limit;
    this.expected = Math.min(64 << 10, limit / 4);
  }

  /** A client is to get its next page when there is room. */
  void await(Resume r) {
    r.place = ++places;
    queue(r);
  }

  private void queue(Resume r) {
    (r.replays > 0 ? goingOn : waiting).add(r);
    scarce = true;
  }

  /** The next client that there is room for, which counts from now on; or null. */
  @Nullable Resume next() {
    NavigableSet<Resume> first = goingOn.isEmpty() ? waiting : goingOn;
    boolean none = asked == 0 && held == 0;
    Resume next = null;
    if (!first.isEmpty() && (none || held + (asked + 1) * expected <= limit)) {
      next = Objects.requireNonNull(first.pollFirst());
      next.asked = true;
      asked++;
    }
    scarce = !(goingOn.isEmpty() && waiting.isEmpty());
    return next;
  }

  /**
   * The page of a client has come. Returns whether there is room for it; if not, it waits again.
   */
  boolean hold(Resume r, Replay page) {
    dismiss(r);
    release(r);
    expected = Math.max(page.length(), expected - expected / 16);
    if (page.holders == 0 && held > 0 && held + page.length() > limit) {
      queue(r);
      return false;
    }
    r.held = page;
    if (page.holders++ == 0) {
      held += page.length();
    }
    return true;
  }

  /** The client waits for no page any more; one that it holds is counted on. */
  void dismiss(Resume r) {
    if (r.asked) {
      r.asked = false;
      asked--;
    }
    goingOn.remove(r);
    waiting.remove(r);
  }

  /** The client has taken its page, or never will. */
  void release(Resume r) {
    Replay page = r.held;
    if (page != null) {
      r.held = null;
      if (--page.holders == 0) {
        held -= page.length();
      }
    }
  }

  /** Whether clients wait. Any thread. */
  boolean isScarce() {
    return scarce;
  }

  long held() {
    return held;
  }

  int waiting() {
    return goingOn.size() + waiting.size();
  }
}
