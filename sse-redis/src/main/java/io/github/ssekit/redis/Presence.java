package io.github.ssekit.redis;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import io.github.ssekit.hub.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The names that have joined a channel, on all nodes. The channel's clients get the list when they
 * connect, in the same stream, and again whenever it changes: an event of type {@value #TYPE}, with
 * an id, whose data is
 *
 * <pre>
 * {"count":2,"here":["Ann","Bob"]}
 * </pre>
 *
 * <p>Each event has the whole list, sorted, so that a page shows the list that it got last:
 *
 * <pre>{@code
 * RedisBridge redis =
 *     RedisBridge.builder(hub, uri).presence(channel -> channel.startsWith("here:")).connect();
 *
 * Connection connection = EventStreams.open(hub, request, response, "room:42", "here:42");
 * redis.presence().join("here:42", "Ann", connection);
 * }</pre>
 *
 * <p>A name counts once, however many connections it has. It leaves when the last of them has been
 * gone for {@link #GRACE}, so that a page that is reloaded, or reconnects to another node, stays.
 * The names of a node that dies, or does not reach Redis, expire {@link #LIFETIME} after the node
 * last reported them, and disappear from the list within a third of that time. A node that is
 * closed lets its names expire, too: its clients reconnect to another node meanwhile. After Redis
 * has lost its data, each node reports its names again within a third of that time; until all nodes
 * have, the list is incomplete.
 *
 * <p>Redis keeps at most {@value #MAX_NAMES} names of a channel; a name on several nodes counts
 * once for each. Further names are not listed until others have left, and a line in the log says
 * so. A list has the first {@value #MAX_LISTED} names; its {@code count} is the number of all
 * names.
 *
 * <p>See {@link RedisBridgeBuilder#presence}. Any thread may use it. A change is published within
 * half a second; on a channel with more than 1,000 names, within two and a half.
 */
public final class Presence {
  /** The type of the event that has the list. */
  public static final String TYPE = "presence";

  /** How long a name stays after its last connection has ended: three seconds. */
  public static final Duration GRACE = Duration.ofSeconds(3);

  /** How long a name stays if its node does not report it again: 15 seconds. */
  public static final Duration LIFETIME = Duration.ofSeconds(15);

  /** The most names of a channel that Redis keeps. */
  public static final int MAX_NAMES = 5_000;

  /** The most names that a list has. */
  public static final int MAX_LISTED = 100;

  /** The shortest time for which a list is kept once nobody listens to its channel. */
  static final Duration LEAST_KEPT = Duration.ofMinutes(1);

  private static final System.Logger LOG = System.getLogger(Presence.class.getName());
  private static final int MAX_NAME_LENGTH = 100;

  private final RedisSubscriber subscriber;
  private final RedisPublisher publisher;
  private final PublishRules rules;
  private final Scope scope;
  private final PresenceScripts scripts;
  private final Duration grace;
  private final Duration refresh;
  private final Survival survival = new Survival(LOG);

  /** The channels with names or subscribers on this node, by name. Used on the presence thread. */
  private final Map<String, LocalPresence> channels = new HashMap<>();

  private final ScheduledThreadPoolExecutor ticks =
      new ScheduledThreadPoolExecutor(
          1,
          task -> BackgroundThread.daemon(task, "sse-redis-presence"),
          new ThreadPoolExecutor.DiscardPolicy());

  /**
   * @param grace see {@link #GRACE}
   */
  Presence(
      RedisSubscriber subscriber,
      RedisPublisher publisher,
      PublishRules rules,
      Scope scope,
      PresenceScripts scripts,
      Duration grace) {
    this.subscriber = subscriber;
    this.publisher = publisher;
    this.rules = rules;
    this.scope = scope;
    this.scripts = scripts;
    this.grace = grace;
    refresh = scripts.lifetime().dividedBy(3);
    ticks.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    long millis = refresh.dividedBy(10).toMillis();
    Future<?> unused =
        ticks.scheduleWithFixedDelay(
            () -> survival.run(this::tick), millis, millis, TimeUnit.MILLISECONDS);
  }

  /**
   * Joins a channel, for as long as a connection is open; does nothing if it is closed, for example
   * because the client was refused. Returns at once: a thread of the bridge reports the name to
   * Redis, and tries again until Redis accepts it.
   *
   * @param channel a channel that {@link RedisBridgeBuilder#presence} names. The connection need
   *     not be subscribed to it
   * @param name 1 to 100 characters, without control characters. All clients of the channel see the
   *     name, and it proves nobody's identity: take it from the session
   * @throws io.github.ssekit.hub.IllegalChannelException if the channel's name is not legal
   * @throws IllegalArgumentException if the channel has no presence, or if the name is not legal
   */
  public void join(String channel, String name, Connection connection) {
    Objects.requireNonNull(connection, "connection");
    checkChannel(channel);
    GivenName.check("name", name, MAX_NAME_LENGTH);
    if (connection.isOpen()) {
      Runnable leave = join(channel, name);
      connection.onClose(reason -> leave.run());
    }
  }

  /**
   * As {@link #join(String, String, Connection)}, until the caller leaves: for users who leave a
   * room while their connection stays, or who have no connection.
   *
   * @return a task that leaves the channel, after {@link #GRACE}. Must be run, once; further runs
   *     do nothing
   * @throws IllegalArgumentException as {@link #join(String, String, Connection)}
   */
  public Runnable join(String channel, String name) {
    checkChannel(channel);
    GivenName.check("name", name, MAX_NAME_LENGTH);
    ticks.execute(() -> survival.run(() -> local(channel).joined(name)));
    AtomicBoolean hasLeft = new AtomicBoolean();
    return () -> {
      if (!hasLeft.getAndSet(true)) {
        Future<?> unused =
            ticks.schedule(
                () -> survival.run(() -> local(channel).left(name)),
                grace.toMillis(),
                TimeUnit.MILLISECONDS);
      }
    };
  }

  /**
   * Asks Redis for the names on a channel: all of them, sorted. Waits for Redis like {@link
   * RedisBridge#publish(String, io.github.ssekit.event.SseEvent)}. Changes on this node within the
   * last half second may be missing.
   *
   * @throws IllegalArgumentException if the channel has no presence
   * @throws RedisUnavailableException if Redis does not answer
   */
  public List<String> here(String channel) {
    checkChannel(channel);
    try {
      return scripts.here(channel);
    } catch (RedisFailure e) {
      throw new RedisUnavailableException("Who is here can't be read: " + Diagnosis.of(e), e);
    }
  }

  private void checkChannel(String channel) {
    rules.checkName(channel);
    if (!scope.isPresence(channel)) {
      throw new IllegalArgumentException(
          "channel \"%s\" has no presence: RedisBridgeBuilder.presence says which have"
              .formatted(channel));
    }
  }

  // On its own thread.

  private LocalPresence local(String channel) {
    return channels.computeIfAbsent(
        channel, c -> new LocalPresence(c, scripts.lifetime(), System.nanoTime()));
  }

  private void tick() {
    Set<String> open = new HashSet<>(subscriber.open(scope::isPresence));
    open.forEach(this::local);
    long now = System.nanoTime();
    List<LocalPresence.Part> due = new ArrayList<>();
    channels.values().forEach(channel -> due.addAll(channel.due(now)));
    tellAll(due);
    channels.entrySet().removeIf(each -> each.getValue().isIdle() && !open.contains(each.getKey()));
  }

  /** Reports the parts to Redis. If Redis is away, the rest is due again at the next tick. */
  private void tellAll(List<LocalPresence.Part> due) {
    int from = 0;
    while (from < due.size()) {
      int to = LocalPresence.Part.endOfCall(due, from);
      try {
        tell(due.subList(from, to));
      } catch (RedisFailure.Refused e) {
        // The refusal may concern one channel only: the other parts are still reported.
        LOG.log(DEBUG, "Presence was refused: {0}", Diagnosis.of(e));
      } catch (RedisFailure e) {
        LOG.log(DEBUG, "Presence is told to Redis later: {0}", Diagnosis.of(e));
        return;
      }
      from = to;
    }
  }

  private void tell(List<LocalPresence.Part> parts) {
    PresenceScripts.Told told = publisher.publish(scripts.telling(parts));
    long now = System.nanoTime();
    for (int i = 0; i < parts.size(); i++) {
      LocalPresence.Part part = parts.get(i);
      if (part.of().told(part, told.noted().get(i), now, refresh)) {
        LOG.log(
            WARNING,
            "Presence of channel \"{0}\" has no room for more names than {1}: others are left out until some have left",
            Diagnosis.clean(part.channel()),
            "" + MAX_NAMES);
      }
    }
  }

  /** Ends the thread. The names of this node expire. */
  void close() {
    ticks.shutdownNow();
  }
}
