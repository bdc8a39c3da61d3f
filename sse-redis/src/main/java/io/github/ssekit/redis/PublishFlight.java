package io.github.ssekit.redis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One use of a connection by a {@link PublishPipeline}: sends the waiting publishes and takes the
 * replies, until no publish waits any more. Used by the pipeline's thread.
 *
 * <p>The first publish goes alone, as it would without a pipeline: it shows whether the connection
 * works, and Redis learns its script. Then publishes are sent until {@link #WINDOW_BYTES} are under
 * way, and more once half of them are answered. A publish whose script Redis has not learnt begins
 * another flight.
 *
 * <p>A publish that no server can have run is sent once more, by the next flight: it was not sent
 * completely, or the server is not the primary any more, or has forgotten the script. A publish
 * that was sent and got no answer fails. A later publish of the same thread may have been accepted
 * after an earlier one was refused: sending the earlier one once more would then change the order,
 * so a background publish fails. A thread that waits for its publish has no later one.
 */
final class PublishFlight {
  /** The most bytes under way: a kernel takes these without waiting for the other end to read. */
  private static final int WINDOW_BYTES = 128 << 10;

  private static final long ANSWER_NANOS = 2_000_000_000L;

  /** How many futures are completed at a time: each time costs a thread's wake-up. */
  private static final int SETTLED = 64;

  private final PublishPipeline pipeline;
  private final RedisConnection connection;

  /** Publishes that were sent and not answered, in this order. */
  private final Deque<Sent> sent = new ArrayDeque<>();

  private int sentBytes;

  /** Publishes to send once more, in this order, and why. */
  private final List<Again> again = new ArrayList<>();

  /** Publishes whose outcome is known, and whose futures are not completed yet. */
  private List<Publishing<?>> settled = new ArrayList<>();

  private RedisFailure.@Nullable NotPrimary notPrimary;

  private record Sent(Publishing<?> publishing, long nanos) {}

  private record Again(Publishing<?> publishing, RedisFailure why) {}

  PublishFlight(PublishPipeline pipeline, RedisConnection connection) {
    this.pipeline = pipeline;
    this.connection = connection;
  }

  /**
   * @throws RedisFailure if the connection can't be used any more: the publishes concerned have
   *     failed by then, or were put back
   */
  void run() {
    try {
      sendAlone();
      while (again.isEmpty() && sendWaiting()) {
        receive(sent.size() / 2);
      }
      receive(0);
    } catch (Throwable e) {
      for (Sent each : sent) {
        failOvertaken(each.publishing());
        fail(each.publishing(), e);
      }
      throw e;
    } finally {
      settle();
      pipeline.putBack(again.stream().<Publishing<?>>map(Again::publishing).toList());
    }
    if (notPrimary != null) {
      throw notPrimary;
    }
  }

  private void sendAlone() {
    for (Publishing<?> only : pipeline.take(1, any -> true)) {
      try {
        confirm(only, only.publication().call(connection));
      } catch (RedisFailure.Refused e) {
        refused(only, e);
      } catch (RedisFailure.Disconnected e) {
        if (connection.isUnsent()) {
          sendAgain(only, new RedisFailure.Unsent(e));
        } else {
          fail(only, e);
        }
        throw e;
      } catch (Throwable e) {
        fail(only, e);
        throw e;
      }
    }
    settle();
  }

  /** Sends waiting publishes. Returns whether any are under way. */
  private boolean sendWaiting() {
    List<Publishing<?>> batch =
        sentBytes < WINDOW_BYTES
            ? pipeline.take(WINDOW_BYTES - sentBytes, next -> next.isAppendable(connection))
            : List.of();
    int i = 0;
    try {
      long now = System.nanoTime();
      for (; i < batch.size(); i++) {
        batch.get(i).publication().append(connection);
        if (i == batch.size() - 1) {
          connection.flush();
        }
        sent.add(new Sent(batch.get(i), now));
        sentBytes += batch.get(i).bytes();
      }
    } catch (RedisFailure.Disconnected e) {
      if (!connection.isUnsent()) {
        // The whole batch was written, but its time limit has passed: the last may have arrived.
        sent.add(new Sent(batch.get(i++), System.nanoTime()));
      }
      RedisFailure unsent = new RedisFailure.Unsent(e);
      batch.subList(i, batch.size()).forEach(each -> sendAgain(each, unsent));
      throw e;
    } catch (Throwable e) {
      batch.subList(i, batch.size()).forEach(each -> fail(each, e));
      throw e;
    }
    return !sent.isEmpty();
  }

  /** Takes replies until no more than {@code due} are outstanding. */
  private void receive(int due) {
    while (sent.size() > due) {
      Sent oldest = sent.element();
      if (System.nanoTime() - oldest.nanos() > ANSWER_NANOS) {
        throw new RedisFailure.Disconnected(new TimeoutException());
      }
      receiveFor(oldest.publishing());
      if (settled.size() >= SETTLED) {
        settle();
      }
    }
    settle();
  }

  private void receiveFor(Publishing<?> oldest) {
    try {
      confirm(oldest, connection.next());
    } catch (RedisFailure.Refused e) {
      refused(oldest, e);
    }
    sent.remove();
    sentBytes -= oldest.bytes();
  }

  private void confirm(Publishing<?> publishing, Object reply) {
    try {
      publishing.confirm(connection.run(), reply);
    } catch (RedisFailure e) {
      throw e;
    } catch (RuntimeException e) {
      // An unreadable reply concerns this publish only: the connection is in step.
      publishing.fail(e);
    }
    failOvertaken(publishing);
    settled.add(publishing);
  }

  /**
   * Fails the refused background publishes that a later one has overtaken: the later one may be
   * stored.
   */
  private void failOvertaken(Publishing<?> later) {
    for (Iterator<Again> each = again.iterator(); each.hasNext(); ) {
      Again overtaken = each.next();
      if (!(overtaken.why() instanceof RedisFailure.Unsent)
          && overtaken.publishing().isInBackground()
          && overtaken.publishing().isOfSameThread(later)) {
        each.remove();
        fail(overtaken.publishing(), overtaken.why());
      }
    }
  }

  private void refused(Publishing<?> publishing, RedisFailure.Refused refusal) {
    RedisFailure.Refused judged = CommandPool.judged(connection, refusal);
    if (judged instanceof RedisFailure.NotPrimary e) {
      notPrimary = e;
      sendAgain(publishing, e);
    } else if (judged.is("NOSCRIPT")) {
      connection.forgotScripts();
      // As often as it takes: the first publish of each flight sends its script.
      again.add(new Again(publishing, judged));
    } else {
      fail(publishing, judged);
    }
  }

  private void sendAgain(Publishing<?> publishing, RedisFailure why) {
    if (publishing.tryAgain()) {
      again.add(new Again(publishing, why));
    } else {
      fail(publishing, why);
    }
  }

  private void fail(Publishing<?> publishing, Throwable why) {
    publishing.fail(why);
    settled.add(publishing);
  }

  private void settle() {
    pipeline.settled(settled);
    settled = new ArrayList<>();
  }
}
