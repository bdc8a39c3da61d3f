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
 * The open event stream of one client, and its subscriptions to channels.
 *
 * <pre>{@code
 * connection.send(SseEvent.of("welcome", "hello"));
 * connection.subscribe("room:42");
 * connection.onClose(reason -> System.out.println("left: " + reason));
 * }</pre>
 *
 * <p>All methods may be called from any thread and return at once. On a closed connection they do
 * nothing, since clients may leave at any time; arguments are checked even then.
 */
public final class Connection extends StreamConnection {
  private static final System.Logger LOG = System.getLogger(Connection.class.getName());

  // Set once.
  private final ConnectionContext context;
  private final @Nullable String lastEventId;
  final @Nullable String owner;
  private final @Nullable Object attachment;
  private final CloseListeners closeListeners;

  // Guarded by the hub's lock.
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
   * Returns the last event ID that the client sent when it connected, or null. It may be truncated,
   * see {@link ConnectionOptions}.
   */
  public @Nullable String lastEventId() {
    return lastEventId;
  }

  /** Returns the owner, see {@link ConnectionOptions}, or null. */
  public @Nullable String owner() {
    return owner;
  }

  /** Returns the application's object from {@link ConnectionOptions}, or null. */
  public @Nullable Object attachment() {
    return attachment;
  }

  /** Returns the names of its channels now; empty once it is closed. */
  public List<String> channels() {
    return subscriptions.names();
  }

  /**
   * Returns when it was opened, by the wall clock as it was when the hub was created: later
   * adjustments of that clock don't affect the result.
   */
  public Instant since() {
    return context.wallTime().apply(opened);
  }

  /** Returns owner, channels and state, escaped for a log. The format may change. */
  @Override
  public String toString() {
    List<String> names = channels().stream().map(LogText::quoted).toList();
    return "Connection[owner=%s, channels=%s, %s]"
        .formatted(
            owner == null ? null : LogText.quoted(owner),
            names,
            isOpen() ? "open" : closeListeners.reason());
  }

  /** The time since it was opened. */
  Duration age() {
    return Duration.ofNanos(loop.nanoTime() - opened);
  }

  /**
   * Sets the time at which the connection is closed with {@link CloseReason#EXPIRED}; events that
   * still wait for the client then are not written. Replaces an expiry time that was set before;
   * {@link Instant#MAX} means never.
   *
   * <p>A time in the past closes the connection at once. Later times are checked about once a
   * second.
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

  /** Returns whether it is open. A client may be gone before this node notices. */
  public boolean isOpen() {
    return closeListeners.reason() == null;
  }

  /**
   * Subscribes to a channel: every event that is delivered to the channel after this call is
   * written to the client; with a bridge, every event after the node has subscribed to the channel
   * in Redis. Earlier events are not written, not even on a channel with history. Does nothing if
   * the connection is subscribed to the channel already. A connection of which all channels have
   * {@linkplain Feed#ended ended} is closed.
   *
   * <p>While the connection resumes, events of a channel with history that this method adds wait
   * until the client has caught up, since their ids would carry the client's last event ID past
   * events that it still misses. If catching up carries the client past such an event, the client
   * gets a {@link StreamReset} of that channel instead, without an id; a client that is cut off
   * just before gets none.
   *
   * @throws IllegalArgumentException if the channel's name is not legal, see {@link
   *     EventPublisher}; if the connection has the maximum number of channels, {@link
   *     HubBuilder#maxChannelsPerConnection}; or if the channel has history and its policy is to
   *     {@linkplain OverrunPolicy#conflate conflate}
   * @throws OverCapacityException if the channel has the maximum number of connections, {@link
   *     HubBuilder#maxConnectionsPerChannel}
   */
  public void subscribe(String channel) {
    subscriptions.subscribe(this, new Client(), Channel.checkName(channel));
  }

  /**
   * Unsubscribes from a channel: no event that is delivered to the channel after this call is
   * written to the client. But while the client resumes, a page that is under way to it may hold
   * events of the channel: to withdraw a right, use {@link Hub#unsubscribe}. Does nothing if the
   * connection is not subscribed to the channel. A connection of which all other channels have
   * {@linkplain Feed#ended ended} is closed.
   */
  public void unsubscribe(String channel) {
    Subscription removed = subscriptions.remove(Objects.requireNonNull(channel, "channel"), false);
    if (removed != null) {
      end(removed);
    }
  }

  /**
   * Sends an event to this client alone, ahead of waiting channel events. If more than {@link
   * HubBuilder#maxSendBytes} of sent events then wait for the client, the connection is closed with
   * {@link CloseReason#OVERFLOW}.
   *
   * @param event an event without an id: ids belong to the events of channels
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
   * Sends a reconnection time: how long the client waits before it reconnects. Counts towards
   * {@link HubBuilder#maxSendBytes} as {@link #send(SseEvent)} does.
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

  /** Closes the connection once everything that waits for the client is written. */
  public void close() {
    close(CloseReason.CLOSED);
  }

  void close(CloseReason reason) {
    loop.execute(() -> closeGracefully(reason));
  }

  /** Closes the connection without writing the waiting events. */
  void revoke() {
    loop.execute(() -> cut(CloseReason.REVOKED));
  }

  /**
   * Adds a listener that is called once, when the connection has ended, or now if it has already.
   * It gets the reason, and runs on a thread of the hub's callback executor. If it throws, the hub
   * logs a warning.
   */
  public void onClose(Consumer<? super CloseReason> listener) {
    closeListeners.add(Objects.requireNonNull(listener, "listener"));
  }

  /**
   * Subscribes to the channels that the connection begins with. Under the hub's lock, once the loop
   * has the connection.
   */
  void subscribe(List<Channels.Wanted> channels, @Nullable Start start) {
    orFail(() -> subscriptions.begin(this, new Client(), channels, lastEventId, start));
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
   * Unsubscribes from a channel that the client may no longer have: when this returns, no write
   * with its events is under way, and none follows. Returns whether the connection was subscribed.
   */
  boolean drop(String channel) {
    Subscription removed = subscriptions.remove(channel, true);
    if (removed != null) {
      end(removed);
    }
    // Also for a channel that the connection has left itself: a write of its events may be under
    // way.
    loop.awaitWrite(this);
    return removed != null;
  }

  private void end(Subscription s) {
    loop.execute(() -> left(s));
  }

  /**
   * Called under the hub's lock: the loop knows of each step before it may write a later position.
   */
  private final class Client implements Resume.Client {
    @Override
    public void replay(Resume resume, Replay page) {
      loop.execute(() -> Connection.this.replay(resume, page));
    }

    @Override
    public boolean copies() {
      try {
        return transport.copies();
      } catch (RuntimeException e) {
        return true;
      }
    }

    @Override
    public void revoke() {
      Connection.this.revoke();
    }

    @Override
    public void live(
        List<Subscription> subscriptions,
        byte @Nullable [] greeting,
        @Nullable ResumeOutcome outcome) {
      loop.execute(() -> join(subscriptions, greeting, outcome));
    }
  }

  // Reports of the loop's half.

  @Override
  List<Subscription> release() {
    return context.release().apply(this);
  }

  @Override
  void closeIfEnded() {
    if (subscriptions.haveEnded()) {
      closeGracefully(CloseReason.ENDED);
    }
  }

  @Override
  void resumed(ResumeOutcome outcome) {
    outcome.resets().forEach(this::reset);
    if (outcome.hasResumed() && context.observation() != null) {
      HubObserver.Resumed how = new HubObserver.Resumed(age(), outcome.replays(), outcome.events());
      context.observation().enqueue(o -> o.resumed(this, how));
    }
  }

  @Override
  void reset(StreamReset reset) {
    if (context.observation() != null) {
      context.observation().enqueue(o -> o.reset(this, reset));
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
    Throwable failed = null;
    try {
      // A container takes locks in this call.
      transport.close();
    } catch (Throwable e) {
      failed = e;
    }
    closeListeners.closed(how.reason());
    if (context.observation() != null) {
      context.observation().enqueue(o -> o.closed(this, how));
    }
    // Last: a logger may throw.
    if (failed != null) {
      LOG.log(DEBUG, "Closing the transport failed: {0}", LogText.quoted(failed.toString()));
    }
    LOG.log(DEBUG, () -> ConnectionLine.of(this, how, subscriptions, cause));
  }
}
