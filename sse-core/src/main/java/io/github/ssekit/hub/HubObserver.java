package io.github.ssekit.hub;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A listener for a hub's connections and writes, for an application's counters, gauges and
 * presence. By default every method does nothing.
 *
 * <pre>{@code
 * Hub hub = Hub.builder().observer(new HubObserver() {
 *   @Override
 *   public void closed(Connection connection, Closed how) {
 *     System.out.println(connection.owner() + " was here for " + how.after());
 *   }
 * }).create();
 * }</pre>
 *
 * <p>A hub may have several, see {@link HubBuilder#observer}. The hub calls one method at a time,
 * in order, on a thread of its callback executor, and never waits for an observer. Totals of the
 * writes are reported once a tick. Calls about single connections wait while the observer is busy,
 * {@value #CAPACITY} of them at most; further calls are dropped and counted in {@link
 * Written#dropped}. Exceptions from the observer are logged, at most once a minute.
 *
 * <p>A slow client first shows in a rising {@link Written#lag}. Then, depending on the channel's
 * {@link OverrunPolicy}, {@link #reset} is called with this connection and {@link
 * StreamReset.Reason#OVERRUN}, or {@link #closed} with {@link CloseReason#SLOW}. A client that does
 * not take the whole write is closed with {@link CloseReason#STUCK} or {@link
 * CloseReason#OVERFLOW}.
 */
public interface HubObserver {
  /** The maximum number of calls that wait for the observer. */
  int CAPACITY = 8_192;

  /** A client has connected. The first call about this connection. */
  default void opened(Connection connection) {}

  /**
   * A client was refused: {@link Hub#connect(Transport, ConnectionOptions)} has thrown {@link
   * OverCapacityException}. Neither {@link #opened} nor {@link #closed} is called for it.
   *
   * @param options the client's options
   */
  default void refused(ConnectionOptions options, Refusal why) {}

  /** A connection has ended. The last call about this connection. */
  default void closed(Connection connection, Closed how) {}

  /**
   * A client that reconnected with a position is live: it has got the events that it missed in its
   * channels with history, or gets them next from this node's logs. If there were resets among
   * them, {@link #reset} was called for each. Not called for a client that sent no last event ID,
   * or an ID that isn't a position.
   */
  default void resumed(Connection connection, Resumed how) {}

  /**
   * Clients were sent a reset: they may have missed events.
   *
   * @param connection the only connection that was sent the reset; or null for all connections of
   *     the reset's channel, or of all channels with history if the reset names no channel
   */
  default void reset(@Nullable Connection connection, StreamReset reset) {}

  /**
   * Reports the writes to all clients since the last such call. Called once a tick: a quarter of
   * the shortest of heartbeat, stuck-write deadline, linger and maximum lifetime, but at least 10
   * ms and at most one second. After the last writes it is called once with zeros, and then not
   * again until something is written.
   */
  default void written(Written totals) {}

  /**
   * The end of a connection.
   *
   * @param reason the reason why it ended
   * @param after the time for which it was open
   * @param events the number of events that were written to it, including resets
   * @param bytes the number of bytes that were written to it, including heartbeats. The client may
   *     not have received the last of them.
   */
  record Closed(CloseReason reason, Duration after, long events, long bytes) {}

  /**
   * The way of a client from its last event ID to live events.
   *
   * @param after the time that this took, from when the client connected
   * @param replays the number of pages that were read from the upstream for it; 0 if the logs of
   *     this node reached back to its position
   * @param events the number of events in these pages, including resets
   */
  record Resumed(Duration after, int replays, long events) {}

  /**
   * The writes of a hub since the last report.
   *
   * @param events the number of events, counted once for each client that got them
   * @param bytes the number of bytes, including heartbeats
   * @param batches the number of writes that contained events: {@code events / batches} is the mean
   *     size of a batch
   * @param largestBatch the largest number of events in one write
   * @param lag the number of events that the slowest client had still to read at the last tick, in
   *     the log of one channel. The slowest client is the client whose last event is the oldest. If
   *     the log has dropped that event, all events in the log are counted.
   * @param dropped the number of calls that were dropped because the observer was busy
   */
  record Written(long events, long bytes, long batches, int largestBatch, int lag, long dropped) {}
}
