package io.github.ssekit.redis;

import static java.lang.System.Logger.Level.DEBUG;

import io.github.ssekit.hub.Replay;
import io.github.ssekit.hub.Start;
import io.github.ssekit.hub.Upstream.ReplaySink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The replays that clients of this node ask for: clients that ask for the same share one read of
 * Redis, and a few reads at a time run, however many clients come at once.
 *
 * <p>A page stays true, so it is kept for a moment for the next clients, within a bound in bytes;
 * the hub bounds the pages that clients hold besides. A page without a waiting client is not read.
 * A read that fails is repeated until Redis answers, while its clients stay connected.
 */
final class Replays implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Replays.class.getName());
  private static final int THREADS = 2;
  private static final long RETRY_MILLIS = 100;
  private static final long KEEP_NANOS = Duration.ofSeconds(2).toNanos();
  private static final long KEEP_BYTES = 8 << 20;

  /** One read: its waiting clients, then its answer. Guarded by the map. */
  private static final class Read {
    private final List<ReplaySink> sinks = new ArrayList<>();
    private @Nullable Replay answer;
    private long answered;
  }

  private final Function<Map<String, Start>, Replay> source;
  private final ScheduledThreadPoolExecutor threads =
      new ScheduledThreadPoolExecutor(
          THREADS,
          task -> BackgroundThread.daemon(task, "sse-redis-replay"),
          new ThreadPoolExecutor.DiscardPolicy());

  /**
   * By where each channel starts, in the order in which they were asked. Guarded by itself, as
   * {@link #keptBytes} is.
   */
  private final Map<Map<String, Start>, Read> reads = new LinkedHashMap<>();

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
    synchronized (reads) {
      expire();
      Read read = reads.get(starts);
      if (read == null) {
        read = new Read();
        reads.put(starts, read);
        Read begun = read;
        threads.execute(() -> answer(starts, begun));
      }
      Replay answer = read.answer;
      if (answer == null) {
        read.sinks.add(sink);
      } else {
        threads.execute(() -> survival.run(() -> sink.accept(answer)));
      }
    }
  }

  /** Reads the page, and gives it to all that wait for it; tries again later if that fails. */
  private void answer(Map<String, Start> starts, Read read) {
    if (isForNobody(starts, read)) {
      return;
    }
    Replay answer;
    try {
      answer = source.apply(starts);
    } catch (Throwable e) {
      LOG.log(DEBUG, "History could not be read; the read is repeated: {0}", Diagnosis.of(e));
      if (!(e instanceof RedisFailure.Disconnected || e instanceof RedisFailure.NotPrimary)) {
        // Not a Redis that is away, which others report: perhaps this read never succeeds.
        survival.survived(e);
      }
      Future<?> unused =
          threads.schedule(() -> answer(starts, read), RETRY_MILLIS, TimeUnit.MILLISECONDS);
      return;
    }
    List<ReplaySink> sinks;
    synchronized (reads) {
      read.answer = answer;
      read.answered = System.nanoTime();
      keptBytes += answer.length();
      sinks = List.copyOf(read.sinks);
      read.sinks.clear();
      expire();
    }
    sinks.forEach(sink -> survival.run(() -> sink.accept(answer)));
    Future<?> unused = threads.schedule(this::expireAll, KEEP_NANOS, TimeUnit.NANOSECONDS);
  }

  /** Forgets a read if all its clients have left. Returns whether they have. */
  private boolean isForNobody(Map<String, Start> starts, Read read) {
    synchronized (reads) {
      read.sinks.removeIf(sink -> !sink.isWanted());
      if (read.sinks.isEmpty()) {
        reads.remove(starts);
      }
      return read.sinks.isEmpty();
    }
  }

  private void expireAll() {
    synchronized (reads) {
      expire();
    }
  }

  /** Forgets answers that are old, or too many. */
  private void expire() {
    long now = System.nanoTime();
    Iterator<Read> oldest = reads.values().iterator();
    while (oldest.hasNext()) {
      Read read = oldest.next();
      Replay answer = read.answer;
      if (answer != null && (now - read.answered >= KEEP_NANOS || keptBytes > KEEP_BYTES)) {
        keptBytes -= answer.length();
        oldest.remove();
      }
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
