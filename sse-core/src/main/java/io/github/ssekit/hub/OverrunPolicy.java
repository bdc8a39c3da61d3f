package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a connection that is so slow that the log of a channel has left it behind.
 *
 * <p>Slow means: while the client took no bytes, more came in than the log holds, see {@link
 * HubBuilder#maxChannelLog}. Others are not affected by it.
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

  /** The connection goes on with what comes next, and is told so by a {@link StreamReset}. */
  public static OverrunPolicy skip() {
    return SKIP;
  }

  /** The connection is closed, with {@link CloseReason#SLOW}. */
  public static OverrunPolicy close() {
    return CLOSE;
  }

  /**
   * The connection gets, of all that it missed, the newest event of each key, in the order in which
   * they came, and then goes on: for prices, positions, progress. The keys are bounded as the log
   * is, in number and bytes; beyond that it is as {@link #skip}. Not for channels with history:
   * {@link Hub#connect} and {@link Connection#subscribe} then throw IllegalArgumentException.
   *
   * @param keyOf the key of an event, never null: that would be a {@link NullPointerException}.
   *     Called for each event of a channel that is open on this node, on the thread that publishes
   *     or delivers it; a publisher gets what it throws, and an event that came from Redis is
   *     dropped with a warning, of which there is one a minute at most.
   */
  public static OverrunPolicy conflate(Function<? super SseEvent, String> keyOf) {
    return new OverrunPolicy(false, Objects.requireNonNull(keyOf, "keyOf"));
  }
}
