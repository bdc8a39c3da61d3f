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
 * that are not UTF-8 become U+FFFD. Such events are delivered at most once and have no id. The
 * bridge neither publishes nor subscribes to a name that begins like a scope's names, <code>{sse}:
 * </code>, or like the names under which Redis itself publishes, {@code __keyspace@0__:} or {@code
 * __sentinel__:}, and the log says so: otherwise a client that may choose channels could read
 * messages that are not the application's.
 *
 * <p>Applications publish to channels with history, which {@link RedisBridgeBuilder#history} names,
 * through the bridge or through its script. The events of these channels have ids and are kept: a
 * client that reconnects, to any node, gets the events that it missed, or learns in its stream that
 * they are lost.
 *
 * <p>However many clients and channels there are, the bridge holds one connection for its
 * subscription, and up to eight that come and go for commands. It subscribes to a channel while the
 * channel has subscribers on this node. When the subscription breaks, or does not hear its own
 * probes for {@link RedisBridgeBuilder#silence}, the bridge connects and subscribes again, at once
 * and then with pauses of up to a second. The clients stay connected. Clients of channels without
 * history get a {@link io.github.ssekit.hub.StreamReset}, since they may have missed events;
 * channels with history get the missed events, or a reset if these are lost.
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
   * The state channels: each keeps the newest event of each of its keys.
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
   * The presence on the channels that {@link RedisBridgeBuilder#presence} names.
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
   *       that Sentinels name; user and password are for Redis. Options: {@code ?db=0} and, if the
   *       Sentinels want a password of their own, {@code sentinelUser=...&sentinelPassword=...}.
   *   <li>{@code redis-cluster://[user:password@]host:port[,host:port...]}: a cluster of Redis 7 or
   *       newer; it is enough to name some nodes. All channels with history are in one slot, the
   *       slot of the scope, on one primary; when that moves, the bridge follows. Meanwhile Redis
   *       may refuse publishes.
   * </ul>
   *
   * <p>With {@code rediss} in place of {@code redis} all connections use TLS. The bridge looks up
   * the primary for each new connection: it abandons a demoted primary, and clients stay connected.
   * Special characters in user, password and name are percent-encoded.
   *
   * @throws IllegalArgumentException if the URI has none of these forms
   * @throws RedisUnavailableException if Redis can't be reached, or refuses the login, within about
   *     four seconds
   * @throws IllegalStateException if the hub has another bridge, or if a channel that will have
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
   * for a connection, or behind the publishes of others, and about one more for each Sentinel or
   * cluster node that hangs while the bridge looks for the primary. On a channel with history, the
   * same step adds the event to the history.
   *
   * @param event an event with data and without an id. On a channel without history, Redis carries
   *     only the data: there the event must have the channel's type, see {@link
   *     RedisBridgeBuilder#eventTypes}
   * @return the event's position, which is its id; null if the channel has no history
   * @throws IllegalArgumentException if the event is not as above; as {@link
   *     EventPublisher#publish}; and if the name of a channel without history begins like a scope's
   *     names, <code>{sse}:</code>, or like the names of Redis itself, {@code __keyspace@0__:}
   * @throws PublishException if Redis did not confirm, see {@link PublishException#mayBeStored}; if
   *     the bridge is closed
   */
  @Override
  public @Nullable Position publish(String channel, SseEvent event) {
    rules.checkFree(channel, event);
    return publish(publication(channel, event, null));
  }

  /**
   * Publishes to a channel with history, once however often the caller tries: within ten minutes, a
   * second publish with the token of a stored event does nothing, and returns the position of that
   * event. This is so even if the two name different channels: an event that goes to two channels
   * needs two tokens.
   *
   * @param token 1 to 200 characters, without control characters, of the caller's choice: a random
   *     UUID, the id of a form
   * @throws IllegalArgumentException as above; if the channel has no history; if the token is not
   *     legal
   * @throws PublishException as above: with the same token, it is safe to try again
   */
  public Position publish(String channel, SseEvent event, String token) {
    rules.checkOnce(channel, event, token);
    return Objects.requireNonNull(publish(publication(channel, event, token)));
  }

  /**
   * As {@link #publish(String, SseEvent)}, without waiting. The publishes of one thread, by this
   * method and by the methods that wait, reach Redis in that order, over one connection. A publish
   * that fails does not stop later ones.
   *
   * <p>Actions that depend on the future run on one thread of the bridge, one after the other. An
   * action that takes long, or waits for a future of this bridge, belongs on a thread of your own,
   * by the methods of {@link CompletableFuture} that end with {@code Async}.
   *
   * @return a future that completes with the position, or null, or exceptionally with a {@link
   *     PublishException}: as {@link #publish}; if the event was not sent within ten seconds; if
   *     {@link RedisBridgeBuilder#maxUnconfirmedBytes} leaves no room for it. In the last two cases
   *     nothing is stored
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
   * @throws IllegalArgumentException as {@link #publish(String, SseEvent, String)}
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
   * The newest events of a channel with history, for a page that loads. Waits for Redis like {@link
   * #publish(String, SseEvent)}.
   *
   * @param max how many at most, 1 to 1,000,000
   * @throws IllegalArgumentException if {@code max} is out of range, or if the channel has no
   *     history
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
   * The position up to which this node has everything, for a page to embed: a stream that the page
   * opens with it as {@code lastEventId} continues from there. Null if no channel has history, and
   * until the bridge hears Redis for the first time.
   */
  public @Nullable Position position() {
    return parts.feed().position();
  }

  /**
   * Whether events arrive, and whether Redis accepts publishes. Returns at once, without asking
   * Redis.
   */
  public RedisHealth health() {
    return subscriber.health();
  }

  /**
   * Closes all connections of an owner, on all nodes, with {@link
   * io.github.ssekit.hub.CloseReason#REVOKED}: for a user who has logged out, or whose rights have
   * changed. A client that still has access reconnects, and is authorised anew. Waits for the
   * nodes' replies, a second at most once Redis has accepted the call.
   *
   * <p>A node that is away closes its connections of the owner when it is back, if this bridge has
   * channels with history: within a day, and for the newest 10,000 such calls. It closes the
   * connections that the owner has there by then.
   *
   * <p>Before you call this, make sure that new requests of the owner are refused: as {@link
   * Hub#unsubscribe}.
   *
   * @param owner as in {@link io.github.ssekit.hub.ConnectionOptions}
   * @throws IllegalArgumentException if the owner is not legal
   * @throws PublishException if Redis did not confirm: nodes may have heard of it all the same, and
   *     you may call this again
   */
  public NodeReplies closeAll(String owner) {
    return tell(Directive.Verb.CLOSE, requireOwner(owner), "");
  }

  /**
   * Unsubscribes all connections of an owner from a channel, on all nodes: for a user who was
   * banned from a room. Each node does the same as {@link Hub#unsubscribe}; a node that is away
   * does it later, as for {@link #closeAll}.
   *
   * @throws IllegalArgumentException if the owner is not legal, or the channel's name is not legal
   * @throws PublishException as {@link #closeAll}
   */
  public NodeReplies unsubscribe(String owner, String channel) {
    return tell(Directive.Verb.UNSUBSCRIBE, requireOwner(owner), requireName(channel));
  }

  /**
   * Counts the connections of a channel on all nodes. Waits for the nodes' replies, a second at
   * most.
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

  /** Ends the subscription, the threads and all connections to Redis. Close the hub first. */
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
