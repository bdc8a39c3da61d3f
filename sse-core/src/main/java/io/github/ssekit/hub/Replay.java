package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a client gets of the past in one piece: resets, then events in the order of their positions,
 * encoded once for all clients that missed the same. See {@link Upstream#replay}.
 */
public final class Replay {
  private final Position upTo;
  private final byte[] bytes;

  /** Without the block of only an id that may stand last. */
  private final int lengthOfEvents;

  private final List<StreamReset> resets;
  private final int events;

  /** Where channels start that start behind its end: a newcomer gets nothing from before. */
  private final Map<String, Position> starts;

  /** Where the upstream stood when a newcomer was read for. */
  private final @Nullable Position clock;

  /** How many clients hold it, of which it counts once. Guarded by the hub's lock. */
  int holders;

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
   * @param resets of single channels
   * @param events each with its position as id, all of them above the first position
   * @param upTo the position that the client has reached then, not below the last event
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
   * A reset of all channels, and where the client goes on.
   *
   * <p>It says that events may be missing up to there, unless the client's position lies beyond, as
   * for the reason {@link StreamReset.Reason#UNKNOWN_ID}: then it isn't known up to where.
   *
   * @param from what the client had, or null if that is unknown
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
   * The same for newcomers, of whose channels some start behind its end.
   *
   * @param starts the positions after which these start
   * @param clock where the upstream stood when it began to read this, see {@link Start#since}
   */
  public Replay withStarts(Map<String, Position> starts, Position clock) {
    Objects.requireNonNull(starts, "starts");
    Objects.requireNonNull(clock, "clock");
    return new Replay(upTo, bytes, lengthOfEvents, resets, events, starts, clock);
  }

  private static void append(ByteArrayOutputStream out, SseEvent event) {
    out.writeBytes(event.frame().toByteArray());
  }

  /** Where the client stands once it has this. */
  public Position upTo() {
    return upTo;
  }

  /** How many bytes it has. */
  public int length() {
    return bytes.length;
  }

  /** How many bytes a client gets of it. */
  int length(boolean idsOnEventsOnly) {
    return idsOnEventsOnly ? lengthOfEvents : bytes.length;
  }

  /** How many events, resets among them. */
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

  /** The bytes themselves: not to be modified. */
  byte[] bytes() {
    return bytes;
  }
}
