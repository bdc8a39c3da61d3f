package io.github.ssekit.core;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One event of an event stream (WHATWG HTML 9.2.6): its type, its data and its id.
 *
 * <p>The three are normalised when the event is made, so that {@code parse(frame(e))} equals {@code
 * e} for every event with data (ids compared as the last event ID that results):
 *
 * <ul>
 *   <li>in data, CRLF and CR become LF: an event stream can't tell them apart;
 *   <li>an unpaired surrogate, which UTF-8 can't encode, becomes U+FFFD;
 *   <li>the types {@code "message"} and {@code ""} become null: they are what a browser assumes.
 * </ul>
 *
 * <p>The types {@code open}, {@code error} and {@code stream-reset} are legal here, since other
 * servers send them, but hubs and writers refuse them: in a browser they would reach the listeners
 * of {@code EventSource}'s own events.
 *
 * @param type the event type, or null for {@code message}. No CR or LF.
 * @param data the data, or null: then the event sets the last event ID, and no event fires. {@code
 *     ""} differs: an event with empty data fires.
 * @param id the last event ID that this event sets, or null to leave it as it is. {@code ""} clears
 *     it. No CR, LF or NUL. Keep to ASCII: several clients can't reconnect otherwise.
 */
public record SseEvent(@Nullable String type, @Nullable String data, @Nullable String id)
    implements Block {

  /**
   * Checks and normalises.
   *
   * @throws IllegalArgumentException if the type holds CR or LF; if the id holds CR, LF or NUL; if
   *     type, data and id are all null, where the type {@code message} counts as null
   */
  public SseEvent {
    if (type != null) {
      Text.reject("event type", type, "\r\n");
      type = type.isEmpty() || type.equals("message") ? null : Text.wellFormed(type);
    }
    if (data != null) {
      data = Text.wellFormed(Text.lineFeedsOnly(data));
    }
    if (id != null) {
      Text.reject("event id", id, "\r\n\0");
      id = Text.wellFormed(id);
    }
    if (type == null && data == null && id == null) {
      throw new IllegalArgumentException("event without type, data and id; give it data");
    }
  }

  /** An event of type {@code message}. */
  public static SseEvent of(String data) {
    return new SseEvent(null, Objects.requireNonNull(data, "data"), null);
  }

  /** An event of the given type. */
  public static SseEvent of(String type, String data) {
    return new SseEvent(
        Objects.requireNonNull(type, "type"), Objects.requireNonNull(data, "data"), null);
  }

  /** The block of only an id: it sets the client's last event ID and fires nothing. */
  public static SseEvent idOnly(String id) {
    return new SseEvent(null, null, Objects.requireNonNull(id, "id"));
  }

  /** This event with another id. */
  public SseEvent withId(String id) {
    return new SseEvent(type, data, Objects.requireNonNull(id, "id"));
  }

  @Override
  public Frame frame() {
    return Frame.of(id, type, data);
  }

  /**
   * This event, if a server may send it.
   *
   * @throws IllegalArgumentException if its type is {@code open}, {@code error} or {@value
   *     StreamReset#TYPE}
   */
  SseEvent sendable() {
    if (StreamReset.TYPE.equals(type)) {
      throw new IllegalArgumentException(
          "event type \""
              + type
              + "\" is the hub's own, by which it tells pages that events are missing; choose another type");
    }
    if ("open".equals(type) || "error".equals(type)) {
      throw new IllegalArgumentException(
          "event type \""
              + type
              + "\" collides with EventSource's own event of that name; choose another type");
    }
    return this;
  }
}
