package io.github.ssekit.redis;

import static java.lang.System.Logger.Level.WARNING;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Feed;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.StreamReset;
import java.time.Duration;
import java.util.Collection;
import java.util.function.BiPredicate;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Delivers Redis messages to the feed. A message that fails, whatever it holds, does not keep the
 * next message from being delivered: {@link #plain} and {@link #deliver} throw nothing. Used by the
 * thread that reads the subscription.
 */
final class Deliveries implements ProtocolHub {
  private static final System.Logger LOG = System.getLogger(Deliveries.class.getName());
  private static final long LOG_INTERVAL_NANOS = Duration.ofMinutes(1).toNanos();

  private final Feed feed;
  private final Function<? super String, @Nullable String> eventTypes;
  private final BiPredicate<? super String, ? super String> ignored;

  private long failures;
  private long lastLog = System.nanoTime() - LOG_INTERVAL_NANOS;

  Deliveries(
      Feed feed,
      Function<? super String, @Nullable String> eventTypes,
      BiPredicate<? super String, ? super String> ignored) {
    this.feed = feed;
    this.eventTypes = eventTypes;
    this.ignored = ignored;
  }

  /** Delivers a message without a position: of a plain channel, or published without the script. */
  void plain(String channel, byte[] payload) {
    try {
      if (payload.length > feed.maxEventBytes()) {
        // The size is checked before decoding: the payload may have hundreds of megabytes.
        logSkipped(
            channel, "it has " + payload.length + " bytes, the limit is " + feed.maxEventBytes());
        feed.reset(channel, StreamReset.Reason.OVERSIZED);
        return;
      }
      String data = new String(payload, UTF_8);
      if (!ignored.test(channel, data)) {
        feed.deliver(channel, new SseEvent(eventTypes.apply(channel), data, null));
      }
    } catch (Throwable e) {
      // Errors are caught, too: they must not prevent later messages, nor end this thread.
      skipped(channel, e, null);
    }
  }

  /** Logs that a message of a channel with history can't be read. */
  void logUnreadable(String channel) {
    logSkipped(channel, "it is no message of a channel with history");
  }

  @Override
  public void deliver(String channel, SseEvent event, Position position) {
    try {
      feed.deliverAt(channel, event, position);
    } catch (Throwable e) {
      skipped(channel, e, position);
    }
  }

  @Override
  public void skip(String channel, StreamReset.Reason why, Position position) {
    logSkipped(
        channel,
        why == StreamReset.Reason.OVERSIZED
            ? "it is over the limit of " + feed.maxEventBytes() + " bytes"
            : "no server may send its event type");
    feed.resetAt(channel, why, position);
  }

  /** Tells the channel's clients that an event is missing. */
  private void skipped(String channel, Throwable why, @Nullable Position position) {
    try {
      logSkipped(channel, why.toString());
      if (position == null) {
        feed.reset(channel, StreamReset.Reason.LOST);
      } else {
        feed.resetAt(channel, StreamReset.Reason.LOST, position);
      }
    } catch (Throwable e) {
      // Memory may be short: the next message may get through.
      why.addSuppressed(e);
    }
  }

  @Override
  public void reached(Position position) {
    feed.reached(position);
  }

  @Override
  public void opened(Collection<String> channels, Position from) {
    feed.opened(channels, from);
  }

  @Override
  public void lost(StreamReset reset) {
    feed.lost(reset);
  }

  @Override
  public void rewound(StreamReset.Reason reason, @Nullable Position from, Position to) {
    feed.rewound(reason, from, to);
  }

  /** Logs at most one line a minute, however many messages fail. */
  private void logSkipped(String channel, String why) {
    failures++;
    long now = System.nanoTime();
    if (now - lastLog >= LOG_INTERVAL_NANOS) {
      lastLog = now;
      LOG.log(
          WARNING,
          "A message on Redis channel {0} is not delivered: {1} ({2} such messages so far)",
          Diagnosis.clean(channel),
          Diagnosis.clean(why),
          failures);
    }
  }
}
