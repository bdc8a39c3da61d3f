package io.github.ssekit.hub;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A place in the history of a channel, from which a client without a last event ID is given the
 * events: from now on, the newest few first, or all that are kept. See {@link
 * ConnectionOptions#withStart}.
 *
 * @param events how many of the newest events at most: 0 to {@value #MAX_EVENTS}, or {@link
 *     Integer#MAX_VALUE} for all
 * @param after only events after this position, or null
 * @param since losses up to this position of the upstream are not reported: the client was told of
 *     them, or came later. Null to report all
 */
public record Start(int events, @Nullable Position after, @Nullable Position since) {
  /** The largest number of events to begin with, other than all of them. */
  public static final int MAX_EVENTS = 1_000;

  /** From now on: nothing of what is kept. */
  public static final Start NOW = new Start(0, null, null);

  /** From the oldest event that is kept. */
  public static final Start ALL = new Start(Integer.MAX_VALUE, null, null);

  /**
   * Checks the number.
   *
   * @throws IllegalArgumentException if it is not within its limits, if events are counted though
   *     there is a position, or if {@code since} is given without a position
   */
  public Start {
    if (events < 0 || (events > MAX_EVENTS && events != Integer.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "start at the newest %d events: give 0 to %d, or Start.ALL"
              .formatted(events, MAX_EVENTS));
    }
    if (after != null && events != Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "start after %s at the newest %d events: give one of the two".formatted(after, events));
    }
    if (after == null && since != null) {
      throw new IllegalArgumentException(
          "start since %s: give the position after which to go on, too".formatted(since));
    }
  }

  /**
   * At the newest events; fewer if no more are kept, or if they have more than 1 MiB together.
   *
   * @param events 0 to {@value #MAX_EVENTS}
   * @throws IllegalArgumentException if it is not within these limits
   */
  public static Start last(int events) {
    if (events > MAX_EVENTS) {
      throw new IllegalArgumentException(
          "start at the last %d events: give 0 to %d, or Start.ALL".formatted(events, MAX_EVENTS));
    }
    return new Start(events, null, null);
  }

  /** The same for a client that goes on, see {@link #since}. */
  public Start withSince(@Nullable Position clock) {
    return new Start(events, after, clock);
  }

  /** After a position, as a client that returns with it. */
  public static Start after(Position position) {
    return new Start(Integer.MAX_VALUE, Objects.requireNonNull(position, "position"), null);
  }
}
