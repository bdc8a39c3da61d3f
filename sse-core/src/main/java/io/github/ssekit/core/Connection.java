package io.github.ssekit.core;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import io.github.ssekit.core.Batches.Batch;
import io.github.ssekit.core.ChannelLog.Entry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One client's open event stream: its channels, and its place in the log of each.
 *
 * <p>All methods may be called from any thread, return at once, and do nothing once the connection
 * is closed: a client that leaves is normal.
 */
public final class Connection {
  private static final System.Logger LOG = System.getLogger(Connection.class.getName());

  /** How much of a client's last event ID is kept, in characters. */
  static final int MAX_LAST_EVENT_ID = 200;

  static final byte[] HEARTBEAT = new Comment("").frame().bytes();

  /**
   *
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

  private final Hub hub;
  final DeliveryLoop loop;
  private final Transport transport;
  private final @Nullable String lastEventId;

  /** Bytes in {@link #outbox} or on their way there. */
  private final AtomicInteger outboxBytes = new AtomicInteger();

  /** Guarded by the hub's lock, as {@link #released} is. */
  final List<Subscription> subscriptions = new ArrayList<>(1);

  /** Whether the subscriptions were given back for good. Guarded by the hub's lock. */
  boolean released;

  /** Its way to the live events, if it has channels with history. Guarded by the hub's lock. */
  @Nullable Resume resume;

  /** Guarded by this. */
  private final List<Consumer<? super CloseReason>> closeListeners = new ArrayList<>(0);

  /** Set once, guarded by this. */
  private volatile @Nullable CloseReason closeReason;

  // The loop's.
  private State state = State.BLOCKED;
  private @Nullable Subscription pending;
  private @Nullable Queue<byte[]> outbox;
  private @Nullable CloseReason closing;

  /** Up to where it reads: once closing, not beyond what was delivered by then. */
  private long closingAt = Long.MAX_VALUE;

  /** Whether it is live on channels with history, so that its signs of life are positions. */
  private boolean positioned;

  /** When the last sign of life was written: anything, or a position if it is positioned. */
  private long lastSign;

  private byte @Nullable [] sign;

  /** What it has missed and is to be written, and what comes then. */
  private @Nullable Replay replay;

  private @Nullable Resume resuming;

  /** Whether the transport took no bytes when last asked, and the time of the first such answer. */
  private boolean blocked = true;

  private long blockedSince;
  int index;

  Connection(Hub hub, DeliveryLoop loop, Transport transport, @Nullable String lastEventId) {
    this.hub = hub;
    this.loop = loop;
    this.transport = transport;
    this.lastEventId =
        lastEventId == null || lastEventId.length() <= MAX_LAST_EVENT_ID
            ? lastEventId
            : lastEventId.substring(0, MAX_LAST_EVENT_ID);
    this.blockedSince = hub.nanoTime();
    this.lastSign = blockedSince;
  }

  /**
   * The last event ID that the client sent when it connected, or null. What it sent beyond {@value
   * #MAX_LAST_EVENT_ID} characters is cut off.
   */
  public @Nullable String lastEventId() {
    return lastEventId;
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
   * @throws IllegalArgumentException if the channel's name is not legal, see {@link EventPublisher}
   */
  public void subscribe(String channel) {
    hub.subscribe(this, Hub.checkChannel(channel));
  }

  /** Removes a channel: no event delivered to it after this call is written. */
  public void unsubscribe(String channel) {
    hub.unsubscribe(this, channel);
  }

  /**
   * Sends an event to this client alone, ahead of what its channels have waiting.
   *
   * @param event one without an id: ids belong to the channels. If more than the hub's limit of
   *     bytes waits for the client, the connection is closed with {@link CloseReason#OVERFLOW}.
   * @throws IllegalArgumentException if the event has an id, or its type is {@code open} or {@code
   *     error}
   */
  public void send(SseEvent event) {
    if (event.id() != null) {
      throw new IllegalArgumentException(
          "event id \"" + event.id() + "\": an event sent to one client can't have an id");
    }
    send(event.sendable().frame());
  }

  /** Tells the client how long to wait before it connects again. */
  public void send(ReconnectionTime time) {
    send(time.frame());
  }

  private void send(Frame frame) {
    if (!isOpen()) {
      return;
    }
    if (outboxBytes.addAndGet(frame.length()) > hub.settings.privateBytes) {
      close(CloseReason.OVERFLOW);
    } else {
      loop.execute(() -> offer(frame.bytes()));
    }
  }

  /** Closes the connection once what waits for the client is written. */
  public void close() {
    close(CloseReason.CLOSED);
  }

  void close(CloseReason reason) {
    loop.execute(() -> closeGracefully(reason));
  }

  /**
   * Adds a listener that is told, once, on a thread of the hub's callback executor, why the
   * connection ended; at once if it has ended already.
   */
  public void onClose(Consumer<? super CloseReason> listener) {
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
    } catch (RuntimeException e) {
      LOG.log(WARNING, "A close listener failed", e);
    }
  }

  /** Begins: its channels and its transport start. The loop has it already. */
  void start(Collection<String> channels, ReconnectionTime reconnectionTime) {
    try {
      send(reconnectionTime);
      hub.resume(this, channels);
      transport.start(new Signals());
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
    public void failed(Throwable cause) {
      loop.execute(() -> fail(cause));
    }
  }

  /**
   * Its subscriptions are live, from their cursors on. Under the hub's lock.
   *
   * @param greeting what the client is told first, or null
   */
  void live(List<Subscription> subscriptions, byte @Nullable [] greeting) {
    loop.execute(
        () -> {
          if (state == State.CLOSED) {
            return;
          }
          boolean before = positioned;
          for (Subscription s : subscriptions) {
            if (!s.ended) {
              s.subscribers.add(s);
              news(s);
              positioned |= s.channel.hasHistory && s.resumed;
            }
          }
          if (positioned && !before) {
            // A tick that is under way knows an older position, perhaps below the client's.
            lastSign = hub.nanoTime();
          }
          if (greeting != null) {
            say(greeting);
          }
        });
  }

  /** It has missed what comes after a position. Under the hub's lock. */
  void replay(Resume resume, Position after) {
    hub.replay(
        resume,
        after,
        new Upstream.ReplaySink() {
          @Override
          public boolean isWanted() {
            return isOpen();
          }

          @Override
          public void accept(Replay missed) {
            loop.execute(() -> replay(resume, missed));
          }
        });
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
      pend(s);
    }
  }

  private void replay(Resume resume, Replay missed) {
    if (closing == null && state != State.CLOSED) {
      resuming = resume;
      replay = missed;
      if (state == State.IDLE) {
        queue();
      }
    }
  }

  /** Has a block written before what its channels have. */
  private void say(byte[] block) {
    sign = block;
    if (state == State.IDLE) {
      queue();
    }
  }

  private void pend(Subscription s) {
    if (!s.pending) {
      s.pending = true;
      s.nextPending = pending;
      pending = s;
      if (state == State.IDLE) {
        queue();
      }
    }
  }

  private void offer(byte[] frame) {
    if (closing != null || state == State.CLOSED) {
      return;
    }
    if (outbox == null) {
      outbox = new ArrayDeque<>(2);
    }
    outbox.add(frame);
    if (state == State.IDLE) {
      queue();
    }
  }

  void closeGracefully(CloseReason reason) {
    if (closing == null) {
      closing = reason;
      closingAt = loop.watermark();
      if (state == State.IDLE) {
        queue();
      }
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
        }
        return true;
      }
      blocked = false;
      state = State.IDLE;
      Replay missed = null;
      byte[] bytes = nextPrivate();
      if (bytes == null) {
        missed = replay;
        bytes = missed == null ? nextBatch(batches) : missed.bytes();
      }
      if (bytes != null) {
        transport.write(bytes, 0, bytes.length);
        if (!positioned) {
          lastSign = hub.nanoTime();
        }
      }
      Resume resumed = resuming;
      if (missed != null && resumed != null) {
        replay = null;
        resuming = null;
        hub.replayed(resumed, missed.upTo());
      }
      if (outbox != null
          || sign != null
          || replay != null
          || pending != null
          || (bytes != null && closing != null)) {
        queue();
      } else if (closing != null) {
        finish(closing);
      }
      return true;
    } catch (Throwable e) {
      fail(e);
      return false;
    }
  }

  private byte @Nullable [] nextPrivate() {
    if (outbox == null) {
      byte[] block = sign;
      if (block != null) {
        sign = null;
        lastSign = hub.nanoTime();
      }
      return block;
    }
    byte[] frame = outbox.poll();
    if (outbox.isEmpty()) {
      outbox = null;
    }
    if (frame != null) {
      outboxBytes.addAndGet(-frame.length);
    }
    return frame;
  }

  private byte @Nullable [] nextBatch(Batches batches) {
    int count = 0;
    for (Subscription s = pending; s != null; s = s.nextPending) {
      if (batches.next(s.cursor) == Entry.CUT && !s.ended) {
        return overrun(s, batches.upTo());
      }
      count++;
    }
    Subscription[] readers = new Subscription[count];
    Entry[] cursors = new Entry[count];
    count = 0;
    for (Subscription s = pending; s != null; s = s.nextPending) {
      if (!s.ended) {
        readers[count] = s;
        cursors[count++] = s.cursor;
      }
    }
    // Most often all are at one cursor, and none has left.
    Batch batch = batches.behind(count == cursors.length ? cursors : Arrays.copyOf(cursors, count));
    pending = null;
    for (int i = 0; i < count; i++) {
      Subscription s = readers[i];
      if (batch != null) {
        s.cursor = batch.ends[i];
      }
      s.pending = false;
      if (batches.more(s.cursor, closingAt)) {
        pend(s);
      }
    }
    if (batch == null) {
      return null;
    }
    if (batch.positioned) {
      lastSign = hub.nanoTime();
    }
    return batch.bytes;
  }

  /** The log has left the client behind: what its channel's policy has for it, or null. */
  private byte @Nullable [] overrun(Subscription s, long upTo) {
    if (s.channel.policy.closes) {
      finish(CloseReason.SLOW);
      return null;
    }
    List<Entry> newest = hub.newestBehind(s, upTo);
    if (newest != null) {
      if (newest.isEmpty()) {
        return null;
      }
      // From there on in the log if that still has it, else among the newest again.
      s.cursor = newest.get(newest.size() - 1);
      return Batches.join(newest);
    }
    hub.skipToEnd(s);
    return new StreamReset(s.channel.name, StreamReset.Reason.OVERRUN).event().frame().bytes();
  }

  void tick(long now, byte[] position) {
    if (blocked && now - blockedSince > hub.settings.stuckWriteDeadline.toNanos()) {
      finish(closing == null ? CloseReason.STUCK : closing);
    } else if (state == State.IDLE && now - lastSign >= hub.settings.heartbeat.toNanos()) {
      say(positioned ? position : HEARTBEAT);
    }
  }

  private void fail(Throwable cause) {
    if (state != State.CLOSED) {
      LOG.log(DEBUG, "The client is gone: {0}", cause);
      finish(CloseReason.CLIENT_GONE);
    }
  }

  void finish(CloseReason reason) {
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSED;
    loop.remove(this);
    for (Subscription s : hub.release(this)) {
      s.subscribers.remove(s);
    }
    pending = null;
    outbox = null;
    replay = null;
    resuming = null;
    // Off the loop: containers take locks in there, and a thousand may end at once.
    hub.closer.execute(() -> end(reason));
  }

  private void end(CloseReason reason) {
    try {
      transport.close();
    } catch (Throwable e) {
      LOG.log(DEBUG, "Closing the transport failed: {0}", e.toString());
    }
    LOG.log(DEBUG, "Connection closed: {0}", reason);
    List<Consumer<? super CloseReason>> listeners;
    synchronized (this) {
      closeReason = reason;
      listeners = List.copyOf(closeListeners);
      closeListeners.clear();
    }
    for (Consumer<? super CloseReason> listener : listeners) {
      hub.callbacks.execute(() -> tell(listener, reason));
    }
  }
}
