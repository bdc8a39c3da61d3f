package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import org.jspecify.annotations.Nullable;

/** Redis and the connection to it, as {@link PositionProtocol} uses them: probes and reports. */
interface ProtocolRedis {
  /** All channels are subscribed to: a probe may be sent, and should be soon. */
  void requestProbe();

  /**
   * Whether an UNSUBSCRIBE of a channel was sent, and is not answered yet: acknowledgements that
   * Redis has sent before its answer prove nothing about a channel that was opened again.
   */
  boolean isLeaving(String channel);

  /** Events arrive from now on. */
  void attached();

  /** Reports that events of a channel are missing on this node after a position. */
  void reportGap(String channel, Position from);

  /**
   * Clients were told that events of a channel are missing, up to the present.
   *
   * @param from the position after which they are missing; null for any
   */
  void gapTold(String channel, @Nullable Position from);

  /**
   * A probe of this node was heard: reports the gaps again whose notices were sent before it and
   * lost.
   */
  void reportUnheardGaps(Position probe);

  /** Reports that Redis has lost an id which existed on the present run. */
  void reportLoss(Position id);
}
