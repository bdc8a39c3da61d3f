package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.partitioningBy;

import io.github.ssekit.hub.Feed;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.StreamReset;
import io.github.ssekit.hub.StreamReset.Reason;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * One connection to Redis, for as long as it is subscribed; and what it makes of what it hears.
 *
 * <pre>
 *   SUBSCRIBE control ──► SUBSCRIBE all ──► acknowledged: ready ──► own probe heard: repair ──► attached
 * </pre>
 *
 * What channels with history send before the node is attached is dropped: the repair reads it from
 * the history, after the probe, up to a position beyond it. From then on ids rise from message to
 * message; one that does not proves that Redis has gone back in time.
 *
 * <p>It subscribes to the control channel first and until its end: when Redis takes that back, the
 * slot of the scope has been moved to another node of the cluster.
 */
final class SubscribedLink extends PubSub {
  /** One SUBSCRIBE takes as many. */
  private static final int CHANNELS_PER_COMMAND = 500;

  /** How many last ids a probe asks for: Redis takes about a millisecond for them. */
  private static final int CHANNELS_PER_PROBE = 2000;

  private static final int REPAIR_BYTES = 2 << 20;

  private final RedisSubscriber subscriber;
  private final String run;
  private final Scope scope;
  private final @Nullable History history;
  private final Feed feed;
  private final Deliveries deliveries;
  private final String nonce;
  private final Heard heardEvents;

  /** What has been asked for on this connection. The writer's. */
  private final Set<String> subscribed = new HashSet<>();

  /** Replies to probes, whose turn comes when the subscription has got as far. */
  private final Queue<History.Attached> answers = new ConcurrentLinkedQueue<>();

  /** Why this end has ended it, or null. */
  private volatile @Nullable String givenUp;

  private volatile boolean ready;
  private volatile boolean attached;

  /** When the last probe of its own was heard, in nanoseconds. */
  private volatile long heard = System.nanoTime();

  /** The channels whose last ids the next probe is to ask for. Taken by the writer. */
  private final AtomicReference<@Nullable List<String>> turn = new AtomicReference<>();

  // What follows is the reader's.

  /** Channels with history whose first acknowledgement is still awaited. */
  private final Set<String> awaited = new HashSet<>();

  /** Acknowledged since the last position: they are complete from the next one on. */
  private final Set<String> acknowledged = new HashSet<>();

  /** Up to where each channel has been heard. */
  private final Map<String, Position> last = new HashMap<>();

  private final Turns turns = new Turns(CHANNELS_PER_PROBE);

  /** Up to where a gap of a channel has been noted. */
  private final Map<String, Position> noted = new HashMap<>();

  /** The last id on this connection. */
  private Position previous = new Position(0, 0);

  /** Up to where the repair has read: what comes up to there is known. */
  private Position repaired = previous;

  private boolean rewound;

  /**
   * @param rewound whether the link before this one ended since Redis had gone back in time
   */
  SubscribedLink(
      RedisSubscriber subscriber,
      JedisPort.Link link,
      boolean sharded,
      Scope scope,
      @Nullable History history,
      Feed feed,
      Deliveries deliveries,
      String nonce,
      Heard heardEvents,
      boolean rewound) {
    super(link.connection(), sharded);
    this.subscriber = subscriber;
    this.run = link.run();
    this.scope = scope;
    this.history = history;
    this.feed = feed;
    this.deliveries = deliveries;
    this.nonce = nonce;
    this.heardEvents = heardEvents;
    this.rewound = rewound;
  }

  /** Of the server that it is subscribed to. */
  String run() {
    return run;
  }

  String nonce() {
    return nonce;
  }

  /** Whether everything was acknowledged, so that a probe can tell something. */
  boolean isReady() {
    return ready;
  }

  /** Whether events arrive, without a gap to those before. */
  boolean isAttached() {
    return attached;
  }

  long heard() {
    return heard;
  }

  /** Whether clients are still to be told that Redis has gone back in time. */
  boolean isRewound() {
    return rewound;
  }

  void giveUp(String why) {
    givenUp = why;
    disconnect();
  }

  /** Why it was given up, or null if it was not. */
  @Nullable String givenUp() {
    return givenUp;
  }

  // The writer's.

  byte[] sign() {
    return ("ping " + nonce).getBytes(UTF_8);
  }

  void update(String channel, boolean want) {
    if (want) {
      subscribe(List.of(channel));
    } else if (subscribed.remove(channel)) {
      sending(() -> unsubscribe(scope.hasHistory(channel), scope.redisChannel(channel)));
    }
  }

  void subscribe(Collection<String> channels) {
    // A client that may name channels could read another's events otherwise.
    Map<Boolean, List<String>> byKind =
        channels.stream().filter(this::isOurs).collect(partitioningBy(scope::hasHistory));
    byKind.forEach(
        (ofScope, names) -> {
          for (int from = 0; from < names.size(); from += CHANNELS_PER_COMMAND) {
            int to = Math.min(names.size(), from + CHANNELS_PER_COMMAND);
            List<String> some = names.subList(from, to);
            subscribed.addAll(some);
            byte[][] command = some.stream().map(scope::redisChannel).toArray(byte[][]::new);
            sending(() -> subscribe(ofScope, command));
          }
        });
  }

  private boolean isOurs(String channel) {
    boolean reserved = !scope.hasHistory(channel) && scope.isReserved(channel);
    if (reserved) {
      subscriber.forbidden(channel, "such names are those of a scope, or of Redis itself");
    }
    return !reserved;
  }

  private void sending(Runnable command) {
    try {
      command.run();
    } catch (JedisConnectionException e) {
      // The reader finds out too, now.
      disconnect();
    }
  }

  /** Asks for a sign of life, of the connection alone: where nothing can be published. */
  void pingIt() {
    sending(this::ping);
  }

  /** The channels whose last ids are to be asked for now. */
  List<String> takeTurn() {
    List<String> channels = turn.getAndSet(null);
    return channels == null ? List.of() : channels;
  }

  void answered(History.Attached answer) {
    answers.add(answer);
  }

  /** What some channels hold after a position, read from the server that is subscribed to. */
  Page page(Position after, Collection<String> channels) {
    return ofThisRun(history().page(after, List.copyOf(channels)));
  }

  private History history() {
    if (history == null) {
      throw new IllegalStateException("No channel has history");
    }
    return history;
  }

  private <T> T ofThisRun(History.Answer<T> answer) {
    if (!answer.run().equals(run)) {
      subscriber.answeredBy(answer.run(), this);
      throw new JedisConnectionException("Redis answers from another server");
    }
    return answer.value();
  }

  // The reader's.

  @Override
  void onSubscribe(byte[] name) {
    String redisChannel = new String(name, UTF_8);
    String channel = scope.withHistory(redisChannel);
    if (channel != null) {
      acknowledged.add(channel);
      awaited.remove(channel);
    } else if (!scope.isControl(redisChannel)) {
      subscriber.acknowledged(redisChannel);
      return;
    } else {
      subscriber.subscribed(this).stream().filter(scope::hasHistory).forEach(awaited::add);
    }
    readyOnceAllAreAnswered();
  }

  private void readyOnceAllAreAnswered() {
    if (awaited.isEmpty()) {
      ready = true;
      subscriber.probe();
    }
  }

  @Override
  void onRefused(List<byte[]> names, JedisDataException why) {
    for (byte[] name : names) {
      String redisChannel = new String(name, UTF_8);
      if (scope.isControl(redisChannel)) {
        throw why;
      }
      String kept = scope.withHistory(redisChannel);
      String channel = kept == null ? redisChannel : kept;
      if (names.size() > 1) {
        // It may be one of them only.
        subscriber.tryAgain(channel);
      } else {
        subscriber.refused(channel, why);
        if (awaited.remove(channel)) {
          readyOnceAllAreAnswered();
        }
      }
    }
  }

  @Override
  void onPong() {
    heard = System.nanoTime();
    if (history == null) {
      attached = true;
      subscriber.hears();
    }
  }

  @Override
  void onUnsubscribe(byte[] name) {
    String redisChannel = new String(name, UTF_8);
    if (scope.isControl(redisChannel)) {
      throw new JedisConnectionException("the slot of the scope has been moved");
    }
    String channel = scope.withHistory(redisChannel);
    if (channel != null) {
      acknowledged.remove(channel);
      last.remove(channel);
      noted.remove(channel);
      turns.remove(channel);
      heardEvents.forget(channel);
    }
  }

  @Override
  void onMessage(byte[] name, byte[] payload) {
    String redisChannel = new String(name, UTF_8);
    String channel = scope.withHistory(redisChannel);
    if (channel != null) {
      live(channel, payload);
    } else if (scope.isControl(redisChannel)) {
      control(new String(payload, UTF_8).split(" ", 3));
    } else {
      deliveries.message(redisChannel, payload);
    }
  }

  private void live(String channel, byte[] payload) {
    Message message = Message.parse(payload);
    if (message == null && Message.isTorn(payload)) {
      deliveries.unreadable(channel);
      subscriber.gap(channel);
    } else if (message == null) {
      deliveries.message(channel, payload);
    } else if (attached && isNext(message.position())) {
      Position before = last.put(channel, message.position());
      turns.heard(channel);
      lost(heardEvents.event(channel, message.position(), message.prev()));
      if (before != null && !message.fresh()) {
        expect(channel, message.prev(), before);
      }
      deliveries.message(channel, message.event(), message.position());
      passed(message.position());
    }
  }

  /** Whether an id is one that this node has not had. */
  private boolean isNext(Position id) {
    if (!id.isAfter(previous)) {
      goneBack("id " + id + " after " + previous);
    }
    previous = id;
    return id.isAfter(repaired);
  }

  private void goneBack(String proof) {
    rewound = true;
    lost(previous);
    giveUp("Redis has gone back in time: " + proof);
    throw new JedisConnectionException("Redis has gone back in time");
  }

  /** Redis had something once, and has lost it: others must know. */
  private void lost(@Nullable Position id) {
    if (id != null) {
      subscriber.lost(run, id);
    }
  }

  /** A channel should have been heard up to a position: if it was not, others must know. */
  private void expect(String channel, Position upTo, Position heardUpTo) {
    Position known = noted.getOrDefault(channel, heardUpTo);
    if (upTo.isAfter(heardUpTo) && upTo.isAfter(known)) {
      noted.put(channel, upTo);
      subscriber.gap(channel);
    }
  }

  /** Everything up to an id has been heard. */
  private void passed(Position id) {
    if (!acknowledged.isEmpty()) {
      acknowledged.forEach(channel -> last.merge(channel, id, SubscribedLink::later));
      turns.add(acknowledged);
      subscriber.opened(List.copyOf(acknowledged), id);
      acknowledged.clear();
    }
    for (History.Attached answer = answers.peek();
        answer != null && !answer.probe().isAfter(id);
        answer = answers.peek()) {
      answers.remove();
      judge(answer);
    }
  }

  /** Whether this node has heard what Redis had when it was asked, and Redis has what it heard. */
  private void judge(History.Attached answer) {
    answer
        .last()
        .forEach(
            (channel, upTo) -> {
              Position heardUpTo = last.get(channel);
              if (heardUpTo != null) {
                expect(channel, upTo, heardUpTo);
                lost(heardEvents.last(channel, upTo, answer.probe()));
              }
            });
  }

  private static Position later(Position a, Position b) {
    return a.isAfter(b) ? a : b;
  }

  /** Whatever it holds, it comes from someone who may publish there: a node, or an operator. */
  private void control(String[] words) {
    if (words[0].equals("ping") && words.length == 2 && words[1].equals(nonce)) {
      heard = System.nanoTime();
      attached = true;
      subscriber.hears();
      return;
    }
    Position id = words.length == 3 ? Position.parse(words[1]) : null;
    if (id == null || history == null) {
      return;
    }
    if (words[0].equals("look")) {
      if (words[2].equals(nonce)) {
        look(id);
      }
      return;
    }
    boolean own = words[0].equals("probe") && words[2].equals(nonce);
    if (own) {
      heard = System.nanoTime();
      subscriber.told(run);
      if (turn.get() == null) {
        turn.set(turns.next());
      }
    }
    if (!attached) {
      if (own) {
        attach(id, true);
      }
    } else if (isNext(id)) {
      switch (words[0]) {
        case "rewind" -> {
          feed.rewound(Reason.REWOUND, Position.parse(words[2]), id);
          last.replaceAll((channel, position) -> id);
          heardEvents.forgetAll();
        }
        case "gap" -> {
          String channel = words[2];
          feed.lost(new StreamReset(channel, Reason.LOST, last.get(channel), id));
          last.computeIfPresent(channel, (name, position) -> id);
        }
        default -> {}
      }
      feed.reached(id);
      passed(id);
    }
  }

  /** What Redis' clock says where it takes no probe: it gives a position, but no new id. */
  private void look(Position clock) {
    heard = System.nanoTime();
    if (!attached) {
      attach(clock, false);
    } else if (previous.isAfter(clock)) {
      goneBack("the clock is at " + clock + " after id " + previous);
    } else {
      previous = clock;
      feed.reached(clock);
      passed(clock);
    }
  }

  /**
   * The first own probe: what this node has missed until now is read from the history.
   *
   * @param taken whether the id is a new one, by a probe that has told Redis what was seen
   */
  private void attach(Position probe, boolean taken) {
    previous = probe;
    repaired = repair(probe, taken);
    List<String> complete = subscriber.completeChannels();
    complete.forEach(channel -> last.put(channel, repaired));
    turns.add(complete);
    heardEvents.forgetAllBut(complete);
    attached = true;
    subscriber.hears();
    feed.reached(repaired);
    passed(repaired);
  }

  private Position repair(Position probe, boolean taken) {
    Position at = feed.position();
    if (at == null) {
      return probe;
    }
    // An id below what was heard before is as good a proof as one out of order.
    if (rewound || at.isAfter(probe) || (taken && at.equals(probe))) {
      feed.rewound(Reason.REWOUND, at, probe);
      heardEvents.forgetAll();
      rewound = false;
      return probe;
    }
    Missed missed = ofThisRun(history().missed(at, subscriber.completeChannels()));
    while (probe.isAfter(at)) {
      at = deliver(ofThisRun(history().page(at, missed, REPAIR_BYTES)));
    }
    return at;
  }

  private Position deliver(Page page) {
    if (page.broken() != null) {
      // To a client an id above the clock is none that we know; to us it is one that Redis forgot.
      Reason reason = page.broken() == Reason.UNKNOWN_ID ? Reason.REWOUND : page.broken();
      feed.rewound(reason, page.from(), page.upTo());
    }
    page.resets().forEach(feed::lost);
    if (page.broken() != null || page.resets().stream().anyMatch(r -> r.channel() == null)) {
      heardEvents.forgetAll();
    }
    for (Page.Kept kept : page.events()) {
      Entry entry = kept.entry();
      if (entry.prev() != null) {
        lost(heardEvents.event(kept.channel(), entry.position(), entry.prev()));
      }
      if (entry.unsendable() == null) {
        deliveries.message(kept.channel(), entry.event(), entry.position());
      } else {
        deliveries.unsendable(kept.channel(), entry.unsendable(), entry.position());
      }
    }
    feed.reached(page.upTo());
    return page.upTo();
  }
}
