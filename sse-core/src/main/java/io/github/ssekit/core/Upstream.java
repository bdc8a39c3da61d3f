package io.github.ssekit.core;

/**
 * Where the events of a hub's channels come from when these are not its own: it is told which
 * channels have an audience here, and answers with {@link Hub#deliver}.
 *
 * <p>The calls for one channel come in order, opened and closed in turns. They come under the hub's
 * lock: they must return at once and must not call the hub.
 */
public interface Upstream {
  /** The first connection on this node subscribed to the channel. */
  void channelOpened(String channel);

  /** The last one has left it, and the hub's linger time has passed since. */
  void channelClosed(String channel);
}
