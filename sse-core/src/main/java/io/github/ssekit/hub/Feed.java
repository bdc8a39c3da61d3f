package io.github.ssekit.hub;

import io.github.ssekit.event.Frame;
import io.github.ssekit.event.SseEvent;
import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The methods through which an {@link Upstream} gives its hub events, positions and losses.
 *
 * <p>An upstream takes the feed first, by {@link Hub#feed}, and {@linkplain #attach attaches}
 * itself once it is able to serve. From then on {@link Hub#feed} throws.
 *
 * <p>Any thread may use a feed, but all calls about channels with history must come from one
 * thread: their order is the order of the events. No method waits for a client. Channels that are
 * not open on this node are ignored.
 */
public final class Feed {
  private final Channels channels;
  private final DeliveryLoops loops;
  private final @Nullable Observation observation;
  private final int maxEventBytes;
  private final BooleanSupplier hubClosed;

  /** Guarded by the lock. */
  private final Resumes resumes;

  /** The hub's lock. */
  private final ReentrantLock lock;

  Feed(
      Channels channels,
      DeliveryLoops loops,
      Resumes resumes,
      ReentrantLock lock,
      @Nullable Observation observation,
      int maxEventBytes,
      BooleanSupplier hubClosed) {
    this.channels = channels;
    this.loops = loops;
    this.resumes = resumes;
    this.lock = lock;
    this.observation = observation;
    this.maxEventBytes = maxEventBytes;
    this.hubClosed = hubClosed;
  }

  /**
   * Makes an upstream the source of the hub's channels, and immediately tells it of the open
   * channels.
   *
   * @throws IllegalStateException if the hub has an upstream already, or if an open channel has
   *     history upstream: attach before clients connect; or if the hub is closed
   */
  public void attach(Upstream upstream) {
    Objects.requireNonNull(upstream, "upstream");
    lock.lock();
    try {
      requireFree();
      channels.attach(upstream);
    } finally {
      lock.unlock();
    }
  }

  /** Throws if the hub has an upstream already, or is closed. */
  void requireFree() {
    if (hubClosed.getAsBoolean()) {
      throw new IllegalStateException("The hub is closed");
    }
    if (channels.hasUpstream()) {
      throw new IllegalStateException(
          "This hub has a bridge already, and takes one only: give the second bridge a hub of its"
              + " own");
    }
  }

  /**
   * Delivers an event without a position: it is not kept, not even on a channel with history. If
   * the event is larger than the hub's limit, the channel's clients get a {@link StreamReset} in
   * its place.
   *
   * @throws IllegalArgumentException if the event's type is {@code open}, {@code error} or {@code
   *     stream-reset}
   */
  public void deliver(String channel, SseEvent event) {
    deliver(channel, Objects.requireNonNull(event, "event").requireSendable(), event, null);
  }

  /**
   * Delivers an event of a channel with history. The event's position is then {@linkplain #reached
   * reached}.
   *
   * @param event without an id: the position becomes its id. An event that is too large is treated
   *     as by {@link #deliver}
   * @throws IllegalArgumentException if the event's type is {@code open}, {@code error} or {@code
   *     stream-reset}
   */
  public void deliverAt(String channel, SseEvent event, Position position) {
    Objects.requireNonNull(event, "event");
    Objects.requireNonNull(position, "position");
    deliver(channel, event.requireSendable(), event.withId(position.toString()), position);
  }

  private void deliver(
      String name, SseEvent event, SseEvent positioned, @Nullable Position position) {
    Channel channel = channels.get(Objects.requireNonNull(name, "channel"));
    if (channel != null) {
      byte[] frame = positioned.frame().toByteArray();
      if (frame.length > maxEventBytes) {
        reset(channel, StreamReset.Reason.OVERSIZED, position);
      } else {
        append(channel, frame, position, keyOf(channel, event));
      }
    } else if (position != null) {
      reached(position);
    }
  }

  /** Delivers an event that was published on this node only, with its frame. */
  void deliver(Channel channel, SseEvent event, Frame frame) {
    append(channel, frame.toByteArray(), null, keyOf(channel, event));
  }

  private static Object keyOf(Channel channel, SseEvent event) {
    Function<? super SseEvent, String> keyOf = channel.policy.keyOf;
    return keyOf == null ? channel.name : Objects.requireNonNull(keyOf.apply(event), "key");
  }

  /**
   * Tells the clients of a channel, in the order of its events, that they may have missed events.
   */
  public void reset(String channel, StreamReset.Reason reason) {
    Objects.requireNonNull(reason, "reason");
    Channel open = channels.get(Objects.requireNonNull(channel, "channel"));
    if (open != null) {
      reset(open, reason, null);
    }
  }

  /**
   * Sends the clients of a channel with history a reset in place of an event that can't be
   * delivered. The event's position becomes the id of the reset, and is then {@linkplain #reached
   * reached}. A client that comes back to this node gets the reset too.
   */
  public void resetAt(String channel, StreamReset.Reason reason, Position position) {
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(position, "position");
    Channel open = channels.get(Objects.requireNonNull(channel, "channel"));
    if (open != null) {
      reset(open, reason, position);
    } else {
      reached(position);
    }
  }

  private void reset(Channel channel, StreamReset.Reason reason, @Nullable Position position) {
    StreamReset reset = new StreamReset(channel.name, reason);
    SseEvent event = reset.event();
    // In place of an event, the reset has the event's id: all earlier events are written before it.
    byte[] frame =
        (position == null ? event : event.withId(position.toString())).frame().toByteArray();
    // Of several resets for one reason, a client needs the newest.
    append(channel, frame, position, reason);
    observe(reset);
  }

  private void observe(StreamReset reset) {
    if (observation != null) {
      observation.enqueue(o -> o.reset(null, reset));
    }
  }

  private void append(Channel channel, byte[] frame, @Nullable Position position, Object key) {
    lock.lock();
    try {
      // A log with history is kept for clients that come back.
      if (channel.subscriptions > 0 || channel.hasHistory) {
        channels.append(channel, frame, position, key);
      }
      // Last: a thread that reads this position sees a watermark that covers it.
      if (position != null) {
        resumes.reached(position);
      }
    } finally {
      lock.unlock();
    }
    channel.wake();
  }

  /**
   * Reports that some channels with history are complete from a position on. The position is
   * {@linkplain #reached reached} too.
   */
  public void opened(Collection<String> channels, Position from) {
    Objects.requireNonNull(channels, "channels");
    Objects.requireNonNull(from, "from");
    locked(
        () -> {
          for (String name : channels) {
            Channel channel = this.channels.get(name);
            if (channel != null && channel.log.from() == null) {
              channel.log.startAt(from);
            }
          }
          resumes.reached(from);
          resumes.opened();
        });
  }

  /**
   * Reports that all events up to a position, of all open channels, have been delivered. Positions
   * rise, except by {@link #rewound}.
   */
  public void reached(Position position) {
    Objects.requireNonNull(position, "position");
    locked(() -> resumes.reached(position));
  }

  /**
   * Reports that no event follows on some channels with history, and that their last events have
   * been {@linkplain #reached reached}. A connection of which all channels have ended is closed,
   * with {@link CloseReason#ENDED}, once the client has everything. A channel that closes and opens
   * again has not ended.
   */
  public void ended(Collection<String> channels) {
    Objects.requireNonNull(channels, "channels");
    locked(
        () -> {
          for (String name : channels) {
            Channel channel = this.channels.get(name);
            if (channel != null && !channel.hasEnded) {
              channel.hasEnded = true;
              channel.closeConnections();
            }
          }
        });
  }

  /**
   * Reports that events of the reset's channel, or of all channels with history if the reset names
   * no channel, are lost up to the reset's end. The reached position stays: events of the range
   * that are still kept upstream may still be delivered.
   */
  public void lost(StreamReset reset) {
    Objects.requireNonNull(reset, "reset");
    String name = reset.channel();
    byte[] frame = reset.event().frame().toByteArray();
    locked(
        () -> {
          Channel channel = name == null ? null : channels.get(name);
          if (name == null) {
            channels.appendToAll(frame, null, reset.reason(), log -> log.startAt(reset.to()));
          } else if (channel != null) {
            channels.append(channel, frame, null, reset.reason());
            // A channel that the upstream hasn't opened yet will be complete from the position that
            // it opens at.
            if (channel.log.from() != null) {
              channel.log.startAt(reset.to());
            }
          }
        });
    if (name == null || channels.get(name) != null) {
      observe(reset);
    }
  }

  /**
   * Reports that any events before a position may be lost. All clients of channels with history get
   * a reset, and continue from the position. If this node had already reached a later position, the
   * reset doesn't say up to where events are missing: later positions are assigned again.
   */
  public void rewound(StreamReset.Reason reason, @Nullable Position from, Position to) {
    Objects.requireNonNull(to, "to");
    Position end = resumes.isBehind(to) ? null : to;
    StreamReset reset = new StreamReset(null, reason, from, end);
    // One frame: a client of several channels is told once.
    byte[] frame = reset.event().withId(to.toString()).frame().toByteArray();
    locked(
        () -> {
          channels.appendToAll(frame, to, reason, log -> log.restartAt(to));
          resumes.rewound(to);
        });
    observe(reset);
  }

  private void locked(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
    loops.wake();
  }

  /**
   * The position up to which this node has all events; null without history, and until the first
   * position is {@linkplain #reached reached}.
   */
  public @Nullable Position position() {
    return resumes.position();
  }

  /** The largest event that the hub takes, in bytes of its frame. */
  public int maxEventBytes() {
    return maxEventBytes;
  }

  /**
   * Checks name, type and size as {@link EventPublisher#publish} does, and does nothing else: for a
   * publisher that sends events to the upstream, and not to the hub.
   *
   * @throws IllegalArgumentException as {@link EventPublisher#publish}
   */
  public void checkPublishable(String channel, SseEvent event) {
    publishable(channel, event);
  }

  /** The frame of an event, if it may be published. */
  Frame publishable(String channel, SseEvent event) {
    Channel.checkName(channel);
    Frame frame = Objects.requireNonNull(event, "event").requireSendable().frame();
    if (frame.length() > maxEventBytes) {
      throw new IllegalArgumentException(
          "event of %d bytes is over the limit of %d bytes; split it, or raise maxEventBytes"
              .formatted(frame.length(), maxEventBytes));
    }
    return frame;
  }
}
