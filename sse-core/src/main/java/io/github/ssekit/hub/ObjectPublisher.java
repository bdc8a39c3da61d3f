package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Publishes objects, which a codec encodes as events. Thread-safe.
 *
 * <pre>{@code
 * ObjectPublisher objects = new ObjectPublisher(hub, codec);
 * objects.publish("orders", "shipped", order);
 * }</pre>
 */
public final class ObjectPublisher {
  private final EventPublisher publisher;
  private final EventCodec codec;

  /**
   * Creates a publisher of objects.
   *
   * @param publisher publishes the events
   */
  public ObjectPublisher(EventPublisher publisher, EventCodec codec) {
    this.publisher = Objects.requireNonNull(publisher, "publisher");
    this.codec = Objects.requireNonNull(codec, "codec");
  }

  /**
   * Publishes an object, as an event of the type that the codec gives it.
   *
   * @return as {@link EventPublisher#publish}
   * @throws IllegalArgumentException as {@link EventPublisher#publish}, or if the codec can't
   *     encode the object
   * @throws PublishException as {@link EventPublisher#publish}
   */
  public @Nullable Position publish(String channel, Object value) {
    Objects.requireNonNull(channel, "channel");
    return publisher.publish(channel, encode(value));
  }

  /**
   * Publishes an object as {@link #publish(String, Object)} does, as an event of this type.
   *
   * @param type the event type, in place of the codec's
   */
  public @Nullable Position publish(String channel, String type, Object value) {
    Objects.requireNonNull(channel, "channel");
    Objects.requireNonNull(type, "type");
    return publisher.publish(channel, new SseEvent(type, encode(value).data(), null));
  }

  private SseEvent encode(Object value) {
    return codec.encode(Objects.requireNonNull(value, "value"));
  }
}
