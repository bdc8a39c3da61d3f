package io.github.ssekit.hub;

import java.util.Collection;
import java.util.function.Consumer;

/**
 * Where the events of a hub's channels come from when they are not the hub's own. The hub tells an
 * upstream which channels have an audience here; the upstream answers by the hub's {@link Feed}.
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

  /** The first connection on this node subscribed to the channel. */
  void channelOpened(String channel);

  /** The last one has left it, and the hub's linger time has passed since. */
  void channelClosed(String channel);

  /**
   * Finds what a client has missed: the next events of some channels after a position, in order, as
   * many as fit the memory that one client is worth. The hub asks again, from where the answer
   * ends, until its own logs go on from there.
   *
   * <p>If this throws, the client is told by a {@link StreamReset} of all its channels, with reason
   * {@code lost}, and goes on live; the exception is logged. So what may pass is better tried again
   * in here.
   *
   * @param after what the client has
   * @param channels at least one, with history; the caller doesn't change it
   * @param sink takes the answer, once, on any thread, later; or never, if the upstream closes, or
   *     once it is not wanted any more, or if this throws
   */
  default void replay(Position after, Collection<String> channels, ReplaySink sink) {
    throw new IllegalStateException("No channel has history");
  }

  /** Who waits for a replay. */
  interface ReplaySink extends Consumer<Replay> {
    /** Whether the answer is still of use: the client has not left. */
    boolean isWanted();
  }
}
