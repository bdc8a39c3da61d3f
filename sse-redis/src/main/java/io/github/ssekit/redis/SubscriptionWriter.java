package io.github.ssekit.redis;

import static java.lang.System.Logger.Level.DEBUG;

import io.github.ssekit.hub.Position;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends the commands of the subscription, on a thread of its own: SUBSCRIBE, UNSUBSCRIBE, and
 * probes, which carry the {@link Evidence}. So neither the hub's threads nor the reader wait for
 * Redis. Any thread may call it.
 *
 * <p>A probe takes the path of an event: it is published, and heard by the subscription. A
 * subscription that does not hear its own probes is given up, whatever else it hears.
 */
final class SubscriptionWriter implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(SubscriptionWriter.class.getName());
  private static final int PROBE_AGAIN_MILLIS = 500;

  /** How many probes in a row must fail before the log says so. */
  private static final int FAILURES = 2;

  /** How many refused channels are tried again at each tick: each takes a command. */
  private static final int RETRIED = 100;

  private final RedisConnector connector;
  private final BridgeParts parts;
  private final Duration silence;
  private final Supplier<@Nullable SubscribedConnection> current;
  private final Outage refusals;
  private final Survival survival = new Survival(LOG);
  private final AtomicBoolean isProbeRequested = new AtomicBoolean();
  private final ScheduledExecutorService executor =
      new ScheduledThreadPoolExecutor(1, this::thread, new ThreadPoolExecutor.DiscardPolicy());

  private volatile @Nullable Thread thread;

  // Used on the thread.
  /** Probes in a row that could not be sent. */
  private int failedProbes;

  /** Whether a probe is scheduled before the next tick. */
  private boolean willProbeAgain;

  /**
   * @param silence how long a subscription may go without its own probe
   * @param current the subscribed connection, or null
   */
  SubscriptionWriter(
      RedisConnector connector,
      BridgeParts parts,
      Duration silence,
      Supplier<@Nullable SubscribedConnection> current) {
    this.connector = connector;
    this.parts = parts;
    this.silence = silence;
    this.current = current;
    refusals = new Outage(LOG, connector.toString(), "publishing goes on", System::nanoTime);
  }

  /** Begins to send probes, three times per silence. */
  void start() {
    long nanos = silence.dividedBy(3).toNanos();
    Future<?> unused =
        executor.scheduleWithFixedDelay(
            () -> survival.run(this::tick), nanos, nanos, TimeUnit.NANOSECONDS);
  }

  /** Why Redis does not take probes, or null. */
  RedisHealth.@Nullable Problem problem() {
    return refusals.problem();
  }

  boolean isCurrentThread() {
    return Thread.currentThread() == thread;
  }

  private void assertOnThread() {
    assert isCurrentThread() : "not on the thread that writes";
  }

  /** Runs a task on the thread, soon. */
  void execute(Runnable task) {
    executor.execute(() -> survival.run(task));
  }

  /** Subscribes to a channel, or unsubscribes from it: as the hub needs it by then. */
  void update(String channel) {
    execute(
        () -> onConnection(c -> c.commands().update(channel, parts.channels().isOpen(channel))));
  }

  /** Subscribes to channels, and unsubscribes again from channels that were closed meanwhile. */
  void subscribe(Collection<String> channels) {
    execute(
        () ->
            onConnection(
                c -> {
                  c.commands().subscribe(channels);
                  for (String channel : channels) {
                    if (!parts.channels().isOpen(channel)) {
                      c.commands().update(channel, false);
                    }
                  }
                }));
  }

  /** Subscribes to a channel again, unless it was closed. */
  void resubscribe(String channel) {
    execute(
        () -> {
          if (parts.channels().isOpen(channel)) {
            onConnection(c -> c.commands().update(channel, true));
          }
        });
  }

  /** Sends a probe soon; several requests make one. */
  void requestProbe() {
    if (!isProbeRequested.getAndSet(true)) {
      execute(() -> sendProbe(false));
    }
  }

  // On the thread.

  private void tick() {
    SubscribedConnection connection = current.get();
    if (connection != null && System.nanoTime() - connection.lastHeard() > silence.toNanos()) {
      connection.giveUp("it does not hear its own probes");
    }
    parts.channels().refused(RETRIED).forEach(this::resubscribe);
    sendProbe(true);
  }

  /**
   * @param withAudit whether to ask for last ids, too, which costs Redis more
   */
  private void sendProbe(boolean withAudit) {
    isProbeRequested.set(false);
    onConnection(
        connection -> {
          HistoryScripts history = parts.history();
          if (history != null && !connection.isReady()) {
            return;
          }
          try {
            if (history == null) {
              byte[] ping = ControlMessage.ping(connection.nonce());
              connection.answeredBy(
                  parts.commands().publishToScope(parts.scope().control(), ping).run());
            } else {
              attach(connection, history, withAudit ? connection.takeAudit() : List.of());
            }
            failedProbes = 0;
            refusals.ended();
          } catch (RedisFailure e) {
            if (!isRefusal(e, connection)) {
              throw e;
            }
            refusals.failed("publishing refused", Diagnosis.of(e));
            probeWithoutWriting(connection);
          }
        });
  }

  /** Whether the subscribed server refuses writes, and will again. */
  private boolean isRefusal(RedisFailure e, SubscribedConnection connection) {
    return e instanceof RedisFailure.NotPrimary other
        ? connector.isFixed() && other.run().equals(connection.run())
        : Diagnosis.refusal(e) != null;
  }

  /**
   * Sends a probe that writes nothing. If there is no such probe, or Redis refuses it as well,
   * probes the connection only.
   */
  private void probeWithoutWriting(SubscribedConnection connection) {
    HistoryScripts history = parts.history();
    try {
      if (history != null) {
        connection.answeredBy(history.publishClock(connection.nonce()).run());
        return;
      }
    } catch (RedisFailure e) {
      if (!isRefusal(e, connection)) {
        throw e;
      }
    }
    connection.commands().ping();
  }

  private void attach(
      SubscribedConnection connection, HistoryScripts history, List<String> channels) {
    Evidence evidence = parts.evidence();
    connection.seeHeard();
    // Before the probe: a node that hears the probe without the notice knows that the notice was
    // lost.
    parts
        .gaps()
        .due()
        .forEach(
            (channel, gap) -> parts.gaps().sent(channel, gap, history.gap(channel, gap.from())));
    Position lost = evidence.lost();
    CommandPool.Reply<HistoryScripts.Attached> reply =
        history.attach(connection.nonce(), evidence.seen(), lost, channels);
    if (reply.run().equals(connection.run())) {
      connection.probeAnswered(reply.value());
      if (current.get() == connection) {
        // A newer connection may be to another server, which has not been told.
        evidence.lossReported(lost);
      }
    }
    connection.answeredBy(reply.run());
  }

  /** Runs an action on the subscribed connection, if there is one. */
  private void onConnection(Consumer<SubscribedConnection> action) {
    assertOnThread();
    SubscribedConnection connection = current.get();
    if (connection == null) {
      return;
    }
    try {
      action.accept(connection);
    } catch (RedisFailure.NotPrimary e) {
      if (e.run().equals(connection.run())) {
        connection.giveUp(Diagnosis.of(e));
      } else {
        // The subscription may be to the primary: a Sentinel was behind.
        probeAgain();
      }
    } catch (RedisFailure e) {
      // This proves nothing about the subscription: the probes that it hears do.
      LOG.log(DEBUG, "Redis at {0} did not take a command: {1}", connector, Diagnosis.of(e));
      if (++failedProbes >= FAILURES) {
        refusals.failed("publishing fails", Diagnosis.of(e));
      }
      parts.commands().reconnect();
      // Another connection may find the primary elsewhere.
      probeAgain();
    }
  }

  private void probeAgain() {
    if (!willProbeAgain) {
      Future<?> unused =
          executor.schedule(
              () -> {
                willProbeAgain = false;
                requestProbe();
              },
              PROBE_AGAIN_MILLIS,
              TimeUnit.MILLISECONDS);
      willProbeAgain = true;
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }

  private Thread thread(Runnable task) {
    Thread made = BackgroundThread.daemon(task, "sse-redis-writer");
    thread = made;
    return made;
  }
}
