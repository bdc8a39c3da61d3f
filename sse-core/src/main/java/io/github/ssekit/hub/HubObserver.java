package io.github.ssekit.hub;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What an application implements to see what a hub does: for counters, gauges and presence. Every
 * method does nothing unless it is overridden.
 *
 * <p>The calls come one at a time, in order, on a thread of the hub's callback executor. Nothing
 * waits for them: what is written is added up and told once a tick; what happens to single
 * connections is kept while the observer is busy, up to {@value #CAPACITY} happenings. Beyond that
 * they are dropped, and counted in {@link Written#dropped}. What the observer throws is logged,
 * once a minute at most.
 *
 * <p>Slow clients are seen in four places: {@link Written#lag} rises; then, by {@link
 * OverrunPolicy}, {@link #reset} with {@link StreamReset.Reason#OVERRUN} and the connection, or
 * {@link #closed} with {@link CloseReason#SLOW}; or it is {@link CloseReason#STUCK} or {@link
 * CloseReason#OVERFLOW}.
 */
public interface HubObserver {
  /** How many happenings wait for the observer at most. */
  int CAPACITY = 8_192;

  /** A client has connected. Comes before anything else about this connection. */
  default void opened(Connection connection) {}

  /**
   * A client was not let in: what {@link Hub#connect(Transport, ConnectionOptions)} throws {@link
   * OverCapacityException} for. No {@link #opened} nor {@link #closed} comes of it.
   *
   * @param options what it came with
   */
  default void refused(ConnectionOptions options, Refusal why) {}

  /** A connection has ended. The last that comes about it. */
  default void closed(Connection connection, Closed how) {}

  /**
   * A client that came with a position is live: it has what it had missed of its channels with
   * history, or finds it in the logs of this node. Doesn't come for clients that had nothing, nor
   * for those that were told of a reset in its place.
   */
  default void resumed(Connection connection, Resumed how) {}

  /**
   * Clients were told that they may have missed events.
   *
   * @param connection who was told; null for all clients of the reset's channel, or of all channels
   *     with history if it names none
   */
  default void reset(@Nullable Connection connection, StreamReset reset) {}

  /**
   * What was written to all clients since the last such call. Comes once a tick, which is a quarter
   * of the shortest of heartbeat, stuck-write deadline, linger and maximal lifetime, 10 ms at least
   * and a second at most; once more, with zeros, when nothing is written any more, and then not.
   */
  default void written(Written totals) {}

  /**
   * How a connection ended.
   *
   * @param reason why
   * @param after how long it was open
   * @param events how many events were written to it, resets among them
   * @param bytes how many bytes, heartbeats among them. The last of both may not have arrived.
   */
  record Closed(CloseReason reason, Duration after, long events, long bytes) {}

  /**
   * How a client came from its last event ID to the live events.
   *
   * @param after how long after it connected
   * @param replays how many pages were read from upstream for it; 0 if the logs of this node
   *     reached back to its position
   * @param events how many events these had, resets among them
   */
  record Resumed(Duration after, int replays, long events) {}

  /**
   * What a hub has written in some time.
   *
   * @param events how many events, counted for each client that they were written to
   * @param bytes how many bytes, heartbeats among them
   * @param batches how many writes had events: {@code events / batches} is the mean size of a batch
   * @param largestBatch the most events in one write
   * @param lag how many events the client furthest behind had before it in the log of one channel,
   *     at the last tick: that whose last event is the oldest. If the log has left it behind, all
   *     that the log held.
   * @param dropped how many happenings the observer was not told of, because it was busy
   */
  record Written(long events, long bytes, long batches, int largestBatch, int lag, long dropped) {}
}
