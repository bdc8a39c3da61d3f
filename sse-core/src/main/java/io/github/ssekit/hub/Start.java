package io.github.ssekit.hub;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The place in a channel's history at which a client without a last event ID starts: now, at the
 * newest few events, or at the oldest event that is kept. See {@link ConnectionOptions#withStart}.
 *
 * @param events the maximum number of newest events: 0 to {@value #MAX_EVENTS}, or {@link
 *     Integer#MAX_VALUE} for all
 * @param after only events after this position, or null
 * @param since losses up to this position of the upstream are not reported: the client was told of
 *     them, or came later. Null to report all
 */
public record Start(int events, @Nullable Position after, @Nullable Position since) {
  /** The largest number of events to begin with, other than all of them. */
  public static final int MAX_EVENTS = 1_000;

  /** From now on, without any kept event. */
  public static final Start NOW = new Start(0, null, null);

  /** From the oldest event that is kept. */
  public static final Start ALL = new Start(Integer.MAX_VALUE, null, null);

  /**
   * Checks the components.
   *
   * @throws IllegalArgumentException if the number is not within its limits, if events are counted
   *     although a position is given, or if {@code since} is given without a position
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
   * At the newest events; fewer if the history keeps fewer, or if they have more than 1 MiB
   * together.
   *
   * @param events 0 to {@value #MAX_EVENTS}
   * @throws IllegalArgumentException if the number is not within these limits
   */
  public static Start last(int events) {
    if (events > MAX_EVENTS) {
      throw new IllegalArgumentException(
          "start at the last %d events: give 0 to %d, or Start.ALL".formatted(events, MAX_EVENTS));
    }
    return new Start(events, null, null);
  }

  /** A copy for a client that continues, see {@link #since}. */
  public Start withSince(@Nullable Position clock) {
    return new Start(events, after, clock);
  }

  /** After a position, as for a client that returns with this position. */
  public static Start after(Position position) {
    return new Start(Integer.MAX_VALUE, Objects.requireNonNull(position, "position"), null);
  }
}
