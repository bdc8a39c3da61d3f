package io.github.ssekit.hub;

import java.util.Comparator;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The room for replays on a node: the bytes of pages that clients have not taken yet, and the queue
 * of clients that wait for room. Guarded by the hub's lock.
 *
 * <p>A page counts from the request for it until the client's transport is ready again: at first
 * with the size of recent pages, then with its own. A page that arrives and doesn't fit beside the
 * others is dropped, and its client waits again, in its old place. A page that several clients
 * share counts once, and once more for each client whose transport {@linkplain Transport#copies
 * copies} it. One page is always admitted, however large.
 *
 * <p>A client that has taken a page gets its next page before clients that wait for their first: it
 * reads, and its share of the room is free once it has caught up. Each of the two groups waits in
 * the order of its requests.
 */
final class ReplayRoom {
  /** One client's place: in the queue, or in the room with a page. */
  static final class Place {
    private final Runnable admitted;
    private long number;
    private boolean awaitsPage;
    private boolean tookPage;
    private @Nullable Replay page;
    private boolean copies;

    /**
     * @param admitted requests the page; called under the hub's lock when there is room for it
     */
    Place(Runnable admitted) {
      this.admitted = admitted;
    }
  }

  private final long limit;

  /** The hub's lock. */
  private final ReentrantLock lock;

  /** The places of clients that have taken a page and wait for the next. */
  private final NavigableSet<Place> continuing = byNumber();

  /** The places of clients that wait for their first page. */
  private final NavigableSet<Place> beginning = byNumber();

  private long lastNumber;

  /** The number of pages that were requested and have not arrived. */
  private int requested;

  /** The bytes of the pages that have arrived and that their clients have not taken. */
  private long held;

  /** The expected size of the next page: the largest of recent pages. */
  private long expected;

  /** Whether clients wait. Volatile: the loops read it without the lock. */
  private volatile boolean scarce;

  ReplayRoom(long limit, ReentrantLock lock) {
    this.limit = limit;
    this.lock = lock;
    this.expected = Math.min(64 << 10, limit / 4);
  }

  private static NavigableSet<Place> byNumber() {
    return new TreeSet<>(Comparator.comparingLong(place -> place.number));
  }

  /** Puts a client at the end of its queue. The caller then calls {@link #admit}. */
  void enqueue(Place place) {
    assert lock.isHeldByCurrentThread();
    place.number = ++lastNumber;
    insert(place);
  }

  private void insert(Place place) {
    (place.tookPage ? continuing : beginning).add(place);
    scarce = true;
  }

  /** Lets the first clients in the queue request their pages, as far as there is room. */
  void admit() {
    assert lock.isHeldByCurrentThread();
    while (hasRoom()) {
      Place next =
          Objects.requireNonNull((continuing.isEmpty() ? beginning : continuing).pollFirst());
      next.awaitsPage = true;
      requested++;
      updateScarce();
      next.admitted.run();
    }
  }

  private boolean hasRoom() {
    boolean empty = requested == 0 && held == 0;
    return waiting() > 0 && (empty || held + (requested + 1) * expected <= limit);
  }

  /**
   * Counts the page that has arrived for a client. Returns false if there is no room for it: the
   * client then waits again, in its old place.
   *
   * @param copies whether the client's transport copies the page
   */
  boolean tryHold(Place place, Replay page, boolean copies) {
    assert lock.isHeldByCurrentThread();
    stopAwaiting(place);
    expected = Math.max(page.length(), expected - expected / 16);
    boolean counts = copies || page.sharers == 0;
    if (counts && held > 0 && held + page.length() > limit) {
      insert(place);
      return false;
    }
    place.page = page;
    place.copies = copies;
    if (!copies) {
      page.sharers++;
    }
    if (counts) {
      held += page.length();
    }
    return true;
  }

  /** The client has taken its page. */
  void taken(Place place) {
    assert lock.isHeldByCurrentThread();
    place.tookPage = true;
    release(place);
  }

  /** Removes the client from the queue, and drops its page: it wants no more pages. */
  void leave(Place place) {
    assert lock.isHeldByCurrentThread();
    stopAwaiting(place);
    continuing.remove(place);
    beginning.remove(place);
    updateScarce();
    release(place);
  }

  private void stopAwaiting(Place place) {
    if (place.awaitsPage) {
      place.awaitsPage = false;
      requested--;
    }
  }

  private void release(Place place) {
    Replay page = place.page;
    if (page != null) {
      place.page = null;
      if (place.copies || --page.sharers == 0) {
        held -= page.length();
      }
    }
  }

  private void updateScarce() {
    scarce = waiting() > 0;
  }

  /** Whether clients wait. Any thread. */
  boolean isScarce() {
    return scarce;
  }

  /** The bytes of all pages that have arrived and that their clients have not taken. */
  long held() {
    assert lock.isHeldByCurrentThread();
    return held;
  }

  /** The number of clients that wait. */
  int waiting() {
    assert lock.isHeldByCurrentThread();
    return continuing.size() + beginning.size();
  }
}
