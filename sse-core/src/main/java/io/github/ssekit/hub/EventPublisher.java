package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;
import org.jspecify.annotations.Nullable;

/**
 * Publishes an application's events: a {@link Hub} to the clients of one node, a bridge to the
 * clients of several. Thread-safe.
 *
 * <pre>{@code
 * record Parcels(EventPublisher publisher) {
 *   void ship(String customer, long parcel) {
 *     publisher.publish("parcels:" + customer, SseEvent.of("shipped " + parcel));
 *   }
 * }
 * }</pre>
 *
 * <p>Publishing never waits for a client; a bridge may wait for its broker, for a bounded time.
 */
public interface EventPublisher {
  /**
   * Publishes an event to all clients that are subscribed to the channel.
   *
   * @param channel 1 to {@value Hub#MAX_CHANNEL_LENGTH} characters, no control characters, no
   *     unpaired surrogates
   * @return the position of the event, which is its id; null if the channel has no history
   * @throws IllegalArgumentException if the channel's name is not as above, if the event's type is
   *     {@code open}, {@code error} or {@code stream-reset}, or if the event is larger than the
   *     hub's limit
   * @throws PublishException if the event could not be handed to the broker, or if the outcome is
   *     unknown
   */
  @Nullable Position publish(String channel, SseEvent event);
}
