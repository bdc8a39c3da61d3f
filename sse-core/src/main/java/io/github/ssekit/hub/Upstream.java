package io.github.ssekit.hub;

import java.util.Map;
import java.util.function.Consumer;

/**
 * Where the events of a hub's channels come from when they are not the hub's own. The hub tells an
 * upstream which channels have an audience here; the upstream answers by the hub's {@link Feed}.
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
 * <p>The calls for one channel come in order, opened and closed in turns. They come under the hub's
 * lock: they must return at once and must not call the hub or its feed.
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
   * Where a client without a last event ID starts on a channel with history, if its {@link
   * ConnectionOptions} don't say. Called on the thread that connects the client, under the hub's
   * lock. If it throws, or returns null, the connection fails, and its caller is told.
   */
  default Start start(String channel) {
    return Start.NOW;
  }

  /** The first connection on this node subscribed to the channel. */
  void channelOpened(String channel);

  /** The last one has left it, and the hub's linger time has passed since. */
  void channelClosed(String channel);

  /**
   * Finds what a client has missed, or what a newcomer starts with: the next events of some
   * channels, in order, as many as fit the memory that one client is worth. The hub asks again,
   * from where the answer ends, until its own logs go on from there.
   *
   * <p>If this throws, the client is told by a {@link StreamReset} of all its channels, with reason
   * {@code lost}, and goes on live; the exception is logged. So what may pass is better tried again
   * in here.
   *
   * @param starts where each channel starts, at least one, with history; the caller doesn't change
   *     it. If that is anywhere else than after a position, the answer says after which positions
   *     the channels start that it doesn't reach, and where the upstream stood: {@link
   *     Replay#withStarts}
   * @param sink takes the answer, once, on any thread, later; or never, if the upstream closes, or
   *     once it is not wanted any more, or if this throws
   */
  default void replay(Map<String, Start> starts, ReplaySink sink) {
    throw new IllegalStateException("No channel has history");
  }

  /** Who waits for a replay. */
  interface ReplaySink extends Consumer<Replay> {
    /** Whether the answer is still of use: the client has not left. */
    boolean isWanted();
  }
}
