package io.github.ssekit.faults;

import io.github.ssekit.hub.Position;
import io.github.ssekit.redis.AnswerState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The confirmed facts of one answer, the only knowledge of the judge. Thread-safe. */
final class AnswerFacts {
  final String id;

  private final TreeSet<String> producers = new TreeSet<>();
  private final Map<Integer, Position> stored = new TreeMap<>();
  private final List<AnswerState> endings = new ArrayList<>();
  private final List<String> fenced = new ArrayList<>();
  private @Nullable String victim;
  private long leaseEndsAt = -1;
  private long overAt = -1;

  AnswerFacts(String id) {
    this.id = id;
  }

  /** A start was confirmed. */
  synchronized void started(String who) {
    producers.add(who);
  }

  /** An event was confirmed. */
  synchronized void stored(int number, Position position) {
    stored.put(number, position);
  }

  /** An ending was confirmed to the producer, or to the request that stopped the answer. */
  synchronized void ended(AnswerState how, long at) {
    endings.add(how);
    over(at);
  }

  /** A node said that the answer is over. */
  synchronized void over(long at) {
    overAt = overAt < 0 ? at : Math.min(overAt, at);
  }

  /** A producer was refused. */
  synchronized void fenced(String who, AnswerState how, long at) {
    if (producers.contains(who)) {
      fenced.add(who);
    }
    if (how.isEnded()) {
      over(at);
    }
  }

  /** The node with this start is killed, or stands still. */
  synchronized void nodeLost(String who, long leaseEnd) {
    victim = who;
    leaseEndsAt = leaseEnd;
  }

  synchronized boolean hasProducer() {
    return !producers.isEmpty();
  }

  /** The confirmed starts. More than one start is a violation. */
  synchronized List<String> producers() {
    return List.copyOf(producers);
  }

  synchronized Map<Integer, Position> stored() {
    return new TreeMap<>(stored);
  }

  /** The confirmed endings. More than one ending is a violation. */
  synchronized List<AnswerState> endings() {
    return List.copyOf(endings);
  }

  /** Number of refusals of started producers. */
  synchronized int fenced() {
    return fenced.size();
  }

  /** Whether the producer may have been on the node that was lost. */
  synchronized boolean mayBeLost() {
    return victim != null && (producers.isEmpty() || producers.contains(victim));
  }

  /** The time from which viewers may expect the ending, or -1 if that time is unknown. */
  synchronized long fact() {
    if (!mayBeLost()) {
      return overAt;
    }
    return overAt < 0 ? leaseEndsAt : Math.min(overAt, leaseEndsAt);
  }
}
