package io.github.ssekit.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadFactory;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The options of an {@link EventSource}, all with defaults. Not thread-safe. A builder can open
 * several sources, one after the other.
 *
 * <pre>{@code
 * EventSource source = EventSource.builder(uri)
 *     .headers(() -> Map.of("Authorization", "Bearer " + token))
 *     .lastEventId(id)
 *     .open();
 * }</pre>
 */
public final class EventSourceBuilder {
  private static final Set<Integer> TEMPORARY =
      Set.of(408, 429, 502, 503, 504, 520, 521, 522, 523, 524);

  /** 200 years. A timer in nanoseconds counts up to 292. */
  private static final Duration LONGEST = Duration.ofDays(365L * 200);

  private final URI uri;
  private @Nullable HttpClient client;
  private ThreadFactory threads = EventSourceBuilder::daemon;
  private @Nullable BodyPublisher body;
  private final Map<String, String> fixedHeaders = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private Supplier<? extends Map<String, String>> headers = Map::of;
  private String lastEventId = "";
  private Duration reconnectionTime = Duration.ofSeconds(2);
  private Duration maxBackoff = Duration.ofSeconds(30);
  private Duration answerTimeout = Duration.ofSeconds(10);
  private Duration idleTimeout = Duration.ofSeconds(45);
  private IntPredicate retryStatus = TEMPORARY::contains;
  private int maxEventBytes = 8 << 20;
  private long maxQueuedBytes = 1 << 20;

  EventSourceBuilder(URI uri) {
    this.uri = Objects.requireNonNull(uri, "uri");
    HttpRequest.Builder unused = HttpRequest.newBuilder(uri); // Checks it.
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "sse-client");
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Sets a header of each request. It replaces a header of the same name, {@code Accept} and {@code
   * Cache-Control} too. The source follows a redirect to another origin without the headers that
   * are set here, except the {@code Content-Type} of a body that it sends there.
   *
   * @throws IllegalArgumentException if {@code java.net.http} doesn't allow such a header, or if it
   *     is {@code Last-Event-ID}, see {@link #lastEventId}
   */
  public EventSourceBuilder header(String name, String value) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(value, "value");
    if (name.equalsIgnoreCase("Last-Event-ID")) {
      throw new IllegalArgumentException("set Last-Event-ID by lastEventId(\"" + value + "\")");
    }
    HttpRequest.Builder unused = HttpRequest.newBuilder(uri).header(name, value); // Checks it.
    fixedHeaders.put(name, value);
    return this;
  }

  /**
   * Sets headers that are asked for anew before each attempt, such as a token that expires. They
   * replace headers of {@link #header} with the same name.
   *
   * @param supplier called on the thread of the source; may block. If it throws, the attempt has
   *     failed, and another follows. If it returns a header that {@code java.net.http} does not
   *     allow, such as a value with a line end, the source fails for good.
   */
  public EventSourceBuilder headers(Supplier<? extends Map<String, String>> supplier) {
    headers = Objects.requireNonNull(supplier, "supplier");
    return this;
  }

  /**
   * Sends a POST with this body instead of a GET, at each attempt anew. Set the {@code
   * Content-Type} with {@link #header}. A server resumes a POST if it heeds {@code Last-Event-ID}
   * there: a hub's servlet does.
   *
   * @param publisher can be subscribed to many times, as {@link
   *     java.net.http.HttpRequest.BodyPublishers#ofString(String)} can
   */
  public EventSourceBuilder post(BodyPublisher publisher) {
    body = Objects.requireNonNull(publisher, "publisher");
    return this;
  }

  /**
   * Resumes after the event with this id, which an earlier source has handled. Default: {@code ""},
   * no last event ID.
   *
   * @throws IllegalArgumentException if the id holds a character that is not printable ASCII, or
   *     more than 4,096, which a header can't carry
   */
  public EventSourceBuilder lastEventId(String id) {
    if (!Connector.isSendable(Objects.requireNonNull(id, "id"))) {
      throw new IllegalArgumentException(
          "last event ID of %d characters: a header takes %d of printable ASCII"
              .formatted(id.length(), Connector.MOST_ID));
    }
    lastEventId = id;
    return this;
  }

  /**
   * Sets the reconnection time, until the server sets another by {@code retry:}. Default: 2 s.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public EventSourceBuilder reconnectionTime(Duration time) {
    reconnectionTime = notNegative(time, "time");
    return this;
  }

  /**
   * Sets the longest wait after attempts that failed. Default: 30 s. A longer reconnection time, or
   * a longer {@code Retry-After} in seconds, of a day at most, is kept all the same.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public EventSourceBuilder maxBackoff(Duration max) {
    maxBackoff = notNegative(max, "max");
    return this;
  }

  /**
   * Sets how long an attempt may wait for the head of the answer. Default: 10 s. The stream itself
   * may last for any time.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public EventSourceBuilder answerTimeout(Duration timeout) {
    if (notNegative(timeout, "timeout").isZero()) {
      throw new IllegalArgumentException("timeout is zero; it must be positive");
    }
    answerTimeout = timeout;
    return this;
  }

  /**
   * Sets how long an open stream may be silent, without even a comment, before the connection is
   * considered broken, and another attempt is made. Default: 45 s, three times the 15 s at which
   * the standard (WHATWG HTML 9.2.7) advises servers to send comments, and at which a hub does.
   * Without such a limit a client waits for ever if the server's machine or a router in between
   * vanishes.
   *
   * @param idle zero for no limit, for a server that sends no comments
   * @throws IllegalArgumentException if it is negative
   */
  public EventSourceBuilder idleTimeout(Duration idle) {
    idleTimeout = notNegative(idle, "idle");
    return this;
  }

  /**
   * Sets the statuses after which another attempt follows, once back-off and {@code Retry-After}
   * allow it. Default: 408, 429, 502, 503, 504, and 520 to 524, which Cloudflare answers while the
   * server behind it is away. After other statuses that an event stream can't have, the source
   * fails for good.
   *
   * <p>The standard has no such statuses: in a browser, any of them is the end, until a user
   * reloads the page. A program has no page to reload, and a proxy or a service answers with these
   * while a node restarts. {@code retryStatus(status -> false)} is the standard's rule.
   */
  public EventSourceBuilder retryStatus(IntPredicate statuses) {
    retryStatus = Objects.requireNonNull(statuses, "statuses");
    return this;
  }

  /**
   * Sets the longest data of an event, in bytes; see {@link
   * io.github.ssekit.event.EventStreamParser}. After a longer event the source fails. Default: 8
   * MiB.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public EventSourceBuilder maxEventBytes(int max) {
    maxEventBytes = (int) positive(max, "maxEventBytes");
    return this;
  }

  /**
   * Sets how much memory events that wait for {@link EventSource#next} may take, in bytes,
   * approximately. While they take as much, the source doesn't read. Default: 1 MiB. One event may
   * be larger.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public EventSourceBuilder maxQueuedBytes(long max) {
    maxQueuedBytes = positive(max, "maxQueuedBytes");
    return this;
  }

  /**
   * Sets the HTTP client, with its proxy, certificates, cookies and version of HTTP. It must not
   * follow redirects ({@link java.net.http.HttpClient.Redirect#NEVER}, the default of its builder):
   * the source does that. Over HTTP/2 sources share a connection: a dead one carries the next
   * attempts, too, until the system gives it up. Default: a client that all sources share, with
   * HTTP/1.1.
   *
   * @throws IllegalArgumentException if it follows redirects
   */
  public EventSourceBuilder client(HttpClient http) {
    if (Objects.requireNonNull(http, "http").followRedirects() != HttpClient.Redirect.NEVER) {
      throw new IllegalArgumentException(
          "the HTTP client follows redirects; make it with Redirect.NEVER: the source follows them,"
              + " and keeps headers from other origins");
    }
    client = http;
    return this;
  }

  /** Returns the HTTP client that was set; empty for the client that all sources share. */
  public Optional<HttpClient> client() {
    return Optional.ofNullable(client);
  }

  /**
   * Sets the factory of the source's one thread, which connects, reads and calls the listener.
   * Default: a daemon thread of the platform. {@code Thread.ofVirtual().factory()}, on JDK 21 and
   * newer, makes a virtual thread: the source waits without a monitor.
   */
  public EventSourceBuilder threads(ThreadFactory factory) {
    threads = Objects.requireNonNull(factory, "factory");
    return this;
  }

  /** Opens a source whose events are taken with {@link EventSource#next}. Returns at once. */
  public EventSource open() {
    return EventSource.start(settings(), null);
  }

  /** Opens a source whose events are given to a listener. Returns at once. */
  public EventSource open(EventSourceListener listener) {
    return EventSource.start(settings(), Objects.requireNonNull(listener, "listener"));
  }

  private Settings settings() {
    Map<String, String> fixed = joined(fixedHeaders, Map.of());
    Supplier<? extends Map<String, String>> changing = headers;
    return new Settings(
        uri,
        client,
        threads,
        body,
        () -> joined(fixed, changing.get()),
        lastEventId,
        reconnectionTime,
        maxBackoff,
        answerTimeout,
        idleTimeout,
        retryStatus,
        maxEventBytes,
        maxQueuedBytes);
  }

  private static Map<String, String> joined(Map<String, String> some, Map<String, String> others) {
    Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    all.putAll(some);
    all.putAll(others);
    return all;
  }

  private static Duration notNegative(Duration value, String name) {
    if (Objects.requireNonNull(value, name).isNegative()) {
      throw new IllegalArgumentException(name + " is " + value + "; it must not be negative");
    }
    return value.compareTo(LONGEST) > 0 ? LONGEST : value;
  }

  private static long positive(long value, String name) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " is " + value + "; it must be 1 or more");
    }
    return value;
  }
}
