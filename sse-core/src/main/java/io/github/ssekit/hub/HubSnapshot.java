package io.github.ssekit.hub;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The connections and channels of a hub at one moment, see {@link Hub#snapshot(int)}.
 *
 * <pre>{@code
 * for (HubSnapshot.ConnectionSnapshot each : hub.snapshot(20).connections()) {
 *   System.out.println(each.owner() + " has still to read " + each.behind() + " events");
 * }
 * }</pre>
 *
 * <p>Immutable, except for the live connections that it refers to, which can't be garbage-collected
 * as long as the snapshot is reachable.
 *
 * @param at when the snapshot was begun
 * @param connectionCount the number of open connections
 * @param channelCount the number of open channels
 * @param replayBytes the number of bytes that were read for resuming clients and that the clients
 *     have not taken yet, see {@link HubBuilder#maxReplayBytes}
 * @param replaysWaiting the number of resuming clients that wait for memory to read their events
 * @param connections up to the requested number of connections, first the connections that have
 *     events to read
 * @param channels up to the requested number of channels, in no particular order
 * @param complete false if a delivery loop did not answer in time: then its connections are missing
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
   * One connection. All values of the connections of one delivery loop are of the same moment,
   * except {@code behind}, which is counted later, up to the newest event of that moment.
   *
   * @param connection the connection itself
   * @param owner its owner, or null
   * @param since when it was opened
   * @param channels the names of its channels
   * @param behind the number of events that it has still to read in the logs of its channels. If a
   *     log has dropped the event that the connection read last, all events in the log are counted.
   *     While the connection resumes, only events since it connected.
   * @param blocked whether the transport took no bytes when it was last asked
   * @param resuming whether the connection still resumes
   * @param position the highest id of the last events that it has read, one in the log of each
   *     channel; null if none of these events has an id, or while the connection resumes. The
   *     client may have been sent a higher position since.
   * @param events the number of events that were written to it, including resets
   * @param bytes the number of bytes that were written to it
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
   * @param subscribers the number of connections that are subscribed to it. It stays open for the
   *     hub's linger time after the last connection has left.
   * @param events the number of events in its log on this node
   * @param bytes their size in bytes
   */
  public record ChannelSnapshot(
      String name, boolean hasHistory, int subscribers, int events, long bytes) {}
}
