package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import org.jspecify.annotations.Nullable;

/**
 * What a node remembers from one connection to the next, for {@link PositionProtocol}: its
 * position, and what it has heard of each channel. Not thread-safe: the present connection's
 * protocol owns it.
 */
final class ProtocolMemory {
  /** How many last ids a probe asks for: Redis takes up to three milliseconds for them. */
  private static final int CHANNELS_PER_PROBE = 2000;

  final HeardChannels channels = new HeardChannels(CHANNELS_PER_PROBE);

  /** Whether clients are still to be told that Redis has gone back in time. */
  boolean isRewindDue;

  private @Nullable Position position;

  /** Up to where everything was delivered; null before the first position. */
  @Nullable Position position() {
    return position;
  }

  /** Everything up to a position was delivered. */
  void reach(Position reached) {
    if (position == null || reached.isAfter(position)) {
      position = reached;
    }
  }

  /** All channels continue at a position: earlier events prove nothing any more. */
  void continueAt(Position elsewhere) {
    position = elsewhere;
    channels.forgetLastEvents();
  }
}
