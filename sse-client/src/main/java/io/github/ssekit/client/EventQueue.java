package io.github.ssekit.client;

import io.github.ssekit.event.SseEvent;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Events between the thread that reads the stream and the threads that take them, bounded in bytes:
 * a reader that meets a full queue waits, and so doesn't read. Keeps the last event ID of the taken
 * events. Thread-safe; its threads wait on conditions, not in monitors.
 */
final class EventQueue {
  private record Waiting(SseEvent event, String lastEventId, long bytes) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final long maxBytes;

  // Guarded by lock.
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private long bytes;
  private String receivedId;

  /** While events wait: the last event ID before them. */
  private String takenId;

  private boolean ended;

  EventQueue(long maxBytes, String lastEventId) {
    this.maxBytes = maxBytes;
    this.receivedId = lastEventId;
    this.takenId = lastEventId;
  }

  /**
   * Adds an event once there is room; an event that is larger than the queue has room in an empty
   * queue. Drops the event if the queue is ended.
   */
  void put(SseEvent event, String lastEventId) {
    Waiting added = new Waiting(event, lastEventId, size(event));
    lock.lock();
    try {
      while (!ended && bytes > 0 && bytes + added.bytes > maxBytes) {
        changed.awaitUninterruptibly();
      }
      if (!ended) {
        if (waiting.isEmpty()) {
          takenId = receivedId;
        }
        waiting.add(added);
        bytes += added.bytes;
        receivedId = lastEventId;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The approximate memory of an event: two bytes a character, and its objects. */
  private static long size(SseEvent event) {
    return 100 + 2L * (length(event.data()) + length(event.type()) + length(event.id()));
  }

  private static int length(@Nullable String text) {
    return text == null ? 0 : text.length();
  }

  /**
   * All blocks received up to this id are in the queue, or need no place in it. Ignored once the
   * queue is ended, since later events were dropped.
   */
  void received(String lastEventId) {
    lock.lock();
    try {
      if (!ended) {
        receivedId = lastEventId;
      }
    } finally {
      lock.unlock();
    }
  }

  /** A listener was given the event with this id, and may have closed the source meanwhile. */
  void handled(String lastEventId) {
    lock.lock();
    try {
      receivedId = lastEventId;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes the next event, waiting for it if need be; null if the time is over, or if the queue is
   * ended and empty.
   */
  @Nullable SseEvent take(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (waiting.isEmpty()) {
        if (ended || left <= 0) {
          return null;
        }
        left = changed.awaitNanos(left);
      }
      Waiting taken = waiting.remove();
      bytes -= taken.bytes;
      takenId = taken.lastEventId;
      changed.signalAll();
      return taken.event;
    } finally {
      lock.unlock();
    }
  }

  /** The last event ID of a client that has handled all taken events, and no others. */
  String lastEventId() {
    lock.lock();
    try {
      return waiting.isEmpty() ? receivedId : takenId;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the queue: it adds no more events. Waiting events can still be taken. */
  void end() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends the queue, and drops the waiting events. Nobody has handled these, so the last event ID
   * stays that of the taken events.
   */
  void discard() {
    lock.lock();
    try {
      receivedId = lastEventId();
      waiting.clear();
      bytes = 0;
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
