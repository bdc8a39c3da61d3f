package io.github.ssekit.redis;

import static java.lang.System.Logger.Level.INFO;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.hub.Feed;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Start;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a bridge. Not thread-safe.
 *
 * <pre>{@code
 * RedisBridge redis = RedisBridge.builder(hub, uri)
 *     .scope("shop")
 *     .history(channel -> channel.startsWith("order:"))
 *     .maxHistory(500, Duration.ofDays(7))
 *     .connect();
 * }</pre>
 */
public final class RedisBridgeBuilder {
  static final int MAX_HISTORY_EVENTS = 1_000_000;

  private static final System.Logger LOG = System.getLogger(RedisBridgeBuilder.class.getName());

  private static final Duration LEAST_SILENCE = Duration.ofMillis(100);
  private static final Duration SILENCE_BELOW = Duration.ofHours(1);

  private final Hub hub;
  private final URI uri;
  private String scope = Scope.DEFAULT_NAME;
  private Duration silence = Duration.ofSeconds(10);
  private Function<? super String, @Nullable String> eventTypes = channel -> null;
  private BiPredicate<? super String, ? super String> ignored = (channel, data) -> false;
  private @Nullable Predicate<? super String> history;
  private @Nullable Supplier<RedisLogin> login;
  private Function<? super String, Start> newcomers = channel -> Start.NOW;
  private int historyEvents = 1000;
  private Duration historyAge = Duration.ofHours(24);
  private Tls tls = Tls.DEFAULT;
  private int maxUnconfirmedBytes = 16 << 20;
  private boolean withoutRedis;
  private boolean answers;
  private final Map<String, Function<? super List<String>, String>> folds = new HashMap<>();
  private @Nullable Predicate<? super String> states;
  private Duration removalsKept = Duration.ofHours(24);
  private @Nullable Predicate<? super String> presence;
  private Duration replyTime = Directives.REPLIES;
  private Duration presenceGrace = Presence.GRACE;
  private Duration presenceLifetime = Presence.LIFETIME;

  RedisBridgeBuilder(Hub hub, URI uri) {
    this.hub = Objects.requireNonNull(hub, "hub");
    this.uri = Objects.requireNonNull(uri, "uri");
  }

  /**
   * The namespace of the application in Redis: all keys and Redis channels of channels with history
   * begin with it in braces, <code>{sse}:stream:room:42</code>. Bridges of one scope, in one
   * database, hear each other and have one order of ids. So applications that share a database need
   * one scope each: two with the default get each other's events, and a bridge can't tell them from
   * two nodes of one application. The bridge logs the number of nodes when it connects. In a
   * cluster, a scope is one hash tag, and lives in one slot. Channels without history have no scope
   * and no database: all subscribers on the server hear them. Default: {@code sse}.
   *
   * @throws IllegalArgumentException at {@link #connect}, if it is not 1 to 64 of A-Z, a-z, 0-9,
   *     dot, dash and underscore
   */
  public RedisBridgeBuilder scope(String name) {
    scope = Objects.requireNonNull(name, "name");
    return this;
  }

  /**
   * How long the subscription may go without hearing one of its own probes before it is considered
   * broken. Three probes are published in that time. Default: 10 s.
   *
   * @throws IllegalArgumentException if it is under 100 ms, or an hour or more
   */
  public RedisBridgeBuilder silence(Duration time) {
    Objects.requireNonNull(time, "time");
    if (time.compareTo(LEAST_SILENCE) < 0 || time.compareTo(SILENCE_BELOW) >= 0) {
      throw new IllegalArgumentException(
          "silence " + time + " is not 100 ms or more and under 1 h");
    }
    silence = time;
    return this;
  }

  /**
   * The channels that have history: every event gets an id and is kept, and a client that
   * reconnects gets the events that it missed. Default: none. The function is called often, on any
   * thread, also under the hub's lock: it must return at once, must not call hub or bridge, and
   * must always return the same for a channel, on all nodes.
   */
  public RedisBridgeBuilder history(Predicate<? super String> channels) {
    history = Objects.requireNonNull(channels, "channels");
    return this;
  }

  /**
   * Lets the bridge have {@linkplain RedisBridge#answers answers}. Channels whose names begin with
   * {@code answer:} then belong to answers: they have history, newcomers start at their beginning,
   * and only answers publish to them. Must be the same on all nodes. Each node asks Redis once a
   * second for lost producers. Default: no answers.
   */
  public RedisBridgeBuilder answers() {
    answers = true;
    return this;
  }

  /**
   * Joins kept events of answers: events of this type that follow each other reach a client that
   * comes late, or reconnects, as one event, with the id of the last of them. Of 2,000 tokens the
   * client gets one event, or a few, each within {@link
   * io.github.ssekit.hub.HubBuilder#maxEventBytes}; live events stay as they are. So a page must
   * get the same result from the joined data as from the single data one after the other, and an
   * ending needs a type of its own. May be called once for each type. Default: nothing is joined.
   *
   * <pre>{@code
   * RedisBridge redis =
   *     RedisBridge.builder(hub, URI.create("redis://localhost"))
   *         .answers()
   *         .foldAnswers("token", tokens -> String.join("", tokens))
   *         .connect();
   * }</pre>
   *
   * @param type an event type; {@code message} for events without one
   * @param join joins the data of two or more events. Called on a thread of the bridge, which
   *     waits; if it throws or returns null, these events are not joined, and the log says so
   * @throws IllegalArgumentException if there is a function for the type already
   */
  public RedisBridgeBuilder foldAnswers(String type, Function<? super List<String>, String> join) {
    Objects.requireNonNull(type, "type");
    if (folds.putIfAbsent(type, Objects.requireNonNull(join, "join")) != null) {
      throw new IllegalArgumentException(
          "event type \"%s\" is folded twice: give one function for a type".formatted(type));
    }
    return this;
  }

  /**
   * The {@linkplain RedisBridge#states state channels}, each of which keeps the newest event of
   * each of its keys. They have history; newcomers get all keys unless their connection has a start
   * of its own ({@code ConnectionOptions.withStart}); only {@link StateChannels} publishes to them.
   * {@link #maxHistory} does not apply to them. Must be the same on all nodes; the function is
   * called like that of {@link #history}. Default: none.
   */
  public RedisBridgeBuilder states(Predicate<? super String> channels) {
    states = Objects.requireNonNull(channels, "channels");
    return this;
  }

  /** For tests: how long Redis remembers that a key was removed. */
  RedisBridgeBuilder removalsKept(Duration time) {
    removalsKept = time;
    return this;
  }

  /**
   * The channels that have {@linkplain RedisBridge#presence presence}. They have history; newcomers
   * get the list, if there is one and their connection has no start of its own; only {@link
   * Presence} publishes to them. Every five seconds each node reports to Redis its names on the
   * channels that have subscribers or names on that node. Must be the same on all nodes; the
   * function is called like that of {@link #history}. Default: none.
   */
  public RedisBridgeBuilder presence(Predicate<? super String> channels) {
    presence = Objects.requireNonNull(channels, "channels");
    return this;
  }

  /** For tests: in place of {@link Directives#REPLIES}. */
  RedisBridgeBuilder replyTime(Duration time) {
    replyTime = time;
    return this;
  }

  /** For tests: in place of {@link Presence#GRACE} and {@link Presence#LIFETIME}. */
  RedisBridgeBuilder presenceTimes(Duration grace, Duration lifetime) {
    presenceGrace = grace;
    presenceLifetime = lifetime;
    return this;
  }

  /**
   * How much of each channel with history Redis keeps: the newest events, and for how long,
   * whichever limit comes first. Must be the same on all nodes. Default: 1,000 events, 24 hours.
   *
   * <p>Redis removes old events when the channel's next event is published, and in blocks of up to
   * 100: some events stay, and reach clients, for longer. All are gone soon after a channel was
   * silent for the age.
   *
   * @throws IllegalArgumentException if the events are not 1 to 1,000,000, or the age is not within
   *     a second and 365 days
   */
  public RedisBridgeBuilder maxHistory(int events, Duration age) {
    if (events < 1 || events > MAX_HISTORY_EVENTS) {
      throw new IllegalArgumentException("history of " + events + " events is not 1 to 1,000,000");
    }
    Objects.requireNonNull(age, "age");
    if (age.compareTo(Duration.ofSeconds(1)) < 0 || age.compareTo(Duration.ofDays(365)) > 0) {
      throw new IllegalArgumentException("history of " + age + " is not within 1 s and 365 days");
    }
    historyEvents = events;
    historyAge = age;
    return this;
  }

  /**
   * How many bytes of events {@link RedisBridge#publishAsync} may hold until Redis has confirmed
   * them and the actions that depend on their futures have run; each event counts about 400 more.
   * Beyond that, {@code publishAsync} refuses events and stores nothing, so that they can be
   * published later. One event is always accepted. Default: 16 MiB, which are about 30,000 small
   * events.
   *
   * @throws IllegalArgumentException if it is under 1
   */
  public RedisBridgeBuilder maxUnconfirmedBytes(int bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("maxUnconfirmedBytes " + bytes + " is not 1 or more");
    }
    maxUnconfirmedBytes = bytes;
    return this;
  }

  /**
   * The place at which a client without a last event ID starts on each channel with history, if its
   * {@link io.github.ssekit.hub.ConnectionOptions#start options} don't say. Default: {@link
   * Start#NOW}. The function is called for each newcomer, like that of {@link #history}; if it
   * throws, or returns null, the client's connection fails.
   */
  public RedisBridgeBuilder newcomers(Function<? super String, Start> startOfChannel) {
    newcomers = Objects.requireNonNull(startOfChannel, "startOfChannel");
    return this;
  }

  /**
   * The type of the events of each channel without history, since a Redis message can't carry it;
   * null for {@code message}, which is the default for all channels. The function is called for
   * each event, on any thread; on channels with history too, for messages that were published past
   * the script. It must return null, not {@code message} or an empty text: with these, every
   * publish would fail.
   */
  public RedisBridgeBuilder eventTypes(Function<? super String, @Nullable String> typeOfChannel) {
    eventTypes = Objects.requireNonNull(typeOfChannel, "typeOfChannel");
    return this;
  }

  /**
   * Messages that this node's clients do not get, by channel and data, among those that come
   * without an id: for example messages that an application mirrors to a channel for other
   * programs, while its own clients get them by a channel with history. Default: none. The function
   * is called for each message without an id, on the thread that reads the subscription: it must
   * return at once. If it throws, that message is not delivered, all clients of the channel on this
   * node get a {@code stream-reset}, and there is at most one warning a minute.
   */
  public RedisBridgeBuilder ignore(BiPredicate<? super String, ? super String> messages) {
    ignored = Objects.requireNonNull(messages, "messages");
    return this;
  }

  /**
   * The trusted certificates for the Redis server of a {@code rediss} URI: a JKS or PKCS12 file,
   * which is read again for each connection. Default: the certificates that the JVM trusts. Each
   * server's certificate must be for the host to which the bridge connects: the URI's host, or the
   * host that Sentinels or the cluster name.
   *
   * @throws IllegalArgumentException at {@link #connect}, if the URI is not a {@code rediss} one,
   *     if the file can't be read, or if there is an {@link #sslContext}, too
   */
  public RedisBridgeBuilder trustStore(Path file, String password) {
    tls = tls.withTrust(store(file, password));
    return this;
  }

  /**
   * The client certificate for the Redis server of a {@code rediss} URI, if it asks for one: the
   * private key and its certificate in a JKS or PKCS12 file, which is read again for each
   * connection. Default: none.
   *
   * @throws IllegalArgumentException at {@link #connect}, as for {@link #trustStore}
   */
  public RedisBridgeBuilder keyStore(Path file, String password) {
    tls = tls.withKey(store(file, password));
    return this;
  }

  private static Tls.Store store(Path file, String password) {
    return new Tls.Store(
        Objects.requireNonNull(file, "file"), Objects.requireNonNull(password, "password"));
  }

  /**
   * The trust and the client certificate for the Redis server of a {@code rediss} URI and for its
   * Sentinels: in place of {@link #trustStore} and {@link #keyStore}, for an application that keeps
   * its certificates elsewhere than in such files. Certificates must be for the same hosts as with
   * {@link #trustStore}, whatever the context would accept.
   *
   * @throws IllegalArgumentException at {@link #connect}, if the URI is not a {@code rediss} one,
   *     or if there is a {@link #trustStore} or a {@link #keyStore}, too
   */
  public RedisBridgeBuilder sslContext(SSLContext context) {
    tls = tls.withContext(Objects.requireNonNull(context, "context"));
    return this;
  }

  /**
   * The login to Redis, in place of user and password in the URI. The supplier is called for each
   * new connection, so that a password may change while the bridge runs; on any thread, which waits
   * for it. If the supplier throws, that connection fails, and the bridge tries again. Sentinels
   * get the URI's {@code sentinelUser} and {@code sentinelPassword}, or no login.
   *
   * @throws IllegalArgumentException at {@link #connect}, if the URI has a password, too
   */
  public RedisBridgeBuilder login(Supplier<RedisLogin> source) {
    login = Objects.requireNonNull(source, "source");
    return this;
  }

  /**
   * Lets {@link #connect} return even if Redis is away, after about four seconds at most, for an
   * application that must start all the same. The bridge then connects as soon as it can, and logs
   * why it can't; until then {@link RedisHealth#isSubscribed} is false, clients are connected and
   * wait, and publishing throws a {@link io.github.ssekit.hub.PublishException} with nothing
   * stored. Clients of channels without history get a reset when events begin to arrive. A refusal,
   * such as that of a wrong password, is not thrown then either. Default: {@code connect} throws.
   */
  public RedisBridgeBuilder startWithoutRedis() {
    withoutRedis = true;
    return this;
  }

  /**
   * Connects.
   *
   * @throws IllegalArgumentException if the URI or the scope's name is not legal; if the URI has a
   *     password and there is a {@link #login}, too; as {@link #trustStore} and {@link #sslContext}
   *     say
   * @throws RedisUnavailableException as {@link RedisBridge#connect}; not with {@link
   *     #startWithoutRedis}
   * @throws IllegalStateException as {@link RedisBridge#connect}
   */
  public RedisBridge connect() {
    RedisUri address = RedisUri.parse(uri);
    Predicate<String> history = withHistory();
    Scope names =
        new Scope(
            scope,
            address.database(),
            history == null ? channel -> false : history,
            states,
            presence);
    if (login != null && address.password() != null) {
      throw new IllegalArgumentException(
          "Redis URI with a password, and a login besides: give one of the two");
    }
    tls.check(address.tls());
    Feed feed = hub.feed();
    RedisConnector connector =
        new RedisConnector(address, tls, login, names, silence, history != null);
    CommandPool commands = new CommandPool(connector);
    BridgeParts parts =
        new BridgeParts(
            feed,
            names,
            commands,
            history == null ? null : new HistoryScripts(commands, names, feed.maxEventBytes()),
            new AnswerFold(folds, feed.maxEventBytes()),
            startsOfNewcomers(names),
            new Deliveries(feed, eventTypes, ignored),
            new OpenChannels(names::hasHistory),
            new Evidence(),
            new GapNotices(),
            new Directives(hub, commands, names, history != null, replyTime));
    RedisSubscriber subscriber = new RedisSubscriber(connector, parts, silence);
    try {
      subscriber.start(!withoutRedis);
      if (subscriber.isSubscribed()) {
        parts.directives().begin();
      }
      feed.attach(subscriber);
      if (subscriber.isSubscribed()) {
        logNodes(commands, address, names);
      }
    } catch (RuntimeException e) {
      subscriber.close();
      commands.close();
      throw e;
    }
    PublishRules rules = new PublishRules(feed, names, eventTypes, answers);
    RedisPublisher publisher = new RedisPublisher(commands, connector, maxUnconfirmedBytes);
    BiFunction<Integer, Duration, PublishScript> publishing =
        (events, age) ->
            new PublishScript(
                names, connector.publishCommand(), events, age, feed.maxEventBytes(), subscriber);
    AnswerStreams answerStreams = null;
    if (answers) {
      PublishScript sending = publishing.apply(2 * MAX_HISTORY_EVENTS, AnswerScripts.WHILE_RUNNING);
      AnswerScripts scripts = new AnswerScripts(commands, names, sending);
      answerStreams = new AnswerStreams(feed, subscriber, rules, publisher, scripts);
    }
    StateChannels stateChannels = null;
    if (states != null) {
      PublishScript publish = publishing.apply(2 * MAX_HISTORY_EVENTS, StateChannels.KEPT);
      stateChannels = new StateChannels(rules, publisher, names, publish, removalsKept);
    }
    Presence here = null;
    if (presence != null) {
      Duration listKept =
          historyAge.compareTo(Presence.LEAST_KEPT) < 0 ? Presence.LEAST_KEPT : historyAge;
      PublishScript telling = publishing.apply(MAX_HISTORY_EVENTS, listKept);
      PresenceScripts scripts = new PresenceScripts(commands, names, telling, presenceLifetime);
      here = new Presence(subscriber, publisher, rules, names, scripts, presenceGrace);
    }
    return new RedisBridge(
        parts,
        connector,
        subscriber,
        publisher,
        rules,
        history == null ? null : publishing.apply(historyEvents, historyAge),
        answerStreams,
        stateChannels,
        here);
  }

  private Function<? super String, Start> startsOfNewcomers(Scope names) {
    Function<? super String, Start> others =
        answers ? AnswerStreams.newcomers(newcomers) : newcomers;
    return channel -> names.isLoaded(channel) ? Start.ALL : others.apply(channel);
  }

  /**
   * All channels with history, including answers, state channels and channels with presence; null
   * if there are none.
   */
  private @Nullable Predicate<String> withHistory() {
    List<Predicate<? super String>> kinds = new ArrayList<>();
    if (answers) {
      kinds.add(AnswerStreams::isAnswer);
    }
    if (states != null) {
      kinds.add(states);
    }
    if (presence != null) {
      kinds.add(presence);
    }
    if (history != null) {
      kinds.add(history);
    }
    return kinds.isEmpty() ? null : channel -> kinds.stream().anyMatch(kind -> kind.test(channel));
  }

  private void logNodes(CommandPool commands, RedisUri address, Scope names) {
    LOG.log(
        INFO,
        "Subscribed to Redis at {0}, scope \"{1}\" of database {2}; nodes that hear it, with this"
            + " one: {3}",
        address,
        scope,
        address.database(),
        nodesThatHear(commands, names));
  }

  /** The number of nodes, or why it is unknown: the bridge connects all the same. */
  private static Object nodesThatHear(CommandPool commands, Scope names) {
    // Nodes ignore this word.
    byte[] hello = "hello".getBytes(UTF_8);
    try {
      return commands.publishToScope(names.control(), hello).value();
    } catch (RedisFailure e) {
      return "unknown: " + Diagnosis.of(e);
    }
  }
}
