package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import org.jspecify.annotations.Nullable;

/** Redis and the connection to it, as {@link PositionProtocol} uses them: probes and reports. */
interface ProtocolRedis {
  /** All channels are subscribed to: a probe may be sent, and should be soon. */
  void requestProbe();

  /**
   * Whether the end of the subscription to a channel was sent, and is not answered yet: what Redis
   * has acknowledged of it before proves nothing of a channel that was opened again.
   */
  boolean isLeaving(String channel);

  /** Events arrive from now on. */
  void attached();

  /** Reports that events of a channel are missing on this node after a position. */
  void reportGap(String channel, Position from);

  /**
   * Clients were told that events of a channel are missing, up to the present.
   *
   * @param from after which position; null for any
   */
  void gapTold(String channel, @Nullable Position from);

  /** Reports gaps again whose notice was sent before an own probe, which was heard, and is lost. */
  void reportUnheardGaps(Position probe);

  /** Reports that Redis has lost an id which existed on the present run. */
  void reportLoss(Position id);
}
