package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A page of past events, as a client gets it: resets, then events in the order of their positions,
 * encoded once for all clients that missed the same events. See {@link Upstream#replay}.
 */
public final class Replay {
  private final Position upTo;
  private final byte[] bytes;

  /** The length without the id-only block that may come last. */
  private final int lengthOfEvents;

  private final List<StreamReset> resets;
  private final int events;

  /**
   * The positions after which some channels start, behind the end of this replay: a newcomer gets
   * no earlier events of these channels.
   */
  private final Map<String, Position> starts;

  /** The upstream's latest position when it began to read this; null if unknown. */
  private final @Nullable Position clock;

  /**
   * The number of clients that hold it, and share its bytes; {@link ReplayRoom} counts the bytes
   * once for all of them. Guarded by the hub's lock.
   */
  int sharers;

  private Replay(
      Position upTo,
      byte[] bytes,
      int lengthOfEvents,
      List<StreamReset> resets,
      int events,
      Map<String, Position> starts,
      @Nullable Position clock) {
    this.upTo = upTo;
    this.bytes = bytes;
    this.lengthOfEvents = lengthOfEvents;
    this.resets = List.copyOf(resets);
    this.events = events;
    this.starts = Map.copyOf(starts);
    this.clock = clock;
  }

  /**
   * The events after one position and up to another.
   *
   * @param resets of single channels, or of all channels
   * @param events each with its position as id, all of them above the first position
   * @param upTo the position that the client reaches with this replay, not below the last event
   */
  public static Replay of(List<StreamReset> resets, List<SseEvent> events, Position upTo) {
    Objects.requireNonNull(resets, "resets");
    Objects.requireNonNull(events, "events");
    Objects.requireNonNull(upTo, "upTo");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    resets.forEach(reset -> append(out, reset.event()));
    events.forEach(event -> append(out, event));
    int lengthOfEvents = out.size();
    if (events.isEmpty() || !upTo.toString().equals(events.get(events.size() - 1).id())) {
      append(out, upTo.block());
    }
    return new Replay(
        upTo,
        out.toByteArray(),
        lengthOfEvents,
        resets,
        resets.size() + events.size(),
        Map.of(),
        null);
  }

  /**
   * A reset of all channels, after which the client continues from a position.
   *
   * <p>The reset says that events may be missing up to that position. It doesn't say up to where if
   * the reason is {@link StreamReset.Reason#UNKNOWN_ID}, or if the client's position lies beyond.
   *
   * @param from the client's position, or null if unknown
   * @param to the position from which the client continues
   */
  public static Replay reset(StreamReset.Reason reason, @Nullable Position from, Position to) {
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(to, "to");
    boolean isBeyond =
        reason == StreamReset.Reason.UNKNOWN_ID || (from != null && from.isAfter(to));
    Position end = isBeyond ? null : to;
    StreamReset reset = new StreamReset(null, reason, from, end);
    byte[] bytes = reset.event().withId(to.toString()).frame().toByteArray();
    return new Replay(to, bytes, bytes.length, List.of(reset), 1, Map.of(), null);
  }

  /**
   * A copy for newcomers, for whom some channels start behind the end of this replay.
   *
   * @param starts the positions after which these channels start, by the channel's name
   * @param clock the upstream's latest position when it began to read this, see {@link Start#since}
   */
  public Replay withStarts(Map<String, Position> starts, Position clock) {
    Objects.requireNonNull(starts, "starts");
    Objects.requireNonNull(clock, "clock");
    return new Replay(upTo, bytes, lengthOfEvents, resets, events, starts, clock);
  }

  private static void append(ByteArrayOutputStream out, SseEvent event) {
    out.writeBytes(event.frame().toByteArray());
  }

  /** The client's position once it has this replay. */
  public Position upTo() {
    return upTo;
  }

  /** The number of bytes. */
  public int length() {
    return bytes.length;
  }

  /** The number of bytes that a client gets. */
  int length(boolean idsOnEventsOnly) {
    return idsOnEventsOnly ? lengthOfEvents : bytes.length;
  }

  /** The number of events, including resets. */
  int events() {
    return events;
  }

  Map<String, Position> starts() {
    return starts;
  }

  @Nullable Position clock() {
    return clock;
  }

  List<StreamReset> resets() {
    return resets;
  }

  /** The bytes, not a copy: callers must not modify them. */
  byte[] bytes() {
    return bytes;
  }
}
