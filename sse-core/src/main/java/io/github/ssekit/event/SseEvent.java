package io.github.ssekit.event;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One event of an event stream (WHATWG HTML 9.2.6): its type, its data and its id. An immutable
 * value: events of the same type, data and id are equal.
 *
 * <pre>{@code
 * SseEvent plain = SseEvent.of("hello");
 * SseEvent typed = SseEvent.of("chat", "a first line\nand a second");
 * }</pre>
 *
 * <p>The three are normalised when the event is made, so that {@code parse(frame(e)).equals(e)} for
 * every event with data:
 *
 * <ul>
 *   <li>in data, CRLF and CR become LF: an event stream can't tell them apart;
 *   <li>an unpaired surrogate, which UTF-8 can't encode, becomes U+FFFD;
 *   <li>the types {@code "message"} and {@code ""} become null: they are a browser's default.
 * </ul>
 *
 * <p>The types {@code open}, {@code error} and {@code stream-reset} are legal here, since other
 * servers send them, but {@link EventStreamWriter} and hubs refuse to send them. A browser passes
 * the first two to the listeners of {@code EventSource}'s own events; a hub uses the third to tell
 * pages that events are missing.
 */
public final class SseEvent implements Block {
  private static final String STREAM_RESET = "stream-reset";

  // Not a record: a record always runs its checks, and a parsed event needs none.
  private final @Nullable String type;
  private final @Nullable String data;
  private final @Nullable String id;

  /**
   * An event of these fields, checked and normalised.
   *
   * @param type the event type, or null for {@code message}. No CR or LF.
   * @param data the data, or null: then clients take the id and dispatch no event. {@code ""}
   *     differs: clients dispatch an event with empty data.
   * @param id the last event ID that this event sets, or null to leave it as it is. {@code ""}
   *     clears it. No CR, LF or NUL. Use ASCII only: several clients can't send other characters
   *     back when they reconnect.
   * @throws IllegalArgumentException if the type holds CR or LF; if the id holds CR, LF or NUL; if
   *     type, data and id are all null, where the type {@code message} counts as null
   */
  public SseEvent(@Nullable String type, @Nullable String data, @Nullable String id) {
    this(type, data, id, false);
    if (this.type == null && data == null && id == null) {
      throw new IllegalArgumentException("event without type, data and id; give it data");
    }
  }

  private SseEvent(
      @Nullable String type, @Nullable String data, @Nullable String id, boolean checked) {
    this.type = checked || type == null ? type : checkedType(type);
    this.data = checked || data == null ? data : Text.wellFormed(Text.lineFeedsOnly(data));
    this.id = checked || id == null ? id : checkedId(id);
  }

  /** A parsed event: a line has no characters that the public constructor rejects or changes. */
  static SseEvent parsed(@Nullable String type, String data, @Nullable String id) {
    return new SseEvent(type == null || isDefault(type) ? null : type, data, id, true);
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

  /** A block of an id alone: clients take the id and dispatch no event. */
  public static SseEvent idOnly(String id) {
    return new SseEvent(null, null, Objects.requireNonNull(id, "id"));
  }

  /**
   * This event with another id.
   *
   * @throws IllegalArgumentException if the id holds CR, LF or NUL
   */
  public SseEvent withId(String id) {
    return new SseEvent(type, data, checkedId(id), true);
  }

  private static @Nullable String checkedType(String type) {
    Text.reject("event type", type, "\r\n");
    return isDefault(type) ? null : Text.wellFormed(type);
  }

  private static boolean isDefault(String type) {
    return type.isEmpty() || type.equals("message");
  }

  private static String checkedId(String id) {
    Text.reject("event id", Objects.requireNonNull(id, "id"), "\r\n\0");
    return Text.wellFormed(id);
  }

  /** The event type, or null for {@code message}. */
  public @Nullable String type() {
    return type;
  }

  /** The data, or null if clients dispatch no event. */
  public @Nullable String data() {
    return data;
  }

  /** The last event ID that this event sets, or null if it sets none. */
  public @Nullable String id() {
    return id;
  }

  @Override
  public Frame frame() {
    return Frame.of(id, type, data);
  }

  /**
   * Returns this event if a server may send it.
   *
   * @throws IllegalArgumentException if its type is {@code open}, {@code error} or {@code
   *     stream-reset}
   */
  public SseEvent requireSendable() {
    if (STREAM_RESET.equals(type)) {
      throw new IllegalArgumentException(
          "event type \""
              + type
              + "\" is reserved: a hub uses it to tell pages that events are missing; choose another type");
    }
    if ("open".equals(type) || "error".equals(type)) {
      throw new IllegalArgumentException(
          "event type \""
              + type
              + "\" collides with EventSource's own event of that name; choose another type");
    }
    return this;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SseEvent event
        && Objects.equals(type, event.type)
        && Objects.equals(data, event.data)
        && Objects.equals(id, event.id);
  }

  @Override
  public int hashCode() {
    return Objects.hash(type, data, id);
  }

  @Override
  public String toString() {
    return "SseEvent[type=" + type + ", data=" + data + ", id=" + id + "]";
  }
}
