package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;

/**
 * Encodes an application's object as an event, for {@link ObjectPublisher}: the event's data, and
 * its type if the codec knows one. Must be thread-safe.
 *
 * <pre>{@code
 * EventCodec json = value -> {
 *   try {
 *     return SseEvent.of(mapper.writeValueAsString(value));
 *   } catch (JsonProcessingException e) {
 *     throw new IllegalArgumentException(e);
 *   }
 * };
 * }</pre>
 */
@FunctionalInterface
public interface EventCodec {
  /**
   * Returns the event for an object, without an id.
   *
   * @throws IllegalArgumentException if the codec can't encode the object
   */
  SseEvent encode(Object value);
}
