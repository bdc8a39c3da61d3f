package io.github.ssekit.redis;

import static java.lang.System.Logger.Level.WARNING;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.StreamReset;
import java.time.Duration;
import java.util.Collection;
import java.util.function.BiPredicate;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The way of Redis messages into the hub. Whatever a message holds, and whatever goes wrong with
 * it, the next one is delivered: nothing is thrown from here. Used by the subscription's thread.
 */
final class Deliveries {
  private static final System.Logger LOG = System.getLogger(Deliveries.class.getName());
  private static final long LOG_INTERVAL_NANOS = Duration.ofMinutes(1).toNanos();

  private final Hub hub;
  private final Function<? super String, @Nullable String> eventTypes;
  private final BiPredicate<? super String, ? super String> ignored;

  private long failures;
  private long lastLog = System.nanoTime() - LOG_INTERVAL_NANOS;

  Deliveries(
      Hub hub,
      Function<? super String, @Nullable String> eventTypes,
      BiPredicate<? super String, ? super String> ignored) {
    this.hub = hub;
    this.eventTypes = eventTypes;
    this.ignored = ignored;
  }

  void message(String channel, byte[] payload) {
    try {
      if (payload.length > hub.maxEventBytes()) {
        // Before it is decoded: it may be hundreds of megabytes.
        failed(channel, "it has " + payload.length + " bytes, the limit is " + hub.maxEventBytes());
        hub.reset(channel, StreamReset.Reason.OVERSIZED);
        return;
      }
      String data = new String(payload, UTF_8);
      if (!ignored.test(channel, data)) {
        hub.deliver(channel, new SseEvent(eventTypes.apply(channel), data, null));
      }
    } catch (Throwable e) {
      // An Error, too: it must not cost the messages behind it, nor this thread.
      skipped(channel, e, null);
    }
  }

  /** A message of a channel with history can't be read. */
  void unreadable(String channel) {
    failed(channel, "it is no message of a channel with history");
  }

  int maxEventBytes() {
    return hub.maxEventBytes();
  }

  /** An event of a channel with history that can't be sent: its position counts all the same. */
  void unsendable(String channel, StreamReset.Reason why, Position position) {
    failed(
        channel,
        why == StreamReset.Reason.OVERSIZED
            ? "it is over the limit of " + hub.maxEventBytes() + " bytes"
            : "no server may send its event type");
    hub.reset(channel, why);
    hub.reached(position);
  }

  /**
   * An event of a channel with history.
   *
   * @param event null if it can't be sent
   */
  void message(String channel, @Nullable SseEvent event, Position position) {
    if (event == null) {
      unsendable(channel, StreamReset.Reason.LOST, position);
      return;
    }
    try {
      hub.deliver(channel, event, position);
    } catch (Throwable e) {
      skipped(channel, e, position);
    }
  }

  /** Tells the channel's clients that an event is missing. */
  private void skipped(String channel, Throwable why, @Nullable Position position) {
    try {
      failed(channel, why.toString());
      hub.reset(channel, StreamReset.Reason.LOST);
      if (position != null) {
        hub.reached(position);
      }
    } catch (Throwable e) {
      // No memory, perhaps: the next one may pass. Until then the log of the first is to be enough.
      why.addSuppressed(e);
    }
  }

  /** Up to where everything has been delivered, or null. */
  @Nullable Position position() {
    return hub.position();
  }

  boolean isBehind(Position other) {
    Position now = hub.position();
    return now == null || other.isAfter(now);
  }

  void reached(Position position) {
    hub.reached(position);
  }

  void opened(Collection<String> channels, Position from) {
    hub.opened(channels, from);
  }

  void lost(StreamReset reset) {
    hub.lost(reset);
  }

  void rewound(StreamReset.Reason reason, @Nullable Position from, Position to) {
    hub.rewound(reason, from, to);
  }

  void reset(String channel) {
    hub.reset(channel, StreamReset.Reason.RECONNECTED);
  }

  /** One line a minute at most, however many messages fail. */
  private void failed(String channel, String why) {
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
