package io.github.ssekit.hub;

import static java.lang.System.Logger.Level.DEBUG;

import io.github.ssekit.event.ReconnectionTime;
import io.github.ssekit.event.SseEvent;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One client's open event stream: its channels, and its place in the log of each.
 *
 * <p>All methods may be called from any thread, return at once, and do nothing once the connection
 * is closed, since a client that leaves is normal; but arguments are checked all the same.
 */
public final class Connection extends LoopConnection {
  private static final System.Logger LOG = System.getLogger(Connection.class.getName());

  // Set once.
  private final ConnectionContext context;
  private final @Nullable String lastEventId;
  final @Nullable String owner;
  private final @Nullable Object attachment;
  private final CloseListeners closeListeners;

  // The hub's lock.
  final Subscriptions subscriptions;

  /** The index among the owner's connections, see {@link Owners}. */
  int ownerIndex;

  Connection(
      ConnectionContext context,
      DeliveryLoop loop,
      Transport transport,
      ConnectionOptions options) {
    super(loop, transport, options.idsOnEventsOnly() || context.settings().idsOnEventsOnly());
    this.context = context;
    this.lastEventId = options.lastEventId();
    this.owner = options.owner();
    this.attachment = options.attachment();
    this.closeListeners = new CloseListeners(context.callbacks());
    this.subscriptions = new Subscriptions(context.channels(), context.resumes());
  }

  /** A connection that has been closed from the start. */
  static Connection unopened(
      ConnectionContext context, DeliveryLoop loop, ConnectionOptions options, CloseReason why) {
    Connection unopened = new Connection(context, loop, new NoTransport(), options);
    unopened.neverOpen();
    unopened.subscriptions.neverOpen();
    unopened.closeListeners.closed(why);
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
    return subscriptions.names();
  }

  /**
   * When it was opened. By the clock as it was when the hub was created: later corrections of the
   * clock are not in it.
   */
  public Instant since() {
    return context.wallTime().apply(opened);
  }

  /** Its owner and channels, escaped for a log, and whether it is open. Not for programs. */
  @Override
  public String toString() {
    List<String> names = channels().stream().map(LogText::quoted).toList();
    return "Connection[owner=%s, channels=%s, %s]"
        .formatted(
            owner == null ? null : LogText.quoted(owner),
            names,
            isOpen() ? "open" : closeListeners.reason());
  }

  /** For how long it has been open. */
  Duration age() {
    return Duration.ofNanos(loop.nanoTime() - opened);
  }

  /**
   * Sets the time from which on nothing more is written: the connection is closed with {@link
   * CloseReason#EXPIRED}. Looked at about once a second; a time that has passed closes at once.
   * Replaces the time that was set before; {@link Instant#MAX} is never.
   */
  public void expireAt(Instant time) {
    Objects.requireNonNull(time, "time");
    if (time.isAfter(context.settings().clock().instant())) {
      boolean never = time.isAfter(Instant.ofEpochMilli(Long.MAX_VALUE));
      expiresAt = never ? Long.MAX_VALUE : time.toEpochMilli();
    } else {
      loop.execute(() -> cut(CloseReason.EXPIRED));
    }
  }

  /** Whether it has not been closed, as far as this side knows. */
  public boolean isOpen() {
    return closeListeners.reason() == null;
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
    subscriptions.subscribe(this, new Client(), Channel.checkName(channel));
  }

  /** Removes a channel: no event delivered to it after this call is written. */
  public void unsubscribe(String channel) {
    Subscription removed = subscriptions.remove(Objects.requireNonNull(channel, "channel"), false);
    if (removed != null) {
      end(removed);
    }
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
    if (reserve(frame.length) > context.settings().maxSendBytes()) {
      close(CloseReason.OVERFLOW);
    } else {
      loop.execute(() -> sendReserved(frame));
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
    closeListeners.add(Objects.requireNonNull(listener, "listener"));
  }

  /** Begins with its channels. Under the hub's lock; the loop has the connection already. */
  void subscribe(List<Channels.Wanted> channels) {
    orFail(() -> subscriptions.begin(this, new Client(), channels, lastEventId));
  }

  /** Starts the transport, which sends these bytes first. */
  void start(byte[] first) {
    loop.execute(() -> started(first.length));
    orFail(
        () -> {
          try {
            transport.start(new TransportSignals(this), first);
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

  /**
   * Unsubscribes from a channel, which the client may no longer have: when this returns, no write
   * holds its events any more. Returns whether the connection was subscribed.
   */
  boolean drop(String channel) {
    Subscription removed = subscriptions.remove(channel, true);
    if (removed == null) {
      return false;
    }
    end(removed);
    loop.awaitWrite(this);
    return true;
  }

  private void end(Subscription s) {
    s.ended = true;
    loop.execute(() -> s.subscribers.remove(s));
  }

  /** Under the hub's lock: the loop knows of each step before it may write a later position. */
  private final class Client implements Resume.Client {
    @Override
    public void replay(Resume resume, Replay page) {
      loop.execute(() -> Connection.this.replay(resume, page));
    }

    @Override
    public void revoke() {
      Connection.this.revoke();
    }

    @Override
    public void live(
        List<Subscription> subscriptions,
        byte @Nullable [] greeting,
        Resume.@Nullable Outcome outcome) {
      loop.execute(() -> join(subscriptions, greeting, outcome));
    }
  }

  // What the loop's half reports.

  @Override
  List<Subscription> release() {
    return context.release().apply(this);
  }

  @Override
  void resumed(Resume.Outcome outcome) {
    StreamReset reset = outcome.reset();
    if (reset != null) {
      reset(reset);
    } else if (context.observation() != null) {
      HubObserver.Resumed how = new HubObserver.Resumed(age(), outcome.replays(), outcome.events());
      context.observation().tell(o -> o.resumed(this, how));
    }
  }

  @Override
  void reset(StreamReset reset) {
    if (context.observation() != null) {
      context.observation().tell(o -> o.reset(this, reset));
    }
  }

  @Override
  byte[] farewell() {
    return context.settings().spreadReconnectionTime().frame().toByteArray();
  }

  @Override
  void finished(
      CloseReason reason,
      long events,
      long bytes,
      List<Subscription> subscriptions,
      @Nullable Throwable cause) {
    HubObserver.Closed how = new HubObserver.Closed(reason, age(), events, bytes);
    // Off the loop: a thousand connections may end at once.
    context.closer().execute(() -> end(how, subscriptions, cause));
  }

  private void end(
      HubObserver.Closed how, List<Subscription> subscriptions, @Nullable Throwable cause) {
    try {
      // A container takes locks in there.
      transport.close();
    } catch (Throwable e) {
      LOG.log(DEBUG, () -> "Closing the transport failed: " + LogText.quoted(e.toString()));
    }
    LOG.log(DEBUG, () -> ConnectionLine.of(this, how, subscriptions, cause));
    closeListeners.closed(how.reason());
    if (context.observation() != null) {
      context.observation().tell(o -> o.closed(this, how));
    }
  }
}
