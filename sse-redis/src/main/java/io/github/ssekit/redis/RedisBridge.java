package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.core.EventPublisher;
import io.github.ssekit.core.Hub;
import io.github.ssekit.core.PublishException;
import io.github.ssekit.core.SseEvent;
import java.net.URI;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisException;

/**
 * The bridge between Redis pub/sub and the hub of this node: what is published on one node, or by
 * any other program that has Redis, reaches the clients of every node.
 *
 * <p>A channel of the hub is the Redis channel of the same name, and the payload of a message is
 * the data of an event, verbatim: {@code PUBLISH chat hello} becomes {@code data: hello}. Bytes
 * that are not UTF-8 become U+FFFD. Such events are delivered at most once and have no id.
 *
 * <p>However many clients and channels there are, the bridge holds one connection for its
 * subscription, and some that come and go for publishing. A channel is subscribed to while it has
 * listeners on this node. When the subscription breaks, or is silent for {@link
 * RedisBridgeBuilder#silence}, the bridge connects and subscribes again, at once and then with
 * pauses of up to a second; the clients stay connected, and those of each channel are told by a
 * {@link io.github.ssekit.core.StreamReset} that they may have missed events.
 *
 * <p>Any thread may use a bridge.
 */
public final class RedisBridge implements EventPublisher, AutoCloseable {
  private final Hub hub;
  private final JedisPort redis;
  private final Function<? super String, @Nullable String> eventTypes;
  private final RedisSubscriber subscriber;

  RedisBridge(
      Hub hub,
      JedisPort redis,
      Function<? super String, @Nullable String> eventTypes,
      RedisSubscriber subscriber) {
    this.hub = hub;
    this.redis = redis;
    this.eventTypes = eventTypes;
    this.subscriber = subscriber;
  }

  /**
   * Connects a hub with a Redis.
   *
   * @param uri {@code redis://[user:password@]host:port[/database]}, or {@code rediss://} for TLS.
   *     Note that Redis channels are the same in all databases.
   * @throws IllegalArgumentException if the URI is not such a one
   * @throws RedisUnavailableException if Redis can't be reached, or lets us not in, within about
   *     four seconds
   * @throws IllegalStateException if the hub has another bridge
   */
  public static RedisBridge connect(Hub hub, URI uri) {
    return builder(hub, uri).connect();
  }

  /** The settings of a bridge to be. */
  public static RedisBridgeBuilder builder(Hub hub, URI uri) {
    return new RedisBridgeBuilder(hub, uri);
  }

  /**
   * Publishes to the channel on every node, this one included. Waits for Redis, about two seconds
   * at most.
   *
   * @param event its data is all that Redis carries: it needs data, no id, and the type that the
   *     channel has, see {@link RedisBridgeBuilder#eventTypes}
   * @throws IllegalArgumentException if the event is not such a one, and as {@link
   *     EventPublisher#publish}
   * @throws PublishException if Redis did not confirm; the event may have been published all the
   *     same
   */
  @Override
  public void publish(String channel, SseEvent event) {
    hub.check(channel, event);
    String data = event.data();
    if (data == null) {
      throw new IllegalArgumentException("event without data: Redis carries nothing else");
    }
    if (event.id() != null) {
      throw new IllegalArgumentException(
          "event id \"" + event.id() + "\": a channel without history has no ids");
    }
    String type = eventTypes.apply(channel);
    if (!Objects.equals(event.type(), type)) {
      throw new IllegalArgumentException(
          "event type \"%s\": the events of this channel are of type \"%s\"; set eventTypes for another"
              .formatted(event.type(), type));
    }
    try {
      redis.publish(channel.getBytes(UTF_8), data.getBytes(UTF_8));
    } catch (JedisException e) {
      throw new PublishException("Redis at " + redis + " did not confirm a publish", e);
    }
  }

  /** Whether the subscription stands: if not, events of other nodes don't arrive at present. */
  public boolean isSubscribed() {
    return subscriber.isSubscribed();
  }

  /** Ends the subscription, the threads and all connections. Close the hub first. */
  @Override
  public void close() {
    subscriber.close();
    redis.close();
  }
}
