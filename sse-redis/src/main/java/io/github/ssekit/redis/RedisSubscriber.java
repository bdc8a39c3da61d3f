package io.github.ssekit.redis;

import static java.lang.System.Logger.Level.DEBUG;

import io.github.ssekit.hub.Feed;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.Replay;
import io.github.ssekit.hub.StreamReset;
import io.github.ssekit.hub.Upstream;
import io.github.ssekit.redis.RedisHealth.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisException;

/**
 * The one subscription of a node: keeps a connection to Redis subscribed to the channels that are
 * open in the hub.
 *
 * <p>Two threads. The first reads: it connects, hands on what comes in ({@link SubscribedLink}),
 * and connects again when the connection breaks. The second writes: SUBSCRIBE, UNSUBSCRIBE and
 * probes, so that neither the hub's threads nor the reader ever wait for Redis to take a command.
 *
 * <p>A probe travels the way of the events: it is published, and heard by the subscription. A
 * subscription that does not hear its own probes is given up, whatever else it hears.
 */
final class RedisSubscriber implements Upstream, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(RedisSubscriber.class.getName());
  private static final long FIRST_CONNECT_SECONDS = 4;
  private static final int MAX_BACKOFF_MILLIS = 1000;
  private static final int PROBE_AGAIN_MILLIS = 500;

  /** So many probes in a row must fail until that is worth a line. */
  private static final int FAILURES = 2;

  private final JedisPort redis;
  private final Scope scope;
  private final @Nullable History history;
  private final Duration silence;
  private final Feed feed;
  private final Deliveries deliveries;
  private final Replays replays = new Replays(this::read);
  private final Thread reader = new Thread(this::read, "sse-redis-reader");
  private final ScheduledExecutorService writer =
      new ScheduledThreadPoolExecutor(
          1, RedisSubscriber::writerThread, new ThreadPoolExecutor.DiscardPolicy());
  private final CompletableFuture<Void> firstLink = new CompletableFuture<>();

  /** Whether whoever makes the bridge is told that Redis is away; else the log is. */
  private volatile boolean required = true;

  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicBoolean probing = new AtomicBoolean();

  /** What this node knows to have existed, by run: what a Redis that lost it is told. */
  private final Map<String, Position> seen = new ConcurrentHashMap<>();

  /** What Redis has lost, by the run that it was heard on, and has not been told of yet. */
  private final Map<String, Position> lost = new ConcurrentHashMap<>();

  /** Channels with a gap that Redis has not been told of yet. */
  private final Set<String> gaps = ConcurrentHashMap.newKeySet();

  /** Channels that are open in the hub. Guarded by this. */
  private final Set<String> wanted = new HashSet<>();

  /** Of these, the plain ones that were open while no subscription stood. Guarded by this. */
  private final Set<String> missed = new HashSet<>();

  /** Of these, the ones with history that the hub has been told are complete. Guarded by this. */
  private final Set<String> complete = new HashSet<>();

  private final Survival survival = new Survival(LOG);

  private final Outage deafness;
  private final Outage refusals;

  /** Channels that Redis did not let us subscribe to: tried again with each tick. */
  private final Set<String> refused = ConcurrentHashMap.newKeySet();

  private final Outage refusedChannels;

  /** Probes in a row that could not be sent. The writer's. */
  private int failedProbes;

  /** The subscribed connection, or null while there is none. Written under this. */
  private volatile @Nullable SubscribedLink link;

  /**
   * @param history null if no channel has one
   * @param silence how long a subscription may hear nothing of its own
   */
  RedisSubscriber(
      JedisPort redis,
      Scope scope,
      @Nullable History history,
      Duration silence,
      Feed feed,
      Deliveries deliveries) {
    this.redis = redis;
    this.scope = scope;
    this.history = history;
    this.silence = silence;
    this.feed = feed;
    this.deliveries = deliveries;
    deafness = new Outage(LOG, redis.toString(), "subscribed again", System::nanoTime);
    refusals = new Outage(LOG, redis.toString(), "publishing goes on", System::nanoTime);
    refusedChannels =
        new Outage(LOG, redis.toString(), "subscribed to all channels", System::nanoTime);
    reader.setDaemon(true);
  }

  /**
   * Connects for the first time, and waits for it.
   *
   * @param required whether to throw if that fails: else it is tried again until Redis is there
   */
  void start(boolean required) {
    this.required = required;
    reader.start();
    try {
      awaitFirstLink();
    } catch (RedisUnavailableException e) {
      if (required) {
        throw e;
      }
    }
    long nanos = silence.dividedBy(3).toNanos();
    Future<?> unused =
        writer.scheduleWithFixedDelay(
            () -> survival.run(this::tick), nanos, nanos, TimeUnit.NANOSECONDS);
  }

  private void awaitFirstLink() {
    try {
      firstLink.get(FIRST_CONNECT_SECONDS, TimeUnit.SECONDS);
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
        "Redis at " + redis + " is not available: " + diagnosis(cause), cause);
  }

  /** Why connecting failed: without a word of Redis it may have been the wrong language. */
  private String diagnosis(Throwable failure) {
    String advice = Diagnosis.refusal(failure) == null ? redis.tlsAdvice(failure) : null;
    return Diagnosis.of(failure) + (advice == null ? "" : "; " + advice);
  }

  private void onWriter(Runnable task) {
    writer.execute(() -> survival.run(task));
  }

  RedisHealth health() {
    return new RedisHealth(deaf(), refusals.problem(), sinceProbe());
  }

  private @Nullable Problem deaf() {
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
    return link != null;
  }

  /** How long ago the subscription heard its own probe, or null while there is none. */
  @Nullable Duration sinceProbe() {
    SubscribedLink current = link;
    return current == null || !current.isAttached()
        ? null
        : Duration.ofNanos(System.nanoTime() - current.heard());
  }

  // The hub's side.

  @Override
  public boolean hasHistory(String channel) {
    return scope.hasHistory(channel);
  }

  @Override
  public boolean givesIds() {
    return history != null;
  }

  @Override
  public synchronized void channelOpened(String channel) {
    wanted.add(channel);
    if (link == null && !hasHistory(channel)) {
      missed.add(channel);
    }
    // Even if it is subscribed to, from before: what waits here waits for the answer.
    onWriter(() -> onLink(l -> l.update(channel, isWanted(channel))));
  }

  @Override
  public synchronized void channelClosed(String channel) {
    wanted.remove(channel);
    missed.remove(channel);
    complete.remove(channel);
    // What comes after the close is discarded.
    onWriter(() -> onLink(l -> l.update(channel, isWanted(channel))));
  }

  @Override
  public void replay(Position after, Collection<String> channels, ReplaySink sink) {
    replays.replay(after, channels, sink);
  }

  private Replay read(Position after, Collection<String> channels) {
    SubscribedLink current = link;
    if (current == null || !current.isAttached()) {
      throw new IllegalStateException("Redis is not subscribed to at present");
    }
    Page page = current.page(after, channels);
    Position reached = feed.position();
    if (reached == null || page.upTo().isAfter(reached)) {
      // Who has this page waits until this node has heard of everything in it.
      probe();
    }
    return page.toReplay(feed.maxEventBytes());
  }

  private synchronized boolean isWanted(String channel) {
    return wanted.contains(channel);
  }

  /** Redis has stored an event of this node, on a run. */
  void published(String run, History.Stored stored) {
    if (stored.onRun()) {
      see(run, stored.position());
    }
    SubscribedLink current = link;
    if (current != null) {
      answeredBy(run, current);
    }
  }

  /**
   * Two servers may hold themselves for the primary while one hands over to the other, and either
   * connection may be the one that was left behind: both are looked for again.
   */
  void answeredBy(String run, SubscribedLink current) {
    if (!current.run().equals(run)) {
      redis.reconnect();
      current.giveUp("Redis answers from another server than the one that is subscribed to");
    }
  }

  /** What the link has brought was there, on its run. */
  private void seeReached(SubscribedLink l) {
    Position reached = feed.position();
    if (l.isAttached() && reached != null) {
      see(l.run(), reached);
    }
  }

  private void see(String run, Position position) {
    seen.merge(run, position, RedisSubscriber::later);
  }

  private static Position later(Position a, Position b) {
    return a.isAfter(b) ? a : b;
  }

  /** The highest id that this node knows to have been on a run, or null. */
  @Nullable Position seenOn(String run) {
    SubscribedLink current = link;
    Position reached = feed.position();
    Position told = seen.get(run);
    return current == null
            || reached == null
            || !current.isAttached()
            || !current.run().equals(run)
            || (told != null && told.isAfter(reached))
        ? told
        : reached;
  }

  // The writer's.

  private void tick() {
    SubscribedLink current = link;
    if (current != null && System.nanoTime() - current.heard() > silence.toNanos()) {
      current.giveUp("it does not hear its own probes");
    }
    List.copyOf(refused).forEach(this::tryAgain);
    sendProbe(true);
  }

  /** Has a probe sent soon; several wishes make one. */
  void probe() {
    if (!probing.getAndSet(true)) {
      onWriter(() -> sendProbe(false));
    }
  }

  /**
   * @param asking whether for last ids, too: that costs more
   */
  private void sendProbe(boolean asking) {
    probing.set(false);
    onLink(
        l -> {
          if (history != null && !l.isReady()) {
            return;
          }
          try {
            if (history == null) {
              answeredBy(redis.sign(scope.control(), l.sign()), l);
            } else {
              attach(l, history, asking ? l.takeTurn() : List.of());
            }
            failedProbes = 0;
            refusals.ended();
          } catch (JedisException e) {
            if (!isRefusal(e, l)) {
              throw e;
            }
            refusals.failed("publishing refused", Diagnosis.of(e));
            look(l);
          }
        });
  }

  /** Whether the server that is subscribed to has refused to be written to, and will again. */
  private boolean isRefusal(JedisException e, SubscribedLink l) {
    return e instanceof JedisPort.NotPrimaryException other
        ? redis.isFixed() && other.run().equals(l.run())
        : Diagnosis.refusal(e) != null;
  }

  /** A probe that writes nothing; where that is refused as well, one of the connection alone. */
  private void look(SubscribedLink l) {
    try {
      if (history != null) {
        answeredBy(history.look(l.nonce()).run(), l);
        return;
      }
    } catch (JedisException e) {
      if (!isRefusal(e, l)) {
        throw e;
      }
    }
    l.pingIt();
  }

  private void attach(SubscribedLink l, History history, List<String> asked) {
    seeReached(l);
    for (String channel : List.copyOf(gaps)) {
      tellGap(channel, history);
    }
    History.Answer<History.Attached> answer =
        history.attach(l.nonce(), Map.copyOf(seen), lost::get, asked);
    lost.computeIfPresent(answer.run(), (run, id) -> id.equals(answer.value().lost()) ? null : id);
    if (answer.run().equals(l.run())) {
      l.answered(answer.value());
    }
    answeredBy(answer.run(), l);
  }

  private void tellGap(String channel, History history) {
    // First: a further gap meanwhile is another one.
    gaps.remove(channel);
    try {
      history.gap(channel);
    } catch (JedisException e) {
      gaps.add(channel);
      throw e;
    }
  }

  /** Events of a channel are missing, and nobody knows where else. */
  void gap(String channel) {
    gaps.add(channel);
    probe();
  }

  /** An id that this node has heard on a run is not known there any more. */
  void lost(String run, Position id) {
    lost.merge(run, id, RedisSubscriber::later);
    probe();
  }

  /** On the writer: does something with the subscribed connection, if there is one. */
  private void onLink(Consumer<SubscribedLink> action) {
    SubscribedLink current = link;
    if (current != null) {
      try {
        action.accept(current);
      } catch (JedisPort.NotPrimaryException e) {
        if (e.run().equals(current.run())) {
          current.giveUp(Diagnosis.of(e));
        }
      } catch (JedisException e) {
        // It proves nothing about the subscription: that is judged by what it hears.
        LOG.log(DEBUG, "Redis at {0} did not take a command: {1}", redis, Diagnosis.of(e));
        if (++failedProbes >= FAILURES) {
          refusals.failed("publishing fails", Diagnosis.of(e));
        }
        redis.reconnect();
        // Another connection may find the primary elsewhere.
        Future<?> unused = writer.schedule(this::probe, PROBE_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
      }
    }
  }

  // The reader's.

  private void read() {
    Heard heard = new Heard();
    int failures = 0;
    boolean rewound = false;
    while (closed.getCount() > 0) {
      SubscribedLink current = null;
      try {
        JedisPort.Link opened = redis.connect();
        String nonce = UUID.randomUUID().toString();
        try (SubscribedLink reading =
            new SubscribedLink(
                this,
                opened,
                redis.isSharded(),
                scope,
                history,
                feed,
                deliveries,
                nonce,
                heard,
                rewound)) {
          current = reading;
          if (!firstLink.isDone()) {
            // Later a node makes do with what it may.
            redis.checkRights(opened, scope);
          }
          current.read(scope.control());
        }
      } catch (Throwable e) {
        SubscribedLink last = current;
        survival.run(() -> ended(last, e));
      }
      rewound = current == null ? rewound : current.isRewound();
      survival.run(this::lost);
      // One that stood and was of no use must not be followed by the next one at once.
      failures = current != null && current.isAttached() ? 0 : failures + 1;
      pause(failures);
    }
  }

  /** No subscription stands. */
  private synchronized void lost() {
    SubscribedLink ended = link;
    if (ended != null) {
      seeReached(ended);
    }
    link = null;
    for (String channel : wanted) {
      if (!hasHistory(channel)) {
        missed.add(channel);
      }
    }
  }

  /** The link is subscribed to the control channel. Returns what it is to be subscribed to next. */
  synchronized Set<String> subscribed(SubscribedLink current) {
    link = current;
    firstLink.complete(null);
    Set<String> all = Set.copyOf(wanted);
    onWriter(() -> onLink(l -> l.subscribe(all)));
    return all;
  }

  /** Redis does not let us subscribe to a channel, for now. */
  void refused(String channel, JedisException why) {
    refused.add(channel);
    synchronized (this) {
      if (wanted.contains(channel) && !hasHistory(channel)) {
        missed.add(channel);
      }
    }
    forbidden(channel, Diagnosis.of(why));
  }

  void forbidden(String channel, String why) {
    refusedChannels.failed(
        "channel \"" + Diagnosis.clean(channel) + "\" can't be subscribed to", why);
  }

  void tryAgain(String channel) {
    onWriter(
        () -> {
          if (isWanted(channel)) {
            onLink(l -> l.update(channel, true));
          } else {
            settled(channel);
          }
        });
  }

  private void settled(String channel) {
    if (refused.remove(channel) && refused.isEmpty()) {
      refusedChannels.ended();
    }
  }

  /** A plain channel is subscribed to. */
  void acknowledged(String channel) {
    settled(channel);
    boolean reset;
    synchronized (this) {
      reset = missed.remove(channel);
    }
    if (reset) {
      feed.reset(channel, StreamReset.Reason.RECONNECTED);
    }
  }

  /** Channels with history of which this node has everything up to its position. */
  synchronized List<String> completeChannels() {
    return List.copyOf(complete);
  }

  /** Some channels with history are complete from a position on. */
  void opened(Collection<String> channels, Position from) {
    synchronized (this) {
      for (String channel : channels) {
        if (wanted.contains(channel)) {
          complete.add(channel);
        }
      }
    }
    feed.opened(channels, from);
  }

  /** Redis, on this run, has been told what was seen of other runs. */
  void told(String run) {
    seen.keySet().retainAll(Set.of(run));
    lost.keySet().retainAll(Set.of(run));
  }

  /** Events arrive. */
  void hears() {
    deafness.ended();
  }

  /** A connection has ended, or could not be made. */
  private void ended(@Nullable SubscribedLink current, Throwable e) {
    boolean first = firstLink.completeExceptionally(e);
    if (required && (first || firstLink.isCompletedExceptionally())) {
      // Whoever is making this bridge is told.
      return;
    }
    if (closed.getCount() == 0) {
      return;
    }
    if (e instanceof Error) {
      survival.survived(e);
    }
    String givenUp = current == null ? null : current.givenUp();
    boolean stood = current != null && current.isAttached();
    deafness.failed(
        stood ? "the subscription broke" : "subscribing failed",
        givenUp == null ? stood ? Diagnosis.of(e) : diagnosis(e) : givenUp);
  }

  /** None before the first attempt to come back, then 50 ms, doubled up to a second, jittered. */
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
    writer.shutdownNow();
    replays.close();
    SubscribedLink current = link;
    if (current != null) {
      current.disconnect();
    }
  }

  private static Thread writerThread(Runnable task) {
    Thread thread = new Thread(task, "sse-redis-writer");
    thread.setDaemon(true);
    return thread;
  }
}
