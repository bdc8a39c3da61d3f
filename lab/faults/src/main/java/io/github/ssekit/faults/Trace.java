package io.github.ssekit.faults;

import io.github.ssekit.hub.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The sightings of one client, in their order. One thread writes, others may read. */
final class Trace {
  private final String client;
  private final Set<String> channels;
  private final List<Sighting> sightings = new ArrayList<>();
  private final Map<Long, Long> firstSeen = new ConcurrentHashMap<>();
  private volatile Sighting.@Nullable Received lastOwed;

  Trace(String client, Set<String> channels) {
    this.client = client;
    this.channels = channels;
  }

  synchronized void add(Sighting sighting) {
    sightings.add(sighting);
    if (sighting instanceof Sighting.Received received) {
      firstSeen.putIfAbsent(received.number(), received.at());
    }
  }

  /**
   * Records that the client leaves while events still come. Events after the client's last event
   * are not owed to it.
   */
  synchronized void cutShort() {
    Sighting.Received last = new Sighting.Received(0, "", 0, new Position(0, 0));
    for (Sighting each : sightings) {
      last = each instanceof Sighting.Received received ? received : last;
    }
    lastOwed = last;
  }

  /** Whether the client was there long enough for an event: by the time, and by the id. */
  boolean owes(Published event) {
    Sighting.Received last = lastOwed;
    return last == null || (event.sentAt() <= last.at() && !event.id().isAfter(last.id()));
  }

  String client() {
    return client;
  }

  Set<String> channels() {
    return channels;
  }

  synchronized List<Sighting> sightings() {
    return List.copyOf(sightings);
  }

  /** The time at which the event with this number first came, or -1 if it has not come. */
  long seenAt(long number) {
    return firstSeen.getOrDefault(number, -1L);
  }
}
