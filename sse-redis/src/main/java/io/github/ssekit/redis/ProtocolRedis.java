package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;

/** Redis and the connection to it, as {@link PositionProtocol} uses them: probes and reports. */
interface ProtocolRedis {
  /** All channels are subscribed to: a probe may be sent, and should be soon. */
  void requestProbe();

  /** Events arrive from now on. */
  void attached();

  /** Reports that events of a channel are missing on this node. */
  void reportGap(String channel);

  /** Reports that Redis has lost an id which existed on the present run. */
  void reportLoss(Position id);
}
