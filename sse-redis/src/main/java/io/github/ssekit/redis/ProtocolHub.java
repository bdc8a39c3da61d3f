package io.github.ssekit.redis;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.StreamReset;
import io.github.ssekit.hub.StreamReset.Reason;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * The hub, as {@link PositionProtocol} uses it: events, positions and losses of channels with
 * history.
 */
interface ProtocolHub {
  void deliver(String channel, SseEvent event, Position position);

  /** Tells the channel's clients that the event at a position can't be sent. */
  void skip(String channel, Reason reason, Position position);

  /** Everything up to the position has been delivered. */
  void reached(Position position);

  /** The channels are complete from the position on. */
  void opened(Collection<String> channels, Position from);

  /** Events of one channel, or of all, are missing. */
  void lost(StreamReset reset);

  /** All channels continue at a position; events before it may be lost. */
  void rewound(Reason reason, @Nullable Position from, Position to);
}
