package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The event that tells a client, on its own stream, that it may have missed events. See {@link
 * HubObserver#reset}.
 *
 * <p>Its type is {@value #TYPE}, its data is JSON:
 *
 * <pre>
 * {"channel":"room:42","reason":"trimmed","from":"1764000000000-0","to":"1764000300000-2"}
 * </pre>
 *
 * @param channel the channel whose events may be missing; null, and {@code null} in JSON, for all
 *     channels with history of the connection
 * @param reason the reason, in JSON as {@link Reason#toString} returns it
 * @param from events may be missing after this position; null, and absent in JSON, if unknown
 * @param to events may be missing up to this position; null, and absent in JSON, if unknown
 */
public record StreamReset(
    @Nullable String channel, Reason reason, @Nullable Position from, @Nullable Position to) {
  /** The event type on the wire. */
  public static final String TYPE = "stream-reset";

  /** The reasons why events may be missing. */
  public enum Reason {
    /**
     * The client was so slow that its next event was trimmed from the channel's log; or the
     * connection {@linkplain Connection#subscribe subscribed to} the channel while the client
     * caught up, and catching up carried the client's last event ID past an event of the channel.
     */
    OVERRUN("overrun"),
    /** An event exceeded the hub's size limit. */
    OVERSIZED("oversized"),
    /** The node lost its source of events for a time; only for channels without history. */
    RECONNECTED("reconnected"),
    /** History does not reach back to the client's last event ID any more. */
    TRIMMED("trimmed"),
    /** Events were lost between Redis and this node, or with the history itself. */
    LOST("lost"),
    /** Redis came back without its latest events. */
    REWOUND("rewound"),
    /** The client's last event ID isn't a position, lies in the future, or is {@code 0-0}. */
    UNKNOWN_ID("unknown-id");

    private final String word;

    Reason(String word) {
      this.word = word;
    }

    /** The reason as it stands in the data. */
    @Override
    public String toString() {
      return word;
    }
  }

  /** Checks that the reason is not null. */
  public StreamReset {
    Objects.requireNonNull(reason, "reason");
  }

  /** A reset without positions. */
  public StreamReset(@Nullable String channel, Reason reason) {
    this(channel, reason, null, null);
  }

  /** The event, without an id. */
  SseEvent event() {
    StringBuilder json = new StringBuilder("{\"channel\":");
    if (channel == null) {
      json.append("null");
    } else {
      json.append('"').append(channel.replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
    }
    json.append(",\"reason\":\"").append(reason).append('"');
    if (from != null) {
      json.append(",\"from\":\"").append(from).append('"');
    }
    if (to != null) {
      json.append(",\"to\":\"").append(to).append('"');
    }
    return SseEvent.of(TYPE, json.append('}').toString());
  }
}
