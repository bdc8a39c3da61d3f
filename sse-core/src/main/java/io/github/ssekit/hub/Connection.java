package io.github.ssekit.hub;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import io.github.ssekit.event.ReconnectionTime;
import io.github.ssekit.event.SseEvent;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One client's open event stream: its channels, and its place in the log of each.
 *
 * <p>All methods may be called from any thread, return at once, and do nothing once the connection
 * is closed, since a client that leaves is normal; but arguments are checked all the same.
 */
public final class Connection {
  private static final System.Logger LOG = System.getLogger(Connection.class.getName());

  /**
   * Into this is the stuck-write deadline divided while bytes that wait for clients are at their
   * bound: who takes nothing then stands in the way of those who would.
   */
  private static final int SCARCE = 6;

  /**
   * What the loop does with it next.
   *
   * <pre>
   *               writable             nothing left
   *   BLOCKED ──────────────► QUEUED ──────────────► IDLE
   *      ▲                     │  ▲                    │
   *      └───── not ready ─────┘  └── news, send, ... ─┘
   *
   *   every state ── finish ──► CLOSED
   * </pre>
   */
  private enum State {
    /** The transport takes no bytes now, or has not begun; {@link Signals#writable} is awaited. */
    BLOCKED,
    /** Takes part in the loop's next sweep. */
    QUEUED,
    /** Everything is written. */
    IDLE,
    /** Over; the transport is not used any more. */
    CLOSED
  }

  final Hub hub;
  final DeliveryLoop loop;
  private final Transport transport;
  private final @Nullable String lastEventId;
  final @Nullable String owner;
  private final @Nullable Object attachment;

  /** Whether it is never told its position by a block of only an id. */
  final boolean idsOnEventsOnly;

  private final Outgoing outgoing;

  /** Guarded by the hub's lock, as {@link #released} is. */
  final List<Subscription> subscriptions = new ArrayList<>(1);

  /** Whether the subscriptions were given back for good. Guarded by the hub's lock. */
  boolean released;

  /** Its way to the live events, if it has channels with history. Guarded by the hub's lock. */
  @Nullable Resume resume;

  /** When it was opened, in the hub's nanoseconds. */
  private final long opened;

  /** When it expires, in milliseconds since 1970. */
  private volatile long expiresAt = Long.MAX_VALUE;

  /** Its place among its owner's, see {@link Owners}. Guarded by the hub's lock. */
  int ownerIndex;

  /** Guarded by this. */
  private final List<Consumer<? super CloseReason>> closeListeners = new ArrayList<>(0);

  /** Set once, guarded by this. */
  private volatile @Nullable CloseReason closeReason;

  // The loop's.
  private State state = State.BLOCKED;
  private @Nullable CloseReason closing;

  /** Whether the transport took no bytes when last asked, and the time of the first such answer. */
  private boolean blocked = true;

  private long blockedSince;

  /** How many bytes the last write had, of those that no {@link ReplayRoom} counts. */
  private int lastWrite;

  /** Whether a write has failed, so that it is to be closed. */
  private boolean failed;

  int index;

  Connection(Hub hub, DeliveryLoop loop, Transport transport, ConnectionOptions options) {
    this.hub = hub;
    this.loop = loop;
    this.transport = transport;
    this.lastEventId = options.lastEventId();
    this.owner = options.owner();
    this.attachment = options.attachment();
    this.idsOnEventsOnly = options.idsOnEventsOnly() || hub.settings.idsOnEventsOnly;
    this.opened = hub.nanoTime();
    this.blockedSince = opened;
    this.outgoing = new Outgoing(opened);
  }

  /**
   * For an adapter to a container: a connection that has been closed from the start, to return when
   * {@link Hub#connect(Transport, ConnectionOptions)} has refused the client, or was not called.
   *
   * @param why the connection's reason: {@link CloseReason#OVER_CAPACITY} or {@link
   *     CloseReason#HEAD}
   */
  public static Connection unopened(Hub hub, ConnectionOptions options, CloseReason why) {
    Objects.requireNonNull(hub, "hub");
    Objects.requireNonNull(options, "options");
    Connection unopened = new Connection(hub, hub.anyLoop(), new NoTransport(), options);
    unopened.state = State.CLOSED;
    unopened.released = true;
    unopened.closeReason = Objects.requireNonNull(why, "why");
    return unopened;
  }

  /**
   * The last event ID that the client sent when it connected, or null; cut off as in {@link
   * ConnectionOptions}.
   */
  public @Nullable String lastEventId() {
    return lastEventId;
  }

  /** Whom it belongs to, see {@link ConnectionOptions}; or null. */
  public @Nullable String owner() {
    return owner;
  }

  /** The application's object that its {@link ConnectionOptions} brought, or null. */
  public @Nullable Object attachment() {
    return attachment;
  }

  /** The names of the channels that it is subscribed to now; empty once it is closed. */
  public List<String> channels() {
    return hub.channels.of(this);
  }

  /**
   * When it was opened. By the clock as it was when the hub was created: later corrections of the
   * clock are not in it.
   */
  public Instant since() {
    return hub.instantAt(opened);
  }

  /** Its owner and channels, escaped for a log, and whether it is open. Not for programs. */
  @Override
  public String toString() {
    List<String> names = channels().stream().map(LogText::quoted).toList();
    return "Connection[owner=%s, channels=%s, %s]"
        .formatted(
            owner == null ? null : LogText.quoted(owner), names, isOpen() ? "open" : closeReason);
  }

  /** For how long it has been open. */
  Duration age() {
    return Duration.ofNanos(hub.nanoTime() - opened);
  }

  /**
   * Sets the time from which on nothing more is written: the connection is closed with {@link
   * CloseReason#EXPIRED}. Looked at about once a second; a time that has passed closes at once.
   * Replaces the time that was set before; {@link Instant#MAX} is never.
   */
  public void expireAt(Instant time) {
    Objects.requireNonNull(time, "time");
    if (time.isAfter(hub.settings.clock.instant())) {
      boolean never = time.isAfter(Instant.ofEpochMilli(Long.MAX_VALUE));
      expiresAt = never ? Long.MAX_VALUE : time.toEpochMilli();
    } else {
      loop.execute(() -> cut(CloseReason.EXPIRED));
    }
  }

  /** Whether it has not been closed, as far as this side knows. */
  public boolean isOpen() {
    return closeReason == null;
  }

  /**
   * Adds a channel: every event delivered to it after this call is written to the client. What came
   * before is not, with history neither; and a channel with history joins only when the connection
   * has caught up with the others. Does nothing if it is among the channels already.
   *
   * @throws IllegalArgumentException if the channel's name is not legal, see {@link
   *     EventPublisher}, if it were more channels than one connection may have, or if it has
   *     history and its policy is to {@linkplain OverrunPolicy#conflate conflate}
   * @throws OverCapacityException if as many connections listen to the channel as may
   */
  public void subscribe(String channel) {
    hub.channels.subscribe(this, Channel.checkName(channel));
  }

  /** Removes a channel: no event delivered to it after this call is written. */
  public void unsubscribe(String channel) {
    hub.channels.unsubscribe(this, Objects.requireNonNull(channel, "channel"));
  }

  /**
   * Sends an event to this client alone, ahead of what its channels have waiting.
   *
   * @param event one without an id: ids belong to the channels. If more than {@link
   *     HubBuilder#maxSendBytes} waits for the client, the connection is closed with {@link
   *     CloseReason#OVERFLOW}.
   * @throws IllegalArgumentException if the event has an id, or its type is {@code open}, {@code
   *     error} or {@code stream-reset}
   */
  public void send(SseEvent event) {
    if (Objects.requireNonNull(event, "event").id() != null) {
      throw new IllegalArgumentException(
          "event id \"" + event.id() + "\": an event sent to one client can't have an id");
    }
    sendFrame(event.requireSendable().frame().toByteArray());
  }

  /**
   * Tells the client how long to wait before it connects again. Counts against {@link
   * HubBuilder#maxSendBytes} as {@link #send(SseEvent)} does.
   */
  public void send(ReconnectionTime time) {
    sendFrame(Objects.requireNonNull(time, "time").frame().toByteArray());
  }

  private void sendFrame(byte[] frame) {
    if (!isOpen()) {
      return;
    }
    if (outgoing.reserve(frame.length) > hub.settings.maxSendBytes) {
      close(CloseReason.OVERFLOW);
    } else {
      loop.execute(() -> offer(frame));
    }
  }

  /** Closes the connection once what waits for the client is written. */
  public void close() {
    close(CloseReason.CLOSED);
  }

  void close(CloseReason reason) {
    loop.execute(() -> closeGracefully(reason));
  }

  /** Closes the connection without what waits. */
  void revoke() {
    loop.execute(() -> cut(CloseReason.REVOKED));
  }

  /**
   * Adds a listener that is told, once, on a thread of the hub's callback executor, why the
   * connection ended; at once if it has ended already. What it throws is logged as a warning.
   */
  public void onClose(Consumer<? super CloseReason> listener) {
    Objects.requireNonNull(listener, "listener");
    CloseReason reason;
    synchronized (this) {
      reason = closeReason;
      if (reason == null) {
        closeListeners.add(listener);
        return;
      }
    }
    hub.callbacks.execute(() -> tell(listener, reason));
  }

  private static void tell(Consumer<? super CloseReason> listener, CloseReason reason) {
    try {
      listener.accept(reason);
    } catch (Throwable e) {
      LOG.log(WARNING, "A close listener failed", e);
    }
  }

  /** Begins with its channels. Under the hub's lock; the loop has it already. */
  void subscribe(List<Channels.Wanted> channels) {
    orFail(() -> hub.channels.resume(this, channels));
  }

  /** Goes on with its transport, which sends this first. */
  void start(byte[] first) {
    loop.execute(() -> began(first));
    orFail(
        () -> {
          try {
            transport.start(new Signals(), first);
          } catch (IOException gone) {
            loop.execute(() -> fail(gone));
          }
        });
  }

  private void orFail(Runnable beginning) {
    try {
      beginning.run();
    } catch (RuntimeException | Error e) {
      loop.execute(() -> fail(e));
      throw e;
    }
  }

  private final class Signals implements Transport.Signals {
    @Override
    public void writable() {
      loop.execute(Connection.this::queue);
    }

    @Override
    public void awaitWrite() {
      CountDownLatch written = new CountDownLatch(1);
      // The sweep that writes comes between the tasks of one turn and those of the next.
      loop.execute(() -> loop.execute(written::countDown));
      try {
        if (!written.await(1, TimeUnit.SECONDS)) {
          LOG.log(DEBUG, "A delivery loop is late");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void failed(Throwable cause) {
      loop.execute(() -> fail(cause));
    }
  }

  /**
   * Its subscriptions are live, from their cursors on. Under the hub's lock.
   *
   * @param greeting what the client is told first, or null
   * @param resume how it came to be live, or null if it had nothing to resume
   */
  void live(List<Subscription> subscriptions, byte @Nullable [] greeting, @Nullable Resume resume) {
    loop.execute(() -> join(subscriptions, greeting, resume));
  }

  /**
   * It has missed what comes after a position. Under the hub's lock. Returns whether the upstream
   * will say what.
   */
  boolean replay(Resume resume, Position after) {
    try {
      hub.channels.replay(
          resume,
          after,
          new Upstream.ReplaySink() {
            @Override
            public boolean isWanted() {
              return isOpen();
            }

            @Override
            public void accept(Replay missed) {
              if (hub.feed.answered(resume, missed)) {
                loop.execute(() -> missed(resume, missed));
              }
            }
          });
      return true;
    } catch (Throwable e) {
      // Errors too: the clients behind this one would wait for ever. The log is not for the lock.
      hub.callbacks.execute(
          () ->
              LOG.log(
                  WARNING,
                  "Reading what a client missed failed; it is told by a reset, and goes on live",
                  e));
      return false;
    }
  }

  void removed(Subscription s) {
    s.ended = true;
    loop.execute(() -> s.subscribers.remove(s));
  }

  // What follows is called on the loop only.

  /** The subscription's log has grown. */
  void news(Subscription s) {
    // What is delivered after a close need not be written; else the close might never come.
    if (closing == null) {
      outgoing.pend(s);
      queueIfIdle();
    }
  }

  private void began(byte[] first) {
    outgoing.began(first);
    if (loop.tally != null) {
      loop.tally.wrote(0, first.length);
    }
  }

  private void join(
      List<Subscription> subscriptions, byte @Nullable [] greeting, @Nullable Resume resume) {
    if (state == State.CLOSED) {
      return;
    }
    for (Subscription s : subscriptions) {
      if (!s.ended) {
        s.subscribers.add(s);
        news(s);
        if (s.channel.hasHistory && s.resumed && !idsOnEventsOnly) {
          outgoing.positioned(hub.nanoTime());
        }
      }
    }
    if (greeting != null) {
      say(greeting);
    }
    if (resume != null && hub.observation != null) {
      hub.observation.live(this, resume);
    }
  }

  private void missed(Resume resume, Replay missed) {
    if (closing == null && state != State.CLOSED) {
      outgoing.replay(resume, missed);
      queueIfIdle();
    }
  }

  private void say(byte[] block) {
    outgoing.say(block);
    queueIfIdle();
  }

  private void offer(byte[] frame) {
    if (closing == null && state != State.CLOSED) {
      outgoing.offer(frame);
      queueIfIdle();
    }
  }

  void closeGracefully(CloseReason reason) {
    if (closing == null) {
      closing = reason;
      outgoing.endAt(loop.watermark());
      if (reason.spreadsReturns()) {
        byte[] farewell = hub.settings.spreadReconnectionTime().frame().toByteArray();
        outgoing.reserve(farewell.length);
        outgoing.offer(farewell);
      }
      queueIfIdle();
    }
  }

  /** Ends the stream where it is: the client may not have what waits, whoever closed before. */
  private void cut(CloseReason reason) {
    outgoing.clear();
    closeGracefully(reason);
  }

  private void queueIfIdle() {
    if (state == State.IDLE) {
      queue();
    }
  }

  private void queue() {
    if (state == State.IDLE || state == State.BLOCKED) {
      state = State.QUEUED;
      loop.queue(this);
    }
  }

  /** One write in a sweep, if the transport takes it. Returns false if it failed. */
  boolean write(Batches batches) {
    if (state != State.QUEUED) {
      return true;
    }
    try {
      if (!transport.isReady()) {
        state = State.BLOCKED;
        if (!blocked) {
          blocked = true;
          blockedSince = hub.nanoTime();
          loop.stalledBytes += lastWrite;
        }
        return true;
      }
      unblock();
      state = State.IDLE;
      long events = outgoing.events();
      byte[] bytes = outgoing.next(this, batches);
      if (bytes != null) {
        int length = outgoing.length(this, bytes);
        transport.write(bytes, 0, length);
        outgoing.written(this, bytes, length);
        lastWrite = outgoing.hasReplay() ? 0 : length;
        if (loop.tally != null) {
          loop.tally.wrote((int) (outgoing.events() - events), length);
        }
      }
      if (!outgoing.isEmpty() || (bytes != null && closing != null)) {
        queue();
      } else if (closing != null) {
        finish(closing);
      }
      return true;
    } catch (Throwable e) {
      failed = true;
      fail(e);
      return false;
    }
  }

  private void unblock() {
    if (blocked) {
      blocked = false;
      loop.stalledBytes -= lastWrite;
    }
  }

  /** How long it may take nothing. */
  private long deadline() {
    long deadline = hub.settings.stuckWriteDeadline.toNanos();
    boolean scarce = outgoing.hasReplay() ? hub.isReplayRoomScarce() : loop.isOverStalled();
    return scarce ? deadline / SCARCE : deadline;
  }

  void tick(long now, long millis, byte[] position) {
    Duration longest = hub.settings.maxLifetime;
    if (failed) {
      finish(CloseReason.CLIENT_GONE);
    } else if (blocked && now - blockedSince > deadline()) {
      finish(closing == null ? CloseReason.STUCK : closing);
    } else if (millis >= expiresAt) {
      cut(CloseReason.EXPIRED);
    } else if (longest != null && now - opened >= lifetime(longest.toNanos())) {
      closeGracefully(CloseReason.LIFETIME);
    } else if (state == State.IDLE) {
      byte[] sign = outgoing.dueSign(now, hub.settings.heartbeat.toNanos(), position);
      if (sign != null) {
        say(sign);
      }
    }
  }

  /** Has a tally look at how far it is behind. */
  void look(Tally tally) {
    outgoing.look(tally);
  }

  /** What a census is told of it. */
  Census.Sight sight(Census census) {
    return census.sight(this, blocked, outgoing);
  }

  /** Whether it has something to read. */
  boolean waits() {
    return outgoing.hasNews();
  }

  /** 80 to 100 % of the longest: the same whenever it is asked for, so that it takes no field. */
  private long lifetime(long longest) {
    // The golden ratio's multiples are spread evenly, however close the times are.
    double part = ((opened * 0x9E3779B97F4A7C15L) >>> 11) * 0x1p-53;
    return longest - (long) (longest * 0.2 * part);
  }

  private void fail(Throwable cause) {
    finish(CloseReason.CLIENT_GONE, cause);
  }

  void finish(CloseReason reason) {
    finish(reason, null);
  }

  private void finish(CloseReason reason, @Nullable Throwable cause) {
    if (state == State.CLOSED) {
      return;
    }
    // First: if this throws, the next tick tries again.
    List<Subscription> subscriptions = hub.release(this);
    state = State.CLOSED;
    unblock();
    loop.remove(this);
    for (Subscription s : subscriptions) {
      s.subscribers.remove(s);
    }
    outgoing.clear();
    HubObserver.Closed how =
        new HubObserver.Closed(reason, age(), outgoing.events(), outgoing.bytes());
    // Off the loop: containers take locks in there, and a thousand may end at once.
    hub.closer.execute(() -> end(how, subscriptions, cause));
  }

  private void end(
      HubObserver.Closed how, List<Subscription> subscriptions, @Nullable Throwable cause) {
    CloseReason reason = how.reason();
    try {
      transport.close();
    } catch (Throwable e) {
      LOG.log(DEBUG, () -> "Closing the transport failed: " + LogText.quoted(e.toString()));
    }
    LOG.log(DEBUG, () -> ConnectionLine.of(this, how, subscriptions, cause));
    List<Consumer<? super CloseReason>> listeners;
    synchronized (this) {
      closeReason = reason;
      listeners = List.copyOf(closeListeners);
      closeListeners.clear();
    }
    for (Consumer<? super CloseReason> listener : listeners) {
      hub.callbacks.execute(() -> tell(listener, reason));
    }
    if (hub.observation != null) {
      hub.observation.tell(o -> o.closed(this, how));
    }
  }
}
