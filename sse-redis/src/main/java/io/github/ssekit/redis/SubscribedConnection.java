package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.Start;
import io.github.ssekit.hub.StreamReset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection to Redis while it is subscribed: passes messages to {@link PositionProtocol} or,
 * on plain channels, to the hub.
 *
 * <pre>
 *   SUBSCRIBE control ──► SUBSCRIBE all ──► acknowledged: ready ──► own probe heard: repair ──► attached
 * </pre>
 *
 * <p>It subscribes to the control channel first and until its end: when Redis ends that
 * subscription, the slot of the scope was moved to another node of the cluster.
 *
 * <p>The thread that makes it is the reader; another thread, the writer, sends commands.
 */
final class SubscribedConnection implements PubSubConnection.Listener, ProtocolRedis {
  private static final int REPAIR_BYTES = 2 << 20;

  /** Keeps the connection. Called on the reader's thread; {@link #refused} also on the writer's. */
  interface Owner {
    /** The control channel is subscribed to. Returns the channels to subscribe to next. */
    Set<String> subscribed(SubscribedConnection connection);

    /** Events arrive from now on. */
    void eventsArrive();

    void requestProbe();

    /** Sends the SUBSCRIBE for a channel again, alone. */
    void resubscribe(String channel);

    /** A channel can't be subscribed to. */
    void refused(String channel, String why);

    /** Redis accepts the subscription to a channel. */
    void accepted(String channel);
  }

  private final Owner owner;
  private final PubSubConnection pubSub;
  private final String run;
  private final String nonce = UUID.randomUUID().toString();
  private final BridgeParts parts;

  /** Why this end has given the connection up, or null. */
  private volatile @Nullable String givenUp;

  /** Whether all channels were acknowledged, so that a probe can prove something. */
  private volatile boolean isReady;

  private volatile boolean isAttached;

  /** The last id that was heard; null before the first. */
  private volatile @Nullable Position lastId;

  /** When the connection's own probe was heard last, in nanoseconds. */
  private volatile long lastHeard = System.nanoTime();

  // From the reader to the writer, and back.

  /** The channels whose last ids the next probe asks for. */
  private final AtomicReference<@Nullable List<String>> nextAudit = new AtomicReference<>();

  private final Queue<HistoryScripts.Attached> answers = new ConcurrentLinkedQueue<>();

  /** Answered probes, each until it or a later one is heard. Used by the reader. */
  private final Deque<HistoryScripts.Attached> unheard = new ArrayDeque<>();

  /** How many UNSUBSCRIBE commands of each channel were sent, and not answered. */
  private final Map<String, Integer> leaving = new ConcurrentHashMap<>();

  /** Used by the reader. */
  private final PositionProtocol protocol;

  /** Used by the writer. */
  private final SubscribeCommands commands;

  private final BooleanSupplier onWriter;

  /**
   * @param onWriter whether the calling thread is the writer, for assertions
   */
  SubscribedConnection(
      Owner owner,
      RedisConnection connection,
      boolean sharded,
      BridgeParts parts,
      ProtocolMemory memory,
      BooleanSupplier onWriter) {
    this.owner = owner;
    this.parts = parts;
    this.onWriter = onWriter;
    pubSub = new PubSubConnection(connection, sharded);
    run = connection.run();
    commands = new SubscribeCommands(pubSub, parts.scope(), owner::refused, this::leaves);
    protocol = new PositionProtocol(memory, parts.channels(), parts.deliveries(), this);
  }

  // On any thread.

  /** The run of the server that it is subscribed to. */
  String run() {
    return run;
  }

  String nonce() {
    return nonce;
  }

  /** Whether all channels were acknowledged, so that a probe can prove something. */
  boolean isReady() {
    return isReady;
  }

  /** Whether events arrive, without a gap after the earlier ones. */
  boolean isAttached() {
    return isAttached;
  }

  /** When its own probe was heard last, in nanoseconds. */
  long lastHeard() {
    return lastHeard;
  }

  /**
   * Counts the last id that was heard over this connection as seen on its run. A repair may have
   * read further, from the same process at a later time.
   */
  void seeHeard() {
    Position id = lastId;
    if (id != null) {
      parts.evidence().see(run, id);
    }
  }

  void giveUp(String why) {
    givenUp = why;
    pubSub.disconnect();
  }

  /** Returns why it was given up, or null if it was not. */
  @Nullable String givenUp() {
    return givenUp;
  }

  void disconnect() {
    pubSub.disconnect();
  }

  /**
   * A command was answered by a run. While one server hands over to another, both may believe to be
   * the primary, and either connection may lead to the wrong one: if the runs differ, both
   * connections are made again.
   */
  void answeredBy(String other) {
    if (!other.equals(run)) {
      parts.commands().reconnect();
      giveUp("Redis answers from another server than the one that is subscribed to");
    }
  }

  /** Reads a page of some channels, from the server to which this is subscribed. */
  Page page(Map<String, Start> starts) {
    return ofThisRun(parts.requireHistory().page(starts));
  }

  private <T> T ofThisRun(CommandPool.Reply<T> reply) {
    answeredBy(reply.run());
    if (!reply.run().equals(run)) {
      throw new RedisFailure.Disconnected("Redis answers from another server");
    }
    return reply.value();
  }

  // On the writer.

  private void assertOnWriter() {
    assert onWriter.getAsBoolean() : "not on the thread that writes";
  }

  /** The commands that subscribe and unsubscribe this connection. */
  SubscribeCommands commands() {
    assertOnWriter();
    return commands;
  }

  /** UNSUBSCRIBE is sent next. */
  private void leaves(String channel) {
    if (parts.scope().hasHistory(channel)) {
      leaving.merge(channel, 1, Integer::sum);
    }
  }

  /** Returns the channels whose last ids the next probe has to ask for, once. */
  List<String> takeAudit() {
    assertOnWriter();
    List<String> channels = nextAudit.getAndSet(null);
    return channels == null ? List.of() : channels;
  }

  /** Redis has answered a probe. */
  void probeAnswered(HistoryScripts.Attached reply) {
    answers.add(reply);
  }

  // On the reader.

  /** Subscribes, and passes on messages until the connection fails. */
  void read() {
    pubSub.read(parts.scope().control(), this);
  }

  @Override
  public void subscribed(byte[] name) {
    String redisChannel = new String(name, UTF_8);
    String channel = parts.scope().withHistory(redisChannel);
    if (channel != null) {
      owner.accepted(channel);
      protocol.acknowledged(channel);
    } else if (parts.scope().isControl(redisChannel)) {
      Set<String> all = owner.subscribed(this);
      protocol.subscribing(all.stream().filter(parts.scope()::hasHistory).toList());
    } else {
      owner.accepted(redisChannel);
      if (parts.channels().resumed(redisChannel)) {
        parts.feed().reset(redisChannel, StreamReset.Reason.RECONNECTED);
      }
    }
  }

  @Override
  public void refused(List<byte[]> names, RedisFailure.Refused why) {
    for (byte[] name : names) {
      String redisChannel = new String(name, UTF_8);
      if (parts.scope().isControl(redisChannel)) {
        throw why;
      }
      String kept = parts.scope().withHistory(redisChannel);
      String channel = kept == null ? redisChannel : kept;
      if (names.size() > 1) {
        // Perhaps Redis refuses only one of them.
        owner.resubscribe(channel);
      } else {
        if (parts.channels().refused(channel)) {
          owner.refused(channel, Diagnosis.of(why));
        }
        protocol.refused(channel);
      }
    }
  }

  @Override
  public void ponged() {
    lastHeard = System.nanoTime();
    if (parts.history() == null) {
      attached();
    }
  }

  @Override
  public void unsubscribed(byte[] name) {
    String redisChannel = new String(name, UTF_8);
    if (parts.scope().isControl(redisChannel)) {
      throw new RedisFailure.Disconnected("the slot of the scope has been moved");
    }
    String channel = parts.scope().withHistory(redisChannel);
    if (channel != null) {
      answered(channel);
      protocol.unsubscribed(channel);
    }
  }

  @Override
  public void stays(byte[] name) {
    String channel = parts.scope().withHistory(new String(name, UTF_8));
    if (channel != null) {
      answered(channel);
    }
  }

  private void answered(String leaving) {
    this.leaving.computeIfPresent(leaving, (channel, times) -> times == 1 ? null : times - 1);
  }

  @Override
  public void message(byte[] name, byte[] payload) {
    for (HistoryScripts.Attached reply = answers.poll(); reply != null; reply = answers.poll()) {
      protocol.answered(reply);
      unheard.add(reply);
    }
    String redisChannel = new String(name, UTF_8);
    String channel = parts.scope().withHistory(redisChannel);
    if (channel != null) {
      event(channel, payload);
    } else if (parts.scope().isControl(redisChannel)) {
      ControlMessage message = ControlMessage.parse(payload);
      if (message != null) {
        control(message);
      }
    } else {
      parts.deliveries().plain(redisChannel, payload);
    }
  }

  private void event(String channel, byte[] payload) {
    Message message = Message.parse(payload);
    if (message != null) {
      protocol.event(channel, message);
      lastId = protocol.lastId();
      endIfBroken();
    } else if (Message.isTorn(payload)) {
      parts.deliveries().logUnreadable(channel);
      protocol.unreadable(channel);
    } else {
      parts.deliveries().plain(channel, payload);
    }
  }

  /** Trusts the message: its sender, a node or an operator, has the right to publish there. */
  private void control(ControlMessage message) {
    boolean isOwn = message.text().equals(nonce);
    Position id = message.id();
    if (id == null) {
      if (isOwn) {
        lastHeard = System.nanoTime();
        attached();
      } else {
        parts.directives().heard(message);
      }
    } else if (parts.history() != null) {
      control(message, id, isOwn);
      lastId = protocol.lastId();
      repair();
      endIfBroken();
    }
  }

  private void control(ControlMessage message, Position id, boolean isOwn) {
    switch (message.word()) {
      case "clock" -> {
        if (isOwn) {
          lastHeard = System.nanoTime();
          parts.directives().probeHeard();
          protocol.clock(id);
        }
      }
      case "rewind" -> protocol.rewind(id, message.from());
      case "gap" -> protocol.gap(id, message.from(), message.text());
      default -> {
        if (isOwn && message.word().equals("probe")) {
          lastHeard = System.nanoTime();
          parts.directives().probeHeard();
          reportedUpTo(id);
          if (nextAudit.get() == null) {
            nextAudit.set(protocol.nextAudit());
          }
          protocol.ownProbe(id);
        } else {
          protocol.probe(id);
        }
      }
    }
  }

  /**
   * An own probe was heard: by then Redis has told all nodes of the losses that this probe and
   * earlier ones prove.
   */
  private void reportedUpTo(Position probe) {
    while (!unheard.isEmpty() && !unheard.peek().probe().isAfter(probe)) {
      parts.evidence().reported(run, unheard.remove().seen());
    }
  }

  private void repair() {
    Position from = protocol.repairFrom();
    if (from == null) {
      return;
    }
    HistoryScripts history = parts.requireHistory();
    MovedChannels moved = ofThisRun(history.moved(from, parts.channels().complete()));
    while (from != null) {
      protocol.repair(ofThisRun(history.page(from, moved, REPAIR_BYTES)));
      Position next = protocol.repairFrom();
      if (next != null && !next.isAfter(from)) {
        // Redis has gone back since its probe was heard: the next connection repairs again.
        throw new RedisFailure.Disconnected("a repair does not get beyond " + from);
      }
      from = next;
    }
  }

  private void endIfBroken() {
    String why = protocol.broken();
    if (why != null) {
      giveUp(why);
      throw new RedisFailure.Disconnected(why);
    }
  }

  // Decisions of the protocol, on the reader.

  @Override
  public void requestProbe() {
    isReady = true;
    owner.requestProbe();
  }

  @Override
  public boolean isLeaving(String channel) {
    return leaving.containsKey(channel);
  }

  @Override
  public void attached() {
    isAttached = true;
    owner.eventsArrive();
  }

  @Override
  public void reportGap(String channel, Position from) {
    parts.gaps().found(channel, from);
    owner.requestProbe();
  }

  @Override
  public void gapTold(String channel, @Nullable Position from) {
    parts.gaps().told(channel, from);
  }

  @Override
  public void reportUnheardGaps(Position probe) {
    if (parts.gaps().passedBy(probe)) {
      owner.requestProbe();
    }
  }

  @Override
  public void reportLoss(Position id) {
    parts.evidence().lose(id);
    owner.requestProbe();
  }
}
