package io.github.ssekit.hub;

import java.util.Map;
import java.util.function.Consumer;

/**
 * The source of a hub's events outside its process. The hub tells an upstream which channels are
 * open on this node; the upstream delivers their events through the hub's {@link Feed}.
 *
 * <pre>{@code
 * hub.feed().attach(new Upstream() {
 *   @Override
 *   public void channelOpened(String channel) {} // subscribe, where the events are
 *
 *   @Override
 *   public void channelClosed(String channel) {} // unsubscribe
 * });
 * }</pre>
 *
 * <p>The calls for one channel come in order, opened and closed in turns. The hub makes them under
 * its lock: they must return at once and must not call the hub or its feed.
 */
public interface Upstream {
  /**
   * Whether the channel's events have positions and are kept. The answer never changes. Called on
   * any thread, also under the hub's lock.
   */
  default boolean hasHistory(String channel) {
    return false;
  }

  /**
   * Whether there are channels with history: then all ids in event streams are the upstream's. A
   * client has one last event ID for all its channels, and resumes by it. The answer never changes.
   */
  default boolean givesIds() {
    return false;
  }

  /**
   * The start of a client without a last event ID on a channel with history, if its {@link
   * ConnectionOptions} give no start. Called on the thread that connects the client, under the
   * hub's lock. If this method throws or returns null, the connection fails, and {@link
   * Hub#connect} throws.
   */
  default Start start(String channel) {
    return Start.NOW;
  }

  /** The first connection on this node subscribed to the channel. */
  void channelOpened(String channel);

  /**
   * The last connection has left the channel, and the hub's linger time has passed since; or
   * earlier, if too many channels have no connections.
   */
  void channelClosed(String channel);

  /**
   * Reads the events that a client has missed, or that a newcomer starts with: the next events of
   * some channels, in order, as many as fit into the memory for one client. The hub asks again,
   * from the end of the answer, until its own logs continue from there.
   *
   * <p>If this method throws, the client gets a {@link StreamReset} of all its channels with
   * history, with reason {@code lost}, and is live; the exception is logged. So this method should
   * itself retry after failures that may pass.
   *
   * @param starts the start of each channel; at least one channel, all with history; the caller
   *     doesn't change the map. If a start isn't after a position, the answer gives the positions
   *     after which channels start behind its end, and the upstream's latest position: {@link
   *     Replay#withStarts}
   * @param sink takes the answer, once, later, on any thread. Gets no answer if the upstream
   *     closes, once the answer isn't {@linkplain ReplaySink#isWanted wanted} any more, or if this
   *     method throws
   */
  default void replay(Map<String, Start> starts, ReplaySink sink) {
    throw new IllegalStateException("No channel has history");
  }

  /** The recipient of a replay. */
  interface ReplaySink extends Consumer<Replay> {
    /** Whether the answer is still of use: the client has not left. */
    boolean isWanted();
  }
}
