package io.github.ssekit.redis;

import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.Replay;
import io.github.ssekit.hub.Start;
import io.github.ssekit.hub.Upstream;
import io.github.ssekit.redis.RedisHealth.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The subscription of a node: keeps a connection to Redis subscribed to the channels that are open
 * in the hub. A thread of its own, the reader, connects, reads, and connects again when the
 * connection breaks; the second thread is that of the {@link SubscriptionWriter}.
 */
final class RedisSubscriber
    implements Upstream, SubscribedConnection.Owner, PublishScript.Witness, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(RedisSubscriber.class.getName());
  private static final long FIRST_CONNECT_SECONDS = 4;
  private static final int MAX_BACKOFF_MILLIS = 1000;

  private final RedisConnector connector;
  private final BridgeParts parts;
  private final Duration silence;
  private final SubscriptionWriter writer;
  private final Replays replays = new Replays(this::readPage);
  private final Thread reader = new Thread(this::run, "sse-redis-reader");
  private final ProtocolMemory memory = new ProtocolMemory();
  private final CompletableFuture<Void> firstConnection = new CompletableFuture<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Survival survival = new Survival(LOG);
  private final Outage deafness;
  private final Outage refusedChannels;

  /** Whether {@code connect} throws if Redis is away: the first failure is then not logged. */
  private volatile boolean required = true;

  /** The connection while it is subscribed. Written by the reader. */
  private volatile @Nullable SubscribedConnection current;

  /** Whether there has been a subscription. Used by the reader. */
  private boolean hasStood;

  /**
   * @param silence how long a subscription may go without its own probe
   */
  RedisSubscriber(RedisConnector connector, BridgeParts parts, Duration silence) {
    this.connector = connector;
    this.parts = parts;
    this.silence = silence;
    writer = new SubscriptionWriter(connector, parts, silence, () -> current);
    deafness = new Outage(LOG, connector.toString(), "subscribed again", System::nanoTime);
    refusedChannels =
        new Outage(LOG, connector.toString(), "subscribed to all channels", System::nanoTime);
    reader.setDaemon(true);
  }

  /**
   * Connects for the first time, and waits for it.
   *
   * @param required whether to throw if that fails: otherwise the reader tries until Redis is there
   */
  void start(boolean required) {
    this.required = required;
    reader.start();
    try {
      awaitFirstConnection();
    } catch (RedisUnavailableException e) {
      if (required) {
        throw e;
      }
    }
    writer.start();
  }

  private void awaitFirstConnection() {
    try {
      firstConnection.get(FIRST_CONNECT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw unavailable(e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      throw unavailable(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unavailable(e);
    }
  }

  private RedisUnavailableException unavailable(Throwable cause) {
    return new RedisUnavailableException(
        "Redis at " + connector + " is not available: " + diagnosis(cause), cause);
  }

  /**
   * Returns why connecting failed. If Redis has answered nothing, perhaps only one side speaks TLS:
   * then this makes one more connection, to find out.
   */
  private String diagnosis(Throwable failure) {
    String advice = Diagnosis.refusal(failure) == null ? connector.tlsAdvice(failure) : null;
    return Diagnosis.of(failure) + (advice == null ? "" : "; " + advice);
  }

  // Asked by any thread.

  RedisHealth health() {
    return new RedisHealth(whyDeaf(), writer.problem(), sinceProbe());
  }

  private @Nullable Problem whyDeaf() {
    if (closed.getCount() == 0) {
      return new Problem("the bridge is closed", Instant.now());
    }
    if (!reader.isAlive()) {
      return new Problem("the thread that reads from Redis has ended", Instant.now());
    }
    Problem outage = deafness.problem();
    Duration since = sinceProbe();
    if (outage != null || (since != null && since.compareTo(silence) <= 0)) {
      return outage;
    }
    return since == null
        ? new Problem("not subscribed yet", Instant.now())
        : new Problem("the subscription does not hear its own probes", Instant.now().minus(since));
  }

  /** Whether a subscription stands, attached or not. */
  boolean isSubscribed() {
    return current != null;
  }

  private @Nullable Duration sinceProbe() {
    SubscribedConnection connection = attachedConnection();
    return connection == null ? null : Duration.ofNanos(System.nanoTime() - connection.lastHeard());
  }

  private @Nullable SubscribedConnection attachedConnection() {
    SubscribedConnection connection = current;
    return connection == null || !connection.isAttached() ? null : connection;
  }

  /** Returns the channels that are open in the hub and match. */
  List<String> open(Predicate<String> some) {
    return parts.channels().open(some);
  }

  /** Redis has stored an event of this node, on a run. */
  @Override
  public void published(String run, PublishScript.Stored stored) {
    if (stored.onRun()) {
      parts.evidence().see(run, stored.position());
    }
    SubscribedConnection connection = current;
    if (connection != null) {
      connection.answeredBy(run);
    }
  }

  @Override
  public @Nullable Position position() {
    return parts.feed().position();
  }

  @Override
  public @Nullable Position seenOn(String run) {
    SubscribedConnection connection = current;
    if (connection != null) {
      connection.seeHeard();
    }
    return parts.evidence().seenOn(run);
  }

  // Called by the hub.

  @Override
  public boolean hasHistory(String channel) {
    return parts.scope().hasHistory(channel);
  }

  @Override
  public boolean givesIds() {
    return parts.history() != null;
  }

  @Override
  public void channelOpened(String channel) {
    parts.channels().open(channel);
    // Even if the channel is still subscribed to: its clients wait for the acknowledgement.
    writer.update(channel);
  }

  @Override
  public void channelClosed(String channel) {
    boolean wasLastRefused = parts.channels().close(channel);
    writer.update(channel);
    if (wasLastRefused) {
      writer.execute(refusedChannels::ended);
    }
  }

  @Override
  public Start start(String channel) {
    return parts.newcomers().apply(channel);
  }

  @Override
  public void replay(Map<String, Start> starts, ReplaySink sink) {
    replays.replay(starts, sink);
  }

  private Replay readPage(Map<String, Start> starts) {
    SubscribedConnection connection = attachedConnection();
    if (connection == null) {
      throw new RedisFailure.Disconnected("Redis is not subscribed to at present");
    }
    Page page = connection.page(starts);
    Position delivered = parts.feed().position();
    if (delivered == null || page.upTo().isAfter(delivered)) {
      // The client waits until this node has heard everything in the page.
      writer.requestProbe();
    }
    return parts.fold().of(page).toReplay(parts.feed().maxEventBytes());
  }

  // On the reader.

  private void run() {
    int failures = 0;
    while (closed.getCount() > 0) {
      SubscribedConnection last = null;
      try (RedisConnection connection = connector.connect()) {
        last =
            new SubscribedConnection(
                this, connection, connector.isSharded(), parts, memory, writer::isCurrentThread);
        if (!firstConnection.isDone()) {
          // Later, a node makes do with the rights that it has.
          connector.checkRights(connection, parts.scope());
        }
        last.read();
      } catch (Throwable e) {
        SubscribedConnection ended = last;
        survival.run(() -> logEnd(ended, e));
      }
      survival.run(this::unsubscribed);
      // A connection that subscribed but never attached counts as a failure, too.
      failures = last != null && last.isAttached() ? 0 : failures + 1;
      pause(failures);
    }
  }

  private void unsubscribed() {
    SubscribedConnection ended = current;
    if (ended != null) {
      ended.seeHeard();
    }
    current = null;
    parts.channels().unsubscribed();
  }

  @Override
  public Set<String> subscribed(SubscribedConnection connection) {
    // First: from here on the writer subscribes to any channel that is opened.
    current = connection;
    hasStood = true;
    if (closed.getCount() == 0) {
      // Closed while this connected: the close has found no connection to end.
      connection.disconnect();
    }
    Set<String> all = parts.channels().subscribed();
    // After that: clients that connect once the bridge is made must not get a reset.
    firstConnection.complete(null);
    writer.subscribe(all);
    return all;
  }

  @Override
  public void eventsArrive() {
    deafness.ended();
  }

  @Override
  public void requestProbe() {
    writer.requestProbe();
  }

  @Override
  public void resubscribe(String channel) {
    writer.resubscribe(channel);
  }

  @Override
  public void refused(String channel, String why) {
    refusedChannels.failed(
        "channel \"" + Diagnosis.clean(channel) + "\" can't be subscribed to", why);
  }

  @Override
  public void accepted(String channel) {
    if (parts.channels().accepted(channel)) {
      refusedChannels.ended();
    }
  }

  /** A connection has ended, or could not be made. */
  private void logEnd(@Nullable SubscribedConnection connection, Throwable e) {
    boolean first = firstConnection.completeExceptionally(e);
    if (required && (first || firstConnection.isCompletedExceptionally())) {
      // The caller of connect gets the exception.
      return;
    }
    if (closed.getCount() == 0) {
      return;
    }
    if (e instanceof Error) {
      survival.survived(e);
    }
    String givenUp = connection == null ? null : connection.givenUp();
    boolean stood = connection != null && connection.isAttached();
    deafness.failed(
        stood ? "the subscription broke" : "subscribing failed",
        givenUp == null ? hasStood ? Diagnosis.of(e) : diagnosis(e) : givenUp);
  }

  /** Pauses before the next attempt: not at first, then 50 ms, doubled up to a second, jittered. */
  private void pause(int failures) {
    if (failures > 0) {
      int millis = Math.min(MAX_BACKOFF_MILLIS, 25 << Math.min(failures, 10));
      try {
        boolean unused =
            closed.await(
                ThreadLocalRandom.current().nextInt(millis / 2, millis), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    closed.countDown();
    writer.close();
    replays.close();
    SubscribedConnection connection = current;
    if (connection != null) {
      connection.disconnect();
    }
  }
}
