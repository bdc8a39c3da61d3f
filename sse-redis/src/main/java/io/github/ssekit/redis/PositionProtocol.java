package io.github.ssekit.redis;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.StreamReset;
import io.github.ssekit.hub.StreamReset.Reason;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The protocol of positions, as a node follows it over one connection. It checks the messages that
 * the subscription hears, and decides which events the hub gets, which part of the history to read,
 * and which probes and reports to send to Redis. It has no socket, no thread and no clock: {@link
 * SubscribedConnection} calls it.
 *
 * <pre>
 *   SUBSCRIBING ──► PROBING ──► REPAIRING ──► ATTACHED ──► BROKEN
 *           all channels   own probe     the history    an id that is not
 *           acknowledged   is heard      is read        above the last one
 * </pre>
 *
 * <p>Events that arrive before the node is attached are dropped: once the probe is heard, the
 * repair reads them from the history, up to a position at or beyond the probe. From then on ids
 * rise from message to message; an id that does not rise proves that Redis has gone back in time.
 *
 * <p>Not thread-safe: the thread that makes it owns it.
 */
final class PositionProtocol {
  private static final Position START = new Position(0, 0);

  /** How far the present connection has come. */
  private enum Phase {
    SUBSCRIBING,
    PROBING,
    REPAIRING,
    ATTACHED,
    BROKEN
  }

  private final ProtocolMemory memory;
  private final HeardChannels channels;
  private final ChannelAudit audit;
  private final ProtocolHub hub;
  private final ProtocolRedis redis;
  private final OpenChannels open;

  /** The only thread that may use this; checked by assertions. */
  private final Thread owner = Thread.currentThread();

  private Phase phase = Phase.SUBSCRIBING;

  /** The last position on this connection: messages that follow have higher ids. */
  private Position previous = START;

  /**
   * The last id on this connection that was new. The id of a clock isn't: it may be of an earlier
   * run.
   */
  private @Nullable Position lastId;

  /** The position that the repair must reach. */
  private Position repairUpTo = START;

  /** The position up to which the repair has read: later messages up to there bring nothing new. */
  private Position repaired = START;

  /** Why the connection can't be used any more; null while it can. */
  private @Nullable String broken;

  /**
   * The protocol of a new connection. It belongs to the calling thread.
   *
   * @param memory the state that earlier connections have left
   */
  PositionProtocol(ProtocolMemory memory, OpenChannels open, ProtocolHub hub, ProtocolRedis redis) {
    this.memory = memory;
    this.hub = hub;
    this.redis = redis;
    this.open = open;
    channels = memory.channels;
    channels.reset();
    audit = new ChannelAudit(channels, redis);
  }

  private void assertOwned() {
    assert Thread.currentThread() == owner : "not on the thread that owns the protocol";
  }

  /** The proof that Redis has gone back in time, so that this connection ends; or null. */
  @Nullable String broken() {
    assertOwned();
    return broken;
  }

  /** The last id that was given to a message of this connection; null before the first. */
  @Nullable Position lastId() {
    assertOwned();
    return lastId;
  }

  // Subscribing.

  /** The control channel is acknowledged, and these channels are subscribed to next. */
  void subscribing(Collection<String> names) {
    assertOwned();
    channels.await(names);
    requestProbeOnceAllAreAnswered();
  }

  /** Redis has acknowledged a channel. */
  void acknowledged(String name) {
    assertOwned();
    if (phase == Phase.ATTACHED && channels.isUnsubscribed(name)) {
      // Redis had refused the channel: nothing of it was heard since this connection began.
      audit.missed(name);
    }
    channels.acknowledge(name);
    requestProbeOnceAllAreAnswered();
  }

  /** Redis has refused a channel: the probe waits for it no longer. */
  void refused(String name) {
    assertOwned();
    if (channels.refuse(name)) {
      requestProbeOnceAllAreAnswered();
    }
  }

  private void requestProbeOnceAllAreAnswered() {
    if (channels.isAllAnswered()) {
      if (phase == Phase.SUBSCRIBING) {
        phase = Phase.PROBING;
      }
      redis.requestProbe();
    }
  }

  /** A channel is not subscribed to any more. */
  void unsubscribed(String name) {
    assertOwned();
    if (channels.remove(name)) {
      requestProbeOnceAllAreAnswered();
    }
  }

  // Listening.

  /** An event has come on a channel. */
  void event(String name, Message message) {
    assertOwned();
    Position id = message.position();
    if (phase != Phase.ATTACHED || !advance(id)) {
      return;
    }
    HeardChannel channel = channels.getOrAdd(name);
    channels.preferInAudit(name);
    audit.note(channel, id, message.prev());
    Position before = channel.upTo;
    channel.upTo = id;
    if (before != null && !message.fresh()) {
      audit.expect(channel, message.prev(), before);
    }
    deliver(name, message.event(), Reason.LOST, id);
    passed(id);
  }

  /** A message has come that was once an event, and can't be read. */
  void unreadable(String name) {
    assertOwned();
    audit.missed(name);
  }

  /** A probe of this node has come. */
  void ownProbe(Position id) {
    assertOwned();
    if (phase == Phase.PROBING) {
      attach(id, true);
    } else {
      probe(id);
      redis.reportUnheardGaps(id);
    }
  }

  /** A probe of another node has come, or a message that means nothing to this version. */
  void probe(Position id) {
    assertOwned();
    if (phase == Phase.ATTACHED && advance(id)) {
      reach(id);
    }
  }

  /** The clock of a Redis that takes no writes has come: a position, but not a new id. */
  void clock(Position clock) {
    assertOwned();
    if (phase == Phase.PROBING) {
      attach(clock, false);
    } else if (phase == Phase.ATTACHED && previous.isAfter(clock)) {
      goBack("the clock is at " + clock + " after id " + previous);
    } else if (phase == Phase.ATTACHED) {
      previous = clock;
      reach(clock);
    }
  }

  /** A node has proved that Redis lost events: all channels continue at the id. */
  void rewind(Position id, @Nullable Position from) {
    assertOwned();
    if (phase == Phase.ATTACHED && advance(id)) {
      rewound(Reason.REWOUND, from, id);
      channels.moveTo(id);
      reach(id);
    }
  }

  /**
   * A node has missed events of a channel: the channel continues at the id.
   *
   * @param from the position after which that node misses events, some of whose clients may have
   *     moved to this node; null if unknown
   */
  void gap(Position id, @Nullable Position from, String name) {
    assertOwned();
    if (phase == Phase.ATTACHED && advance(id)) {
      lost(new StreamReset(name, Reason.LOST, from, id));
      channels.moveTo(name, id);
      reach(id);
    }
  }

  /** Redis has answered a probe of this connection, which may not have been heard yet. */
  void answered(HistoryScripts.Attached reply) {
    assertOwned();
    audit.answered(reply);
  }

  /** Returns the channels whose last ids the next probe should ask for. */
  List<String> nextAudit() {
    assertOwned();
    return channels.nextAudit();
  }

  /**
   * Takes an id as the last one. Returns whether it is beyond the repair. If it does not rise,
   * breaks the connection and returns false.
   */
  private boolean advance(Position id) {
    if (!id.isAfter(previous)) {
      goBack("id " + id + " after " + previous);
      return false;
    }
    previous = id;
    lastId = id;
    return id.isAfter(repaired);
  }

  private void goBack(String proof) {
    memory.isRewindDue = true;
    phase = Phase.BROKEN;
    broken = "Redis has gone back in time: " + proof;
    redis.reportLoss(previous);
  }

  /**
   * @param event null if it can't be sent, for the given reason
   */
  private void deliver(String channel, @Nullable SseEvent event, Reason reason, Position at) {
    if (event == null) {
      hub.skip(channel, reason, at);
    } else {
      hub.deliver(channel, event, at);
    }
    memory.reach(at);
  }

  private void reach(Position id) {
    hub.reached(id);
    memory.reach(id);
    passed(id);
  }

  private void rewound(Reason reason, @Nullable Position from, Position to) {
    hub.rewound(reason, from, to);
    memory.continueAt(to);
  }

  /** Everything up to an id has been heard. */
  private void passed(Position id) {
    List<String> names = channels.followAcknowledged(id);
    names.removeIf(redis::isLeaving);
    if (!names.isEmpty()) {
      open.completed(names);
      hub.opened(names, id);
    }
    audit.passed(id);
  }

  // Repair.

  /**
   * Begins to follow the events; if this node was attached before, repairs first.
   *
   * @param isNew whether the id is a new one, of a probe that has carried this node's evidence to
   *     Redis
   */
  private void attach(Position id, boolean isNew) {
    previous = id;
    if (isNew) {
      lastId = id;
    }
    Position at = memory.position();
    if (at == null) {
      follow(id);
    } else if (memory.isRewindDue || at.isAfter(id) || (isNew && at.equals(id))) {
      // An id below the node's position is as good a proof as an id out of order. Redis may have
      // given ids twice by then: the lost events may begin below the position.
      rewound(Reason.REWOUND, null, id);
      memory.isRewindDue = false;
      follow(id);
    } else {
      phase = Phase.REPAIRING;
      repairUpTo = id;
      followOnceRepaired(at);
    }
  }

  /** The position after which the history must be read next; null if no repair is under way. */
  @Nullable Position repairFrom() {
    assertOwned();
    return phase == Phase.REPAIRING ? memory.position() : null;
  }

  /** A page of the complete channels was read, after {@link #repairFrom}. */
  void repair(Page page) {
    assertOwned();
    if (page.broken() != null) {
      // To a client, an id above the clock is unknown. This node's own position existed: Redis lost
      // it.
      Reason reason = page.broken() == Reason.UNKNOWN_ID ? Reason.REWOUND : page.broken();
      rewound(reason, null, page.upTo());
    }
    page.resets().forEach(this::lost);
    if (page.resets().stream().anyMatch(reset -> reset.channel() == null)) {
      channels.forgetLastEvents();
    }
    for (Page.Kept kept : page.events()) {
      Entry entry = kept.entry();
      if (entry.prev() != null) {
        audit.note(channels.getOrAdd(kept.channel()), entry.position(), entry.prev());
      }
      Reason reason = entry.unsendable() == null ? Reason.LOST : entry.unsendable();
      deliver(kept.channel(), entry.event(), reason, entry.position());
    }
    hub.reached(page.upTo());
    memory.reach(page.upTo());
    followOnceRepaired(page.upTo());
  }

  private void lost(StreamReset reset) {
    hub.lost(reset);
    if (reset.channel() != null) {
      redis.gapTold(reset.channel(), reset.from());
    }
  }

  private void followOnceRepaired(Position at) {
    if (!repairUpTo.isAfter(at)) {
      follow(at);
    }
  }

  /** The complete channels continue live from a position. */
  private void follow(Position from) {
    repaired = from;
    channels.repaired(open.complete(), from);
    phase = Phase.ATTACHED;
    redis.attached();
    reach(from);
  }
}
