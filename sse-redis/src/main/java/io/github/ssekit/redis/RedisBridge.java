package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.EventPublisher;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import java.net.URI;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The bridge between Redis pub/sub and the hub of this node: an event published on one node, or by
 * any other program that uses Redis, reaches the clients of every node.
 *
 * <pre>{@code
 * Hub hub = Hub.create();
 * RedisBridge redis = RedisBridge.builder(hub, URI.create("redis://localhost:6379"))
 *     .history(channel -> channel.startsWith("room:"))
 *     .connect();
 * redis.publish("room:42", SseEvent.of("hello")); // to the clients of every node
 * }</pre>
 *
 * <p>A channel without history is the Redis channel of the same name, and the payload of a message
 * is the data of an event, verbatim: {@code PUBLISH chat hello} becomes {@code data: hello}. Bytes
 * that are not UTF-8 become U+FFFD. Such events are delivered at most once and have no id. A name
 * that begins as those of a scope do, <code>{sse}:</code>, or as those under which Redis itself
 * publishes, {@code __keyspace@0__:} or {@code __sentinel__:}, is neither published to nor
 * subscribed to, and the log says so: otherwise a client that may choose channels could read
 * messages that are not the application's.
 *
 * <p>Channels with history, which {@link RedisBridgeBuilder#history} names, are published to
 * through the bridge, or through its script. Their events have ids and are kept: a client that
 * comes back, to any node, gets what it missed, or is told in band that it can't be had.
 *
 * <p>However many clients and channels there are, the bridge holds one connection for its
 * subscription, and some, up to eight, that come and go for commands. A channel is subscribed to
 * while it has subscribers on this node. When the subscription breaks, or does not hear its own
 * probes for {@link RedisBridgeBuilder#silence}, the bridge connects and subscribes again, at once
 * and then with pauses of up to a second. The clients stay connected. Those of channels without
 * history are told by a {@link io.github.ssekit.hub.StreamReset} that they may have missed events;
 * to channels with history the missed events are delivered, or a reset says that they are lost.
 *
 * <p>Any thread may use a bridge.
 */
public final class RedisBridge implements EventPublisher, AutoCloseable {
  static final String CLOSED = "The bridge is closed";

  private final BridgeParts parts;
  private final Scope scope;
  private final RedisConnector connector;
  private final RedisSubscriber subscriber;
  private final RedisPublisher publisher;
  private final PublishRules rules;
  private final @Nullable PublishScript script;
  private final @Nullable AnswerStreams answers;
  private final @Nullable StateChannels states;
  private final @Nullable Presence presence;

  RedisBridge(
      BridgeParts parts,
      RedisConnector connector,
      RedisSubscriber subscriber,
      RedisPublisher publisher,
      PublishRules rules,
      @Nullable PublishScript script,
      @Nullable AnswerStreams answers,
      @Nullable StateChannels states,
      @Nullable Presence presence) {
    this.parts = parts;
    scope = parts.scope();
    this.connector = connector;
    this.subscriber = subscriber;
    this.publisher = publisher;
    this.rules = rules;
    this.script = script;
    this.answers = answers;
    this.states = states;
    this.presence = presence;
  }

  /**
   * The answers of this bridge's scope.
   *
   * @throws IllegalStateException if the bridge was made without {@link RedisBridgeBuilder#answers}
   */
  public AnswerStreams answers() {
    if (answers == null) {
      throw new IllegalStateException(
          "The bridge has no answers: call RedisBridgeBuilder.answers() before connect()");
    }
    return answers;
  }

  /**
   * The channels of which the newest event of each key is kept.
   *
   * @throws IllegalStateException if the bridge was made without {@link RedisBridgeBuilder#states}
   */
  public StateChannels states() {
    if (states == null) {
      throw new IllegalStateException(
          "The bridge has no state channels: call RedisBridgeBuilder.states before connect()");
    }
    return states;
  }

  /**
   * Who is here, on the channels that {@link RedisBridgeBuilder#presence} names.
   *
   * @throws IllegalStateException if the bridge was made without it
   */
  public Presence presence() {
    if (presence == null) {
      throw new IllegalStateException(
          "The bridge has no presence: call RedisBridgeBuilder.presence before connect()");
    }
    return presence;
  }

  /**
   * Connects a hub with a Redis.
   *
   * <p>The URI is one of
   *
   * <ul>
   *   <li>{@code redis://[user:password@]host:port[/database]}: one server. Note that channels
   *       without history are the same in all databases.
   *   <li>{@code redis-sentinel://[user:password@]host:port[,host:port...]/master}: the primary
   *       that Sentinels name; user and password are those of Redis. Options: {@code ?db=0} and, if
   *       the Sentinels want a password of their own, {@code
   *       sentinelUser=...&sentinelPassword=...}.
   *   <li>{@code redis-cluster://[user:password@]host:port[,host:port...]}: a cluster of Redis 7 or
   *       newer; it is enough to name some nodes. All channels with history are in one slot, that
   *       of the scope, on one primary; where that moves, the bridge follows. Meanwhile publishes
   *       may be refused.
   * </ul>
   *
   * <p>With {@code rediss} in place of {@code redis} all connections are TLS. Where the primary is
   * is found anew for each connection: a demoted primary is abandoned, and clients stay connected.
   * Special characters in user, password and name are percent-encoded.
   *
   * @throws IllegalArgumentException if the URI is none of these
   * @throws RedisUnavailableException if Redis can't be reached, or refuses the login, within about
   *     four seconds
   * @throws IllegalStateException if the hub has another bridge, or if a channel that is to have
   *     history is open already: connect before clients do; if the class path has a Jedis below 6.0
   */
  public static RedisBridge connect(Hub hub, URI uri) {
    return builder(hub, uri).connect();
  }

  /**
   * Returns the settings of a new bridge.
   *
   * @throws IllegalStateException if the class path has a Jedis below 6.0
   */
  public static RedisBridgeBuilder builder(Hub hub, URI uri) {
    JedisVersion.check();
    return new RedisBridgeBuilder(hub, uri);
  }

  /**
   * Publishes to the channel on every node, this one included, after all that the calling thread
   * has published before. Waits for Redis, about two seconds at most; two more if it has to wait
   * for a connection, or behind what others publish, and about one more for each Sentinel or
   * cluster node that hangs while the primary is looked for. To a channel with history the event is
   * added in the same step.
   *
   * @param event needs data and no id. In a channel without history the data is all that Redis
   *     carries: there it needs the type that the channel has, see {@link
   *     RedisBridgeBuilder#eventTypes}
   * @return the event's position, which is its id; null if the channel has no history
   * @throws IllegalArgumentException if the event is not such a one; as {@link
   *     EventPublisher#publish}; and if the name of a channel without history begins as those of a
   *     scope do, <code>{sse}:</code>, or as those of Redis itself, {@code __keyspace@0__:}
   * @throws PublishException if Redis did not confirm, see {@link PublishException#mayBeStored}; if
   *     the bridge is closed
   */
  @Override
  public @Nullable Position publish(String channel, SseEvent event) {
    rules.checkFree(channel, event);
    return publish(publication(channel, event, null));
  }

  /**
   * Publishes to a channel with history, once however often it is tried: within ten minutes, a
   * second publish with the token of a first that was stored does nothing, and returns the first
   * one's position. So it does if the two are of different channels: an event that goes to two
   * channels needs two tokens.
   *
   * @param token 1 to 200 characters, without control characters, of the caller's choice: a random
   *     UUID, the id of a form
   * @throws IllegalArgumentException as above; if the channel has no history; if the token is not
   *     such a one
   * @throws PublishException as above: with the same token, it is safe to try again
   */
  public Position publish(String channel, SseEvent event, String token) {
    rules.checkOnce(channel, event, token);
    return Objects.requireNonNull(publish(publication(channel, event, token)));
  }

  /**
   * As {@link #publish(String, SseEvent)}, without waiting. What one thread publishes, by this
   * method and by those that wait, reaches Redis in that order, over one connection. One that fails
   * does not stop later ones.
   *
   * <p>What hangs on the future runs on one thread of the bridge, one after the other: whatever
   * takes long, or waits for a future of this bridge, belongs on a thread of your own, by the
   * methods of {@link CompletableFuture} that end with {@code Async}.
   *
   * @return completes with the position, or null, or exceptionally with a {@link PublishException}:
   *     as {@link #publish}; if the event was not sent within ten seconds; if so much waits already
   *     as {@link RedisBridgeBuilder#maxUnconfirmedBytes} says. After the last two nothing is
   *     stored
   * @throws IllegalArgumentException as above
   */
  public CompletableFuture<@Nullable Position> publishAsync(String channel, SseEvent event) {
    rules.checkFree(channel, event);
    return publisher.publishAsync(publication(channel, event, null));
  }

  /**
   * As {@link #publish(String, SseEvent, String)}, without waiting, like {@link
   * #publishAsync(String, SseEvent)}: with the same token, it is safe to try again.
   *
   * @throws IllegalArgumentException as there
   */
  public CompletableFuture<Position> publishAsync(String channel, SseEvent event, String token) {
    rules.checkOnce(channel, event, token);
    return publisher
        .publishAsync(publication(channel, event, token))
        .thenApply(Objects::requireNonNull);
  }

  private Publication<@Nullable Position> publication(
      String channel, SseEvent event, @Nullable String token) {
    return script != null && scope.hasHistory(channel)
        ? script.of(channel, event, token)
        : new Publication.Plain(
            scope.redisChannel(channel), Objects.requireNonNull(event.data()).getBytes(UTF_8));
  }

  private @Nullable Position publish(Publication<@Nullable Position> publication) {
    try {
      return publisher.publish(publication);
    } catch (RedisFailure e) {
      throw publisher.failure(e);
    }
  }

  /**
   * The newest events of a channel with history, for a page that begins. Waits for Redis as {@link
   * #publish(String, SseEvent)}.
   *
   * @param max how many at most, 1 to 1,000,000
   * @throws IllegalArgumentException if it is not, or if the channel has no history
   * @throws RedisUnavailableException if Redis does not answer, or if the bridge is closed
   */
  public Recent recent(String channel, int max) {
    if (max < 1 || max > RedisBridgeBuilder.MAX_HISTORY_EVENTS) {
      throw new IllegalArgumentException(
          "max %d: ask for 1 to %d events".formatted(max, RedisBridgeBuilder.MAX_HISTORY_EVENTS));
    }
    rules.checkName(channel);
    HistoryScripts history = parts.history();
    if (history == null || !scope.hasHistory(channel)) {
      throw new IllegalArgumentException("channel \"" + channel + "\" has no history");
    }
    try {
      return history.recent(channel, max);
    } catch (RedisFailure e) {
      throw new RedisUnavailableException(
          publisher.isClosed()
              ? CLOSED
              : "Redis at " + connector + " does not answer: " + Diagnosis.of(e),
          e);
    }
  }

  /**
   * The position up to which this node has everything, for a page to embed: a stream that is opened
   * with it as {@code lastEventId} goes on from there. Null if no channel has history, and until
   * the bridge hears Redis for the first time.
   */
  public @Nullable Position position() {
    return parts.feed().position();
  }

  /** Whether events arrive, and whether Redis takes what is published. At once: asks nobody. */
  public RedisHealth health() {
    return subscriber.health();
  }

  /**
   * Closes all connections of an owner, on all nodes, with {@link
   * io.github.ssekit.hub.CloseReason#REVOKED}: those of a user who has logged out, or whose rights
   * have changed. A client that may still come reconnects, and is authorised anew. Waits for the
   * nodes' replies, a second at most after Redis has taken it.
   *
   * <p>A node that is away does it when it is back, if Redis keeps history for this bridge: within
   * a day, and for the newest 10,000 such calls. It closes what the owner has there by then.
   *
   * <p>Before you call this, make sure that new requests of the owner are refused: as {@link
   * Hub#unsubscribe}.
   *
   * @param owner as in {@link io.github.ssekit.hub.ConnectionOptions}
   * @throws IllegalArgumentException if the owner is not legal
   * @throws PublishException if Redis did not confirm: nodes may have heard of it all the same, and
   *     it may be called again
   */
  public NodeReplies closeAll(String owner) {
    return tell(Directive.Verb.CLOSE, requireOwner(owner), "");
  }

  /**
   * Unsubscribes all connections of an owner from a channel, on all nodes: those of a user who was
   * banned from a room. On each node as {@link Hub#unsubscribe}, and for nodes that are away as
   * {@link #closeAll}.
   *
   * @throws IllegalArgumentException if the owner is not legal, or the channel's name is not legal
   * @throws PublishException as {@link #closeAll}
   */
  public NodeReplies unsubscribe(String owner, String channel) {
    return tell(Directive.Verb.UNSUBSCRIBE, requireOwner(owner), requireName(channel));
  }

  /**
   * Counts the connections of a channel on all nodes. Waits for their replies, a second at most.
   *
   * @throws IllegalArgumentException if the channel's name is not legal
   * @throws PublishException if Redis did not confirm
   */
  public NodeReplies counts(String channel) {
    return tell(Directive.Verb.COUNT, "", requireName(channel));
  }

  private NodeReplies tell(Directive.Verb verb, String owner, String channel) {
    try {
      return parts.directives().tell(Directive.of(verb, owner, channel));
    } catch (RedisFailure e) {
      throw publisher.failure(e);
    }
  }

  private static String requireOwner(String owner) {
    return Objects.requireNonNull(
        ConnectionOptions.of().withOwner(Objects.requireNonNull(owner, "owner")).owner());
  }

  private String requireName(String channel) {
    rules.checkName(channel);
    return channel;
  }

  /** Ends the subscription, the threads and all connections. Close the hub first. */
  @Override
  public void close() {
    publisher.close();
    if (answers != null) {
      answers.close();
    }
    if (presence != null) {
      presence.close();
    }
    subscriber.close();
    parts.commands().close();
  }
}
