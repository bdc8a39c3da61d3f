package io.github.ssekit.hub;

import static java.lang.System.Logger.Level.WARNING;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The work of a hub at each tick of its timer: gives the loops the time, for heartbeats and
 * deadlines, closes channels without subscriptions, reports to the observer, and evaluates {@link
 * HubBuilder#closeWhen}.
 */
final class PeriodicWork implements Runnable {
  /** Named after the class that applications know. */
  private static final System.Logger LOG = System.getLogger(Hub.class.getName());

  private final HubSettings settings;
  private final DeliveryLoops loops;
  private final Channels channels;
  private final Resumes resumes;
  private final @Nullable Observation observation;
  private final @Nullable CloseIf closeWhen;
  private final LongSupplier nanoTime;
  private final RareLine failures;

  /** The hub's lock. */
  private final ReentrantLock lock;

  PeriodicWork(
      HubSettings settings,
      DeliveryLoops loops,
      Channels channels,
      Resumes resumes,
      @Nullable Observation observation,
      @Nullable CloseIf closeWhen,
      ReentrantLock lock,
      LongSupplier nanoTime) {
    this.settings = settings;
    this.loops = loops;
    this.channels = channels;
    this.resumes = resumes;
    this.observation = observation;
    this.closeWhen = closeWhen;
    this.lock = lock;
    this.nanoTime = nanoTime;
    this.failures = new RareLine(LOG, nanoTime);
  }

  @Override
  public void run() {
    long now = nanoTime.getAsLong();
    tickLoops(now);
    closeEmptyChannels(now);
    if (observation != null) {
      // One call reports the totals of the loops so far; their next totals belong to the next tick.
      observation.tick();
      loops.execute(DeliveryLoop::report);
    }
    if (closeWhen != null) {
      closeWhen.pass();
    }
  }

  private void tickLoops(long now) {
    // Read before the loops get the tick: by then they know of all events up to this position.
    Position position = resumes.position();
    Tick tick =
        new Tick(
            now,
            settings.clock().millis(),
            position == null ? Outgoing.COMMENT : position.block().frame().toByteArray(),
            settings.heartbeat(),
            settings.stuckWriteDeadline(),
            settings.maxLifetime());
    loops.execute(loop -> loop.tick(tick));
  }

  private void closeEmptyChannels(long now) {
    Throwable thrown = null;
    lock.lock();
    try {
      channels.closeEmpty(now);
    } catch (Throwable e) {
      // The upstream threw it; the rest of the tick does not depend on this.
      thrown = e;
    } finally {
      lock.unlock();
    }
    if (thrown != null) {
      failures.log(
          WARNING, "A channel that nobody listens to could not be unsubscribed from", thrown);
    }
  }

  /** Reports the writes since the last tick: the last report of a hub that closes. */
  void reportLast() {
    if (observation != null) {
      loops.execute(
          loop -> {
            loop.report();
            observation.tick();
          });
    }
  }
}
