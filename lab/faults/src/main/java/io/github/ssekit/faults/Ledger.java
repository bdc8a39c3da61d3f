package io.github.ssekit.faults;

import io.github.ssekit.hub.Position;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** The publishes of a run, the only knowledge of the oracle. Thread-safe. */
final class Ledger {
  private final AtomicLong numbers = new AtomicLong();
  private final List<Published> acknowledged = new ArrayList<>();
  private final List<Long> refusals = new ArrayList<>();
  private final Map<Long, Long> attempted = new ConcurrentHashMap<>();

  /** Returns the number of an event that is about to be sent. */
  long begin(long now) {
    long number = numbers.incrementAndGet();
    attempted.put(number, now);
    return number;
  }

  synchronized void acknowledge(String channel, long number, long now, Position id) {
    Long sentAt = attempted.get(number);
    acknowledged.add(new Published(number, channel, sentAt == null ? now : sentAt, now, id));
  }

  /** Records a failed publish: a node refused it, or did not reply. */
  synchronized void refused(long now) {
    refusals.add(now);
  }

  synchronized List<Long> refusals() {
    return List.copyOf(refusals);
  }

  /** Acknowledged events in the order of their first attempts. */
  synchronized List<Published> acknowledged() {
    List<Published> sorted = new ArrayList<>(acknowledged);
    sorted.sort(Comparator.comparingLong(Published::sentAt));
    return sorted;
  }

  /** The acknowledged events whose first attempt began at the given time or later, in no order. */
  synchronized List<Published> since(long time) {
    List<Published> found = new ArrayList<>();
    // Acknowledgements are in the order of time, so earlier entries need no look.
    for (int i = acknowledged.size() - 1; i >= 0; i--) {
      Published each = acknowledged.get(i);
      if (each.acknowledgedAt() < time) {
        break;
      }
      if (each.sentAt() >= time) {
        found.add(each);
      }
    }
    return found;
  }

  long count() {
    return numbers.get();
  }
}
