package io.github.ssekit.faults;

import io.github.ssekit.hub.Position;
import org.jspecify.annotations.Nullable;

/** One observation of a client. Times are milliseconds of the run. */
sealed interface Sighting {
  long at();

  /** The client asks a node for the stream, with its last event ID or none. */
  record Asked(long at, int node, String lastEventId) implements Sighting {}

  /** A block with only an id. */
  record Announced(long at, Position position) implements Sighting {}

  /** One of the lab's events. */
  record Received(long at, String channel, long number, Position id) implements Sighting {}

  /**
   * A stream-reset.
   *
   * @param channel null for all channels
   */
  record Told(
      long at,
      @Nullable String channel,
      String reason,
      @Nullable Position from,
      @Nullable Position to)
      implements Sighting {
    boolean isOf(String name) {
      return channel == null || channel.equals(name);
    }
  }

  /** The connection ended, or could not be opened. */
  record Ended(long at, String why) implements Sighting {}

  /** Content that no client should ever see. */
  record Nonsense(long at, String what) implements Sighting {}
}
