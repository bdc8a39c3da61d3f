package io.github.ssekit.redis;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.Feed;
import io.github.ssekit.hub.IllegalChannelException;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.hub.Start;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Answers: finite event streams with one producer each, which outlive the connections of their
 * viewers. Examples are a language model's tokens, the log of a build, the progress of an import.
 *
 * <pre>{@code
 * redis.answers().follow(id, EventStreams.lastEventId(request)).ifPresentOrElse(
 *     options -> EventStreams.open(hub, request, response, options),
 *     () -> response.setStatus(204));
 * }</pre>
 *
 * <p>An answer is a channel with history, {@link #channel}, that has a beginning, one producer
 * among all nodes, and an ending, which is an event. A client that listens to the answer, on any
 * node, gets all events from the start, then live events. Clients can do so after the end, too, for
 * as long as {@link AnswerOptions} keep the answer. They resume as on any channel with history.
 * Events that are older than 24 hours may be gone, even while the answer runs: a new viewer is not
 * told.
 *
 * <pre>
 *   NONE ──── start ───► RUNNING ── end, fail, stop, or the lease passes ──► ended ── keep ──► EXPIRED
 *     └────────────────── stop ─────────────────────────────────────────────► CANCELLED
 * </pre>
 *
 * Each change is one step in Redis. An answer that has ended can't be started again: Redis
 * remembers an answer for at least ten days after its last event, and so for at least three days
 * after the answer has expired.
 *
 * <p>See {@link RedisBridgeBuilder#answers}. Thread-safe. An answer needs no connection and no
 * thread of its own.
 */
public final class AnswerStreams {
  /** The type of the event with which a stop, or the loss of the producer, ends an answer. */
  public static final String END_TYPE = "stream-end";

  /** How long a viewer's connection waits for an answer that nobody has started: a minute. */
  public static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

  static final String PREFIX = "answer:";

  private static final System.Logger LOG = System.getLogger(AnswerStreams.class.getName());
  private static final long TICK_MILLIS = 1_000;
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS);
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final int ANSWERS_A_CALL = 200;

  /**
   * The maximum time for which a tick ends lost answers. Ticks are a second apart, and a lease
   * lasts four seconds by default.
   */
  private static final long ENDING_NANOS = TimeUnit.SECONDS.toNanos(1);

  /**
   * How many ticks in a row must have succeeded before a tick ends lost answers. After an outage of
   * Redis all leases may have run out: first their producers renew them. A producer's node may wait
   * two seconds for a connection, and another for its tick.
   */
  private static final int STEADY_TICKS = 3;

  /** The error codes with which Redis refuses writes: leases can't be renewed. */
  private static final Set<String> REFUSES_WRITES = Set.of("OOM", "NOREPLICAS", "MISCONF");

  /** The error codes of temporary refusals, with which Redis stores nothing. */
  private static final Set<String> TEMPORARY =
      Set.of("LOADING", "TRYAGAIN", "ASK", "BUSY", "NOREPLICAS");

  private static final int MAX_ID_LENGTH = 150;

  private final Feed feed;
  private final RedisSubscriber subscriber;
  private final PublishRules rules;
  private final RedisPublisher publisher;
  private final AnswerScripts scripts;
  private final Map<String, AnswerProducer> running = new ConcurrentHashMap<>();
  private final Survival survival = new Survival(LOG);

  // Touched on the tick thread only.
  /** The number of ticks in a row that succeeded. */
  private int steady;

  /** The end of the last tick, by nanoTime. */
  private long ticked = System.nanoTime();

  private final ScheduledThreadPoolExecutor ticks =
      new ScheduledThreadPoolExecutor(
          1,
          task -> BackgroundThread.daemon(task, "sse-redis-answers"),
          new ThreadPoolExecutor.DiscardPolicy());

  /** The thread of the listeners: a listener that blocks must not delay the renewal of leases. */
  private final ThreadPoolExecutor listeners =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          task -> BackgroundThread.daemon(task, "sse-redis-answers-ended"),
          new ThreadPoolExecutor.DiscardPolicy());

  AnswerStreams(
      Feed feed,
      RedisSubscriber subscriber,
      PublishRules rules,
      RedisPublisher publisher,
      AnswerScripts scripts) {
    this.feed = feed;
    this.subscriber = subscriber;
    this.rules = rules;
    this.publisher = publisher;
    this.scripts = scripts;
    Future<?> unused =
        ticks.scheduleWithFixedDelay(
            () -> survival.run(this::tick), TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /**
   * The channel of an answer, for clients to listen to.
   *
   * @throws IllegalChannelException if the id does not have 1 to 150 characters. If a selector
   *     throws it, the client gets status 400
   */
  public static String channel(String id) {
    Objects.requireNonNull(id, "id");
    if (id.isEmpty() || id.length() > MAX_ID_LENGTH) {
      throw new IllegalChannelException(
          "answer id of %d characters: give it 1 to %d".formatted(id.length(), MAX_ID_LENGTH));
    }
    return PREFIX + id;
  }

  static boolean isAnswer(String channel) {
    return channel.startsWith(PREFIX);
  }

  /** Returns a function by which newcomers to an answer start at its beginning. */
  static Function<String, Start> newcomers(Function<? super String, Start> others) {
    return channel -> isAnswer(channel) ? Start.ALL : others.apply(channel);
  }

  /**
   * Starts an answer. If several callers try, on any nodes, one becomes the producer. From then on
   * this node renews the producer's lease until the producer ends the answer. The producer must end
   * its answer in any case.
   *
   * @param id 1 to 150 characters, without control characters. The id is not a secret: the
   *     application must check at each request whether the client may listen
   * @throws AnswerRefusedException if the answer was started or stopped before; see {@link
   *     AnswerRefusedException#state}
   * @throws IllegalArgumentException if the id is invalid
   * @throws PublishException if Redis did not confirm within about four seconds
   */
  public AnswerProducer start(String id, AnswerOptions options) {
    Objects.requireNonNull(options, "options");
    String channel = channel(id);
    check(id, SseEvent.of("start"));
    String token = UUID.randomUUID().toString();
    AnswerState before =
        retrying(AnswerOptions.DEFAULT, () -> scripts.start(channel, token, options));
    if (before.isEnded() || before == AnswerState.RUNNING) {
      throw new AnswerRefusedException(id, before);
    }
    AnswerProducer producer = new AnswerProducer(this, id, token, options);
    running.put(channel, producer);
    return producer;
  }

  /**
   * Stops an answer, on whichever node its producer is. The answer ends immediately, with an event
   * of type {@value #END_TYPE} and state {@link AnswerState#CANCELLED}. An answer that has not
   * started yet can't be started afterwards. A client that disconnects does not stop the answer.
   *
   * @return whether this call is known to have ended the answer; false if the answer had ended
   *     before, or if Redis ended it and the reply was lost
   * @throws IllegalArgumentException as {@link #start}
   * @throws PublishException if Redis did not confirm within about four seconds
   */
  public boolean stop(String id) {
    String channel = channel(id);
    check(id, SseEvent.of("stop"));
    AnswerScripts.Added added = add(id, ending(AnswerState.CANCELLED));
    AnswerProducer here = running.get(channel);
    AnswerState before = added.refused();
    if (here != null) {
      here.ended(before == null ? AnswerState.CANCELLED : before);
    }
    return before == null;
  }

  /**
   * Asks Redis for the state of an answer.
   *
   * @throws IllegalArgumentException as {@link #start}
   * @throws RedisUnavailableException if Redis does not answer
   */
  public AnswerState state(String id) {
    return known(id).state();
  }

  /**
   * Returns the connection options for a viewer, who gets all events from the start, then live
   * events. Within about a second after the ending, the connection is closed with {@link
   * io.github.ssekit.hub.CloseReason#ENDED}. Returns empty if there is nothing to follow: the
   * viewer has the ending, or the answer has expired, as {@link #state} says. Reply to that request
   * with status 204, so that an {@code EventSource} stops by itself.
   *
   * <p>A viewer that connects before the start, or while Redis does not answer, waits. After {@link
   * #LONGEST_WAIT} its connection is closed, even if the answer has begun by then, and the client
   * reconnects with its last event ID. A client that mistakes the end of a response for the end of
   * the answer loses the rest.
   *
   * @param lastEventId as the client sent it, or null
   * @throws IllegalArgumentException as {@link #start}
   * @throws RedisUnavailableException if Redis refuses to answer
   */
  public Optional<ConnectionOptions> follow(String id, @Nullable String lastEventId) {
    AnswerScripts.Known known = knownOrNone(channel(id));
    Position had = lastEventId == null ? null : Position.parse(lastEventId);
    Position last = known.last();
    boolean hasAll = known.state().isEnded() && had != null && last != null && !last.isAfter(had);
    if (hasAll || known.state() == AnswerState.EXPIRED) {
      return Optional.empty();
    }
    ConnectionOptions options = ConnectionOptions.of(channel(id)).withLastEventId(lastEventId);
    return Optional.of(
        known.state() == AnswerState.NONE
            ? options.withExpiresAt(Instant.now().plus(LONGEST_WAIT))
            : options);
  }

  private AnswerScripts.Known known(String id) {
    String channel = channel(id);
    try {
      return scripts.known(channel);
    } catch (RedisFailure e) {
      throw unreadable(e);
    }
  }

  /**
   * Reads the state, and lets viewers wait while Redis is unavailable: after an error status, an
   * EventSource gives up for good.
   */
  private AnswerScripts.Known knownOrNone(String channel) {
    try {
      return scripts.known(channel);
    } catch (RedisFailure e) {
      if (!isTemporary(e)) {
        throw unreadable(e);
      }
      LOG.log(DEBUG, "A viewer of {0} waits: {1}", Diagnosis.clean(channel), Diagnosis.of(e));
      return new AnswerScripts.Known(AnswerState.NONE, null);
    }
  }

  private static RedisUnavailableException unreadable(RedisFailure e) {
    return new RedisUnavailableException(
        "The state of an answer can't be read: " + Diagnosis.of(e), e);
  }

  /** The event that ends an answer on the producer's behalf; its data gives the reason. */
  private static AnswerScripts.Addition ending(AnswerState how) {
    SseEvent event = SseEvent.of(END_TYPE, "{\"reason\":\"" + how + "\"}");
    return new AnswerScripts.Addition(event, how, "", 0, AnswerOptions.DEFAULT);
  }

  // For producers.

  void check(String id, SseEvent event) {
    rules.check(channel(id), Objects.requireNonNull(event, "event"));
  }

  AnswerScripts.Added add(String id, AnswerScripts.Addition addition) {
    Publication<AnswerScripts.Added> adding = scripts.adding(channel(id), addition);
    return retrying(addition.options(), () -> publisher.publish(adding));
  }

  /**
   * Runs a script, and retries while Redis is unavailable, for the duration of a lease. A retry is
   * safe: a start or an event that was stored has no further effect with the same token, and an
   * answer ends once.
   */
  private <T> T retrying(AnswerOptions options, Supplier<T> script) {
    long deadline = System.nanoTime() + options.lease().toNanos();
    boolean mayBeStored = false;
    while (true) {
      try {
        return script.get();
      } catch (RedisFailure e) {
        PublishException failure = publisher.failure(e);
        mayBeStored |= failure.mayBeStored();
        if (!isTemporary(e)
            || System.nanoTime() > deadline
            || Thread.currentThread().isInterrupted()) {
          throw new PublishException(Objects.requireNonNull(failure.getMessage()), e, mayBeStored);
        }
      }
      LockSupport.parkNanos(RETRY_NANOS);
    }
  }

  /**
   * Whether a failure means that the server is unavailable, or can't store anything for a moment.
   * False once the bridge is closed.
   */
  private boolean isTemporary(RedisFailure e) {
    return !ticks.isShutdown()
        && (!(e instanceof RedisFailure.Refused refused)
            || refused instanceof RedisFailure.NotPrimary
            || TEMPORARY.stream().anyMatch(refused::is));
  }

  void over(AnswerProducer producer) {
    running.remove(channel(producer.id()), producer);
  }

  /** Runs a listener, off the thread that renews leases. */
  void tell(Runnable listener) {
    listeners.execute(() -> survival.run(listener));
  }

  // On the tick thread.

  /**
   * Renews this node's leases, ends the answers whose producer is lost, and closes the channels of
   * ended answers.
   */
  private void tick() {
    long began = System.nanoTime();
    if (began - ticked > 2 * TICK_NANOS) {
      steady = 0;
    }
    try {
      List<AnswerProducer> all = List.copyOf(running.values());
      List<String> followed = subscriber.open(AnswerStreams::isAnswer);
      Set<String> expired = new LinkedHashSet<>();
      boolean takesWrites = true;
      int from = 0;
      do {
        AnswerScripts.Renewed renewed =
            scripts.renew(
                part(all, from).stream().map(AnswerProducer::lease).toList(),
                part(followed, from),
                from == 0);
        renewed.states().forEach(this::told);
        end(renewed.endings());
        expired.addAll(renewed.expired());
        takesWrites &= renewed.takesWrites();
        from += ANSWERS_A_CALL;
      } while (from < Math.max(all.size(), followed.size()));
      boolean isPrompt = System.nanoTime() - began < TICK_NANOS;
      if (!isPrompt || !takesWrites) {
        steady = 0;
      } else if (steady < STEADY_TICKS) {
        steady++;
      } else {
        endLost(expired);
      }
    } catch (RedisFailure e) {
      steady = 0;
      LOG.log(DEBUG, "Leases of answers could not be renewed: {0}", Diagnosis.of(e));
    } finally {
      ticked = System.nanoTime();
    }
  }

  /**
   * Ends lost answers, after the renewal of this node's leases, and for a bounded time: a node that
   * ends the answers of a dead node must not lose its own. A call lists only some of many.
   */
  private void endLost(Set<String> expired) {
    long deadline = System.nanoTime() + ENDING_NANOS;
    Set<String> tried = new HashSet<>();
    Set<String> due = expired;
    while (!due.isEmpty()) {
      for (String channel : due) {
        if (System.nanoTime() > deadline) {
          return;
        }
        tried.add(channel);
        endLost(channel);
        if (steady == 0) {
          return;
        }
      }
      due = new LinkedHashSet<>(scripts.renew(List.of(), List.of(), true).expired());
      due.removeAll(tried);
    }
  }

  private static <T> List<T> part(List<T> all, int from) {
    return all.subList(Math.min(all.size(), from), Math.min(all.size(), from + ANSWERS_A_CALL));
  }

  /**
   * Ends the channels whose endings this node has heard. The next tick asks for the other endings
   * again.
   */
  private void end(Map<String, Position> endings) {
    Position heard = feed.position();
    if (heard != null) {
      endings.values().removeIf(ending -> ending.isAfter(heard));
      feed.ended(endings.keySet());
    }
  }

  private void told(String channel, AnswerState state) {
    AnswerProducer producer = running.get(channel);
    if (producer != null && state != AnswerState.RUNNING) {
      producer.ended(state);
    }
  }

  private void endLost(String channel) {
    AnswerScripts.Added added;
    try {
      added = publisher.publish(scripts.adding(channel, ending(AnswerState.PRODUCER_LOST)));
    } catch (RedisFailure.Refused e) {
      // A key has the wrong type, for instance. The other lost answers must not wait for this
      // answer.
      LOG.log(DEBUG, "{0} could not be ended: {1}", Diagnosis.clean(channel), Diagnosis.of(e));
      if (e instanceof RedisFailure.NotPrimary || REFUSES_WRITES.stream().anyMatch(e::is)) {
        steady = 0;
      }
      return;
    }
    if (added.stored() != null) {
      LOG.log(INFO, "The producer of {0} is lost: the answer is ended", Diagnosis.clean(channel));
      told(channel, AnswerState.PRODUCER_LOST);
    }
  }

  /** Ends the threads. The producers' leases then expire. */
  void close() {
    ticks.shutdownNow();
    listeners.shutdownNow();
  }
}
