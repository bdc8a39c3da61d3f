package io.github.ssekit.core;

/**
 * The event that tells a page in band that it may have missed events of a channel.
 *
 * <p>Its type is {@value #TYPE}, its data JSON: {@code {"channel":"…","reason":"…"}}, with the
 * reason in the words of {@link Reason}. It has no id.
 *
 * @param channel the channel whose events may be missing
 * @param reason why
 */
public record StreamReset(String channel, Reason reason) {
  /** The event type on the wire. */
  public static final String TYPE = "stream-reset";

  /** Why events may be missing. */
  public enum Reason {
    /** The client was so slow that its place in the channel's log was overwritten. */
    OVERRUN("overrun"),
    /** An event exceeded the hub's size limit. */
    OVERSIZED("oversized"),
    /** The node had lost its source of events and has it back. */
    RECONNECTED("reconnected");

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

  SseEvent event() {
    String escaped = channel.replace("\\", "\\\\").replace("\"", "\\\"");
    return SseEvent.of(TYPE, "{\"channel\":\"" + escaped + "\",\"reason\":\"" + reason + "\"}");
  }
}
