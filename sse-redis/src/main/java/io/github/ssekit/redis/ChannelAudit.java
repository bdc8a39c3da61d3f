package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Compares the events of each channel that Redis names with the events that this node has heard.
 * Reports gaps, which are events that this node has missed, and losses, which are events that Redis
 * has lost. Not thread-safe: {@link PositionProtocol} owns it.
 */
final class ChannelAudit {
  private final HeardChannels channels;
  private final ProtocolRedis redis;

  /** Replies to probes that the subscription has not heard yet. */
  private final Queue<HistoryScripts.Attached> replies = new ArrayDeque<>();

  ChannelAudit(HeardChannels channels, ProtocolRedis redis) {
    this.channels = channels;
    this.redis = redis;
  }

  /**
   * Notes an event. Reports a loss if Redis no longer has the event that this node heard before it.
   */
  void note(HeardChannel channel, Position event, Position prev) {
    Position lost = channel.note(event, prev);
    if (lost != null) {
      redis.reportLoss(lost);
    }
  }

  /** Reports a gap if Redis has an event at a position that this node has not heard. */
  void expect(HeardChannel channel, Position event, Position heardUpTo) {
    if (channel.revealsGap(event, heardUpTo)) {
      redis.reportGap(channel.name, heardUpTo);
    }
  }

  /**
   * Reports a gap: this node has missed events of a channel, or received one that it can't read.
   */
  void missed(String name) {
    HeardChannel channel = channels.get(name);
    if (channel != null && channel.upTo != null) {
      redis.reportGap(name, channel.upTo);
    }
  }

  /** Redis has replied to a probe, which the subscription may not have heard yet. */
  void answered(HistoryScripts.Attached reply) {
    replies.add(reply);
  }

  /** Judges the replies to probes up to an id: this node has heard everything up to there. */
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
                judge(channel, last, reply.probe());
              }
            });
    reply
        .highest()
        .forEach(
            (name, highest) -> {
              HeardChannel channel = channels.get(name);
              if (channel != null) {
                judge(channel, highest, reply.probe());
              }
            });
  }

  /** Reports a loss if this node has heard an event of a channel above the last one, or a bound. */
  private void judge(HeardChannel channel, Position last, Position asked) {
    Position lost = channel.lostBeyond(last, asked);
    if (lost != null) {
      redis.reportLoss(lost);
    }
  }
}
