package io.github.ssekit.hub;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Who is on which channel of a hub, since when, and how far behind, at one time: see {@link
 * Hub#snapshot(int)}.
 *
 * <p>Immutable but for the connections that it names, which it keeps from being collected.
 *
 * @param at when it was begun
 * @param connectionCount how many connections were open
 * @param channelCount how many channels were open
 * @param replayBytes how many bytes were read for clients that came back and have not taken them
 *     yet, see {@link HubBuilder#maxReplayBytes}
 * @param replaysWaiting how many of these clients wait for room
 * @param connections as many of the connections as were asked for; those that have something to
 *     read come first
 * @param channels as many of the channels as were asked for, in no order
 * @param complete false if a delivery loop did not answer in time: its connections are missing
 */
public record HubSnapshot(
    Instant at,
    int connectionCount,
    int channelCount,
    long replayBytes,
    int replaysWaiting,
    List<ConnectionSnapshot> connections,
    List<ChannelSnapshot> channels,
    boolean complete) {
  /** Copies the lists. */
  public HubSnapshot {
    connections = List.copyOf(Objects.requireNonNull(connections, "connections"));
    channels = List.copyOf(Objects.requireNonNull(channels, "channels"));
  }

  /**
   * One connection. All figures of the connections of one delivery loop are of one moment, but for
   * what is behind, which is counted afterwards up to the newest event of that moment.
   *
   * @param connection itself, to be asked or closed
   * @param owner whom it belongs to, or null
   * @param since when it was opened
   * @param channels to which it is subscribed
   * @param behind how many events it has still to read in the logs of its channels. Where a log has
   *     left it behind, all that the log holds. While it resumes, only what came since it
   *     connected.
   * @param blocked whether its client took no bytes when last asked
   * @param resuming whether it is on its way from its last event ID to the live events
   * @param position the highest id of an event that it has read in the logs, or null if it has read
   *     none with an id. Its client may have been told a higher position since.
   * @param events how many events were written to it, resets among them
   * @param bytes how many bytes were
   */
  public record ConnectionSnapshot(
      Connection connection,
      @Nullable String owner,
      Instant since,
      List<String> channels,
      int behind,
      boolean blocked,
      boolean resuming,
      @Nullable Position position,
      long events,
      long bytes) {
    /** Copies the list. */
    public ConnectionSnapshot {
      channels = List.copyOf(Objects.requireNonNull(channels, "channels"));
    }
  }

  /**
   * One channel.
   *
   * @param name its name
   * @param hasHistory whether its events have positions and are kept upstream
   * @param subscribers how many connections are subscribed to it; it may be open without for the
   *     hub's linger time
   * @param events how many events its log holds on this node
   * @param bytes how many bytes these have
   */
  public record ChannelSnapshot(
      String name, boolean hasHistory, int subscribers, int events, long bytes) {}
}
