package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import org.jspecify.annotations.Nullable;

/**
 * The state that a node keeps from one connection to the next, for {@link PositionProtocol}: its
 * position, and the channels that it has heard. Not thread-safe: the present connection's protocol
 * owns it.
 */
final class ProtocolMemory {
  /** How many last ids a probe asks for: Redis takes up to three milliseconds for them. */
  private static final int CHANNELS_PER_PROBE = 2000;

  final HeardChannels channels = new HeardChannels(CHANNELS_PER_PROBE);

  /** Whether clients must still be told that Redis has gone back in time. */
  boolean isRewindDue;

  private @Nullable Position position;

  /** The position up to which everything was delivered; null before the first position. */
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
