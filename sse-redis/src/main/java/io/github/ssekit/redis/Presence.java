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
 * Who is here, on all nodes: the names of those who have joined a channel. Its clients get the list
 * when they come, in the same stream, and again whenever it changes: an event of type {@value
 * #TYPE}, with an id, whose data is
 *
 * <pre>
 * {"count":2,"here":["Ann","Bob"]}
 * </pre>
 *
 * <p>Each event has the whole list, sorted, so that a page shows the last one that it got:
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
 * has told them last, and are missing in the list within a third of that. A node that is closed
 * lets its names expire, too: its clients reconnect to another one meanwhile. After Redis has lost
 * its data, each node tells its names again within a third of that time; until all have, the list
 * is incomplete.
 *
 * <p>At most {@value #MAX_NAMES} names of a channel are noted; a name on several nodes counts once
 * for each. Who comes after that is not listed until others have left, and a line in the log says
 * so. A list has the first {@value #MAX_LISTED}, its {@code count} says how many there are.
 *
 * <p>See {@link RedisBridgeBuilder#presence}. Any thread may use it. A change is published within
 * half a second, of more than 1,000 names within two and a half.
 */
public final class Presence {
  /** The type of the event that has the list. */
  public static final String TYPE = "presence";

  /** How long a name stays after its last connection has ended: three seconds. */
  public static final Duration GRACE = Duration.ofSeconds(3);

  /** After what time a name expires if its node does not tell it again: 15 seconds. */
  public static final Duration LIFETIME = Duration.ofSeconds(15);

  /** How many names are noted of a channel at most. */
  public static final int MAX_NAMES = 5_000;

  /** How many names a list has at most. */
  public static final int MAX_LISTED = 100;

  /** How long the list of a channel is kept after nobody listens, at least. */
  static final Duration LEAST_KEPT = Duration.ofMinutes(1);

  private static final System.Logger LOG = System.getLogger(Presence.class.getName());
  private static final int MAX_NAME_LENGTH = 100;
  private static final int MAX_CHANNELS_A_CALL = 50;

  private final RedisSubscriber subscriber;
  private final RedisPublisher publisher;
  private final PublishRules rules;
  private final Scope scope;
  private final PresenceScripts scripts;
  private final Duration grace;
  private final Duration refresh;
  private final Survival survival = new Survival(LOG);

  /** By channel: those that have names or subscribers on this node. Its thread's alone. */
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
   * because the client was refused. Returns at once: Redis is told by a thread of the bridge, and
   * again until it has taken it.
   *
   * @param channel one of those that {@link RedisBridgeBuilder#presence} names. The connection need
   *     not be subscribed to it
   * @param name 1 to 100 characters, without control characters. All clients of the channel see it,
   *     and a name is no proof of who somebody is: take it from the session
   * @throws io.github.ssekit.hub.IllegalChannelException if the channel's name is not legal
   * @throws IllegalArgumentException if the channel has no presence, or the name is not such a one
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
   * As {@link #join(String, String, Connection)}, until the caller leaves: for those who leave a
   * room while their connection stays, or have none.
   *
   * @return leaves the channel, after {@link #GRACE}. Must be run, once; further runs do nothing
   * @throws IllegalArgumentException as there
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
   * Asks Redis who is on a channel: all names, sorted. Waits for it as {@link
   * RedisBridge#publish(String, io.github.ssekit.event.SseEvent)}. What this node was told within
   * the last half second may be missing.
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

  /** What is not told because Redis is away is due at the next tick, too. */
  private void tellAll(List<LocalPresence.Part> due) {
    int from = 0;
    while (from < due.size()) {
      int to = from;
      int size = 0;
      do {
        size += due.get(to).size();
        to++;
      } while (to < due.size()
          && to - from < MAX_CHANNELS_A_CALL
          && size + due.get(to).size() <= LocalPresence.MAX_NAMES_A_CALL);
      try {
        tell(due.subList(from, to));
      } catch (RedisFailure.Refused e) {
        // It may be because of one channel: the others are told.
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
