package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Compares what Redis says of each channel with what this node has heard of it, and reports gaps,
 * which this node has missed, and losses, which Redis has. Not thread-safe: {@link
 * PositionProtocol} owns it.
 */
final class ChannelAudit {
  private final HeardChannels channels;
  private final ProtocolRedis redis;

  /** Replies to probes which the subscription has not reached yet. */
  private final Queue<HistoryScripts.Attached> replies = new ArrayDeque<>();

  ChannelAudit(HeardChannels channels, ProtocolRedis redis) {
    this.channels = channels;
    this.redis = redis;
  }

  /** Notes an event; if Redis denies the one before it, Redis has lost that. */
  void note(HeardChannel channel, Position event, Position prev) {
    Position lost = channel.note(event, prev);
    if (lost != null) {
      redis.reportLoss(lost);
    }
  }

  /** Redis has an event at a position: a node that has not heard it reports a gap. */
  void expect(HeardChannel channel, Position event, Position heardUpTo) {
    if (channel.revealsGap(event, heardUpTo)) {
      redis.reportGap(channel.name, heardUpTo);
    }
  }

  /** An event of a channel has come which can't be read. */
  void missed(String name) {
    HeardChannel channel = channels.get(name);
    if (channel != null && channel.upTo != null) {
      redis.reportGap(name, channel.upTo);
    }
  }

  /** Redis has replied to a probe, which may not have been heard yet. */
  void answered(HistoryScripts.Attached reply) {
    replies.add(reply);
  }

  /** Everything up to an id has been heard: judges the replies to probes up to there. */
  void passed(Position id) {
    while (!replies.isEmpty() && !replies.peek().probe().isAfter(id)) {
      judge(replies.remove());
    }
  }

  private void judge(HistoryScripts.Attached reply) {
    reply
        .last()
        .forEach(
            (name, last) -> {
              HeardChannel channel = channels.get(name);
              if (channel != null && channel.upTo != null) {
                expect(channel, last, channel.upTo);
                Position lost = channel.lostBeyond(last, reply.probe());
                if (lost != null) {
                  redis.reportLoss(lost);
                }
              }
            });
  }
}
