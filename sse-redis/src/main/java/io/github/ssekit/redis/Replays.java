package io.github.ssekit.redis;

import static java.lang.System.Logger.Level.DEBUG;

import io.github.ssekit.hub.Replay;
import io.github.ssekit.hub.Start;
import io.github.ssekit.hub.Upstream.ReplaySink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The replays that clients of this node ask for. Clients that ask for the same replay share one
 * read of Redis, and only a few reads run at a time, however many clients come at once.
 *
 * <p>A page stays true, so it is kept for a moment for the next clients, within a limit in bytes;
 * the hub limits the pages that clients hold. A page without a waiting client is not read. A read
 * that fails is repeated until Redis answers, while its clients stay connected.
 */
final class Replays implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Replays.class.getName());
  private static final int THREADS = 2;
  private static final long RETRY_MILLIS = 100;
  private static final long KEEP_NANOS = Duration.ofSeconds(2).toNanos();
  private static final long KEEP_BYTES = 8 << 20;

  /**
   * A page that was read.
   *
   * @param at the time of the read, by nanoTime
   */
  private record Answer(Replay replay, long at) {}

  private final Function<Map<String, Start>, Replay> source;
  private final ScheduledThreadPoolExecutor threads =
      new ScheduledThreadPoolExecutor(
          THREADS,
          task -> BackgroundThread.daemon(task, "sse-redis-replay"),
          new ThreadPoolExecutor.DiscardPolicy());

  private final Object lock = new Object();

  // Guarded by the lock.

  /** The clients that wait for each page, by where its channels start. */
  private final Map<Map<String, Start>, List<ReplaySink>> waiting = new HashMap<>();

  /** The pages that are kept, oldest first. */
  private final Map<Map<String, Start>, Answer> answers = new LinkedHashMap<>();

  private long keptBytes;
  private final Survival survival = new Survival(LOG);

  /**
   * @param source reads a page; throws if it can't
   */
  Replays(Function<Map<String, Start>, Replay> source) {
    this.source = source;
  }

  /** See {@link io.github.ssekit.hub.Upstream#replay}. */
  void replay(Map<String, Start> starts, ReplaySink sink) {
    synchronized (lock) {
      expire();
      Answer answer = answers.get(starts);
      if (answer != null) {
        threads.execute(() -> survival.run(() -> sink.accept(answer.replay())));
        return;
      }
      List<ReplaySink> sinks = waiting.get(starts);
      if (sinks == null) {
        sinks = new ArrayList<>();
        waiting.put(starts, sinks);
        threads.execute(() -> answer(starts));
      }
      sinks.add(sink);
    }
  }

  /** Reads the page, and gives it to all waiting clients; tries again later if that fails. */
  private void answer(Map<String, Start> starts) {
    if (isForNobody(starts)) {
      return;
    }
    Replay replay;
    try {
      replay = source.apply(starts);
    } catch (Throwable e) {
      LOG.log(DEBUG, "History could not be read; the read is repeated: {0}", Diagnosis.of(e));
      if (!(e instanceof RedisFailure.Disconnected || e instanceof RedisFailure.NotPrimary)) {
        // Not an outage of Redis, which is logged elsewhere: perhaps this read never succeeds.
        survival.survived(e);
      }
      Future<?> unused =
          threads.schedule(() -> answer(starts), RETRY_MILLIS, TimeUnit.MILLISECONDS);
      return;
    }
    List<ReplaySink> sinks;
    synchronized (lock) {
      sinks = Objects.requireNonNull(waiting.remove(starts));
      answers.put(starts, new Answer(replay, System.nanoTime()));
      keptBytes += replay.length();
      expire();
    }
    sinks.forEach(sink -> survival.run(() -> sink.accept(replay)));
    Future<?> unused = threads.schedule(this::expireAll, KEEP_NANOS, TimeUnit.NANOSECONDS);
  }

  /** Forgets a read if all its clients have left. Returns whether they have. */
  private boolean isForNobody(Map<String, Start> starts) {
    synchronized (lock) {
      List<ReplaySink> sinks = Objects.requireNonNull(waiting.get(starts));
      sinks.removeIf(sink -> !sink.isWanted());
      if (sinks.isEmpty()) {
        waiting.remove(starts);
      }
      return sinks.isEmpty();
    }
  }

  private void expireAll() {
    synchronized (lock) {
      expire();
    }
  }

  /** Forgets old pages, and the oldest ones if all together are too large. */
  private void expire() {
    long now = System.nanoTime();
    Iterator<Answer> oldest = answers.values().iterator();
    while (oldest.hasNext()) {
      Answer answer = oldest.next();
      if (now - answer.at() < KEEP_NANOS && keptBytes <= KEEP_BYTES) {
        return;
      }
      keptBytes -= answer.replay().length();
      oldest.remove();
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
