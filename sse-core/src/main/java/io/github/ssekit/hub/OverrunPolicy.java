package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The treatment of a connection so slow that the log of a channel no longer holds its next event:
 * while the client took no bytes, more events came than the log keeps, see {@link
 * HubBuilder#maxChannelLog}. Other connections are not affected.
 *
 * <pre>{@code
 * Hub hub = Hub.builder()
 *     .overrunPolicies(channel -> channel.startsWith("price:")
 *         ? OverrunPolicy.conflate(event -> "") // the newest alone
 *         : OverrunPolicy.skip())
 *     .create();
 * }</pre>
 */
public final class OverrunPolicy {
  private static final OverrunPolicy SKIP = new OverrunPolicy(false, null);
  private static final OverrunPolicy CLOSE = new OverrunPolicy(true, null);

  final boolean closes;
  final @Nullable Function<? super SseEvent, String> keyOf;

  private OverrunPolicy(boolean closes, @Nullable Function<? super SseEvent, String> keyOf) {
    this.closes = closes;
    this.keyOf = keyOf;
  }

  /** The connection gets a {@link StreamReset} for the missed events, then the next events. */
  public static OverrunPolicy skip() {
    return SKIP;
  }

  /** The hub closes the connection with {@link CloseReason#SLOW}. */
  public static OverrunPolicy close() {
    return CLOSE;
  }

  /**
   * The connection gets the newest event of each key that it missed, in the order in which they
   * came, and then the next events: for prices, locations, progress. The kept events have the same
   * bounds as the log, in number and bytes; a connection that missed an event beyond these bounds
   * skips, as by {@link #skip}. Not for channels with history: {@link Hub#connect} and {@link
   * Connection#subscribe} then throw IllegalArgumentException.
   *
   * @param keyOf returns the key of an event, and must not return null. Called for each event of a
   *     channel that is open on this node, on the thread that publishes or delivers the event. The
   *     publisher gets its exception, or a {@link NullPointerException} if it returns null. An
   *     event that came from Redis is dropped instead, all clients of the channel on this node get
   *     a {@link StreamReset}, and there is at most one warning a minute.
   */
  public static OverrunPolicy conflate(Function<? super SseEvent, String> keyOf) {
    return new OverrunPolicy(false, Objects.requireNonNull(keyOf, "keyOf"));
  }
}
