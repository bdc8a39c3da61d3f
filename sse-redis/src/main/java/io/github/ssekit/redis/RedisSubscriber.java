package io.github.ssekit.redis;

import static java.lang.System.Logger.Level.WARNING;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.core.Upstream;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.BinaryJedisPubSub;
import redis.clients.jedis.Connection;
import redis.clients.jedis.exceptions.JedisException;

/**
 * The one subscription of a node: keeps a connection to Redis subscribed to the channels that are
 * open in the hub.
 *
 * <p>Two threads. The first reads: it connects, hands on what comes in, and connects again when the
 * connection breaks. The second writes: SUBSCRIBE and UNSUBSCRIBE, so that neither the hub's
 * threads nor the reader ever wait for Redis to take a command.
 *
 * <p>A connection subscribes to {@link #CONTROL} first and until its end, since Jedis stops reading
 * when the last channel is unsubscribed; and again and again, since the answer is a sign of life.
 * (Jedis's own ping in a subscription fails if the answer comes before it has noted the question,
 * and with RESP2 it notes each for ever.)
 */
final class RedisSubscriber implements Upstream, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(RedisSubscriber.class.getName());
  private static final String CONTROL = "{sse}:control";
  private static final long FIRST_CONNECT_SECONDS = 4;
  private static final int MAX_BACKOFF_MILLIS = 1000;

  private final JedisPort redis;
  private final Duration probeInterval;
  private final Deliveries deliveries;
  private final Thread reader = new Thread(this::read, "sse-redis-reader");
  private final ScheduledExecutorService writer =
      new ScheduledThreadPoolExecutor(
          1, RedisSubscriber::writerThread, new ThreadPoolExecutor.DiscardPolicy());
  private final CompletableFuture<Void> firstLink = new CompletableFuture<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  /** Channels that are open in the hub. Guarded by this. */
  private final Set<String> wanted = new HashSet<>();

  /** Of these, the ones that were open while no subscription stood. Guarded by this. */
  private final Set<String> missed = new HashSet<>();

  /** The subscribed connection, or null while there is none. Written under this. */
  private volatile @Nullable Link link;

  RedisSubscriber(JedisPort redis, Duration probeInterval, Deliveries deliveries) {
    this.redis = redis;
    this.probeInterval = probeInterval;
    this.deliveries = deliveries;
    reader.setDaemon(true);
  }

  /** Connects for the first time, and waits for it. */
  void start() {
    reader.start();
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
    long nanos = probeInterval.toNanos();
    Future<?> unused =
        writer.scheduleWithFixedDelay(this::probe, nanos, nanos, TimeUnit.NANOSECONDS);
  }

  private RedisUnavailableException unavailable(Throwable cause) {
    return new RedisUnavailableException(
        "Redis at " + redis + " is not available: " + reason(cause), cause);
  }

  /** What the innermost cause says: those around it only repeat it with its class. */
  private static String reason(Throwable cause) {
    Throwable innermost = cause;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    return innermost.getMessage() == null ? innermost.toString() : innermost.getMessage();
  }

  boolean isSubscribed() {
    return link != null;
  }

  @Override
  public synchronized void channelOpened(String channel) {
    wanted.add(channel);
    if (link == null) {
      missed.add(channel);
    }
    update(channel);
  }

  @Override
  public synchronized void channelClosed(String channel) {
    wanted.remove(channel);
    missed.remove(channel);
    update(channel);
  }

  private void update(String channel) {
    // What comes after the close is discarded.
    writer.execute(() -> onLink(l -> l.update(channel, isWanted(channel))));
  }

  private synchronized boolean isWanted(String channel) {
    return wanted.contains(channel);
  }

  private void probe() {
    onLink(Link::probe);
  }

  /** On the writer: does something with the subscribed connection, if there is one. */
  private void onLink(Consumer<Link> action) {
    Link current = link;
    if (current != null) {
      try {
        action.accept(current);
      } catch (JedisException e) {
        // The reader finds out too, now.
        current.connection.disconnect();
      }
    }
  }

  // What follows is the reader's.

  private void read() {
    int failures = 0;
    while (closed.getCount() > 0) {
      try (Connection connection = redis.connect()) {
        Link current = new Link(connection);
        current.proceed(connection, CONTROL.getBytes(UTF_8));
      } catch (RuntimeException e) {
        firstLink.completeExceptionally(e);
        report(e);
      }
      failures = lost() ? 0 : failures + 1;
      pause(failures);
    }
  }

  /** Says whether a subscription stood until now. */
  private synchronized boolean lost() {
    boolean stood = link != null;
    link = null;
    missed.addAll(wanted);
    return stood;
  }

  private void subscribed(Link current) {
    synchronized (this) {
      link = current;
    }
    firstLink.complete(null);
    writer.execute(() -> onLink(l -> l.subscribeAll(snapshot())));
  }

  private synchronized List<String> snapshot() {
    return List.copyOf(wanted);
  }

  private void acknowledged(String channel) {
    boolean reset;
    synchronized (this) {
      reset = missed.remove(channel);
    }
    if (reset) {
      deliveries.reset(channel);
    }
  }

  private void report(RuntimeException e) {
    if (closed.getCount() > 0 && link != null) {
      LOG.log(WARNING, "The subscription to Redis at {0} broke: {1}", redis, reason(e));
    }
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
    Link current = link;
    if (current != null) {
      current.connection.disconnect();
    }
  }

  private static Thread writerThread(Runnable task) {
    Thread thread = new Thread(task, "sse-redis-writer");
    thread.setDaemon(true);
    return thread;
  }

  /** One connection, for as long as it is subscribed. */
  private final class Link extends BinaryJedisPubSub {
    private final Connection connection;

    /** What has been asked for on this connection. The writer's. */
    private final Set<String> subscribed = new HashSet<>();

    Link(Connection connection) {
      this.connection = connection;
    }

    void probe() {
      subscribe(CONTROL.getBytes(UTF_8));
    }

    void subscribeAll(List<String> channels) {
      channels.forEach(channel -> update(channel, true));
    }

    void update(String channel, boolean want) {
      if (channel.equals(CONTROL)) {
        // A client that may name channels could have it unsubscribed otherwise.
        return;
      }
      byte[] name = channel.getBytes(UTF_8);
      if (want && subscribed.add(channel)) {
        subscribe(name);
      } else if (!want && subscribed.remove(channel)) {
        unsubscribe(name);
      }
    }

    @Override
    public void onSubscribe(byte[] name, int count) {
      String channel = new String(name, UTF_8);
      if (!channel.equals(CONTROL)) {
        acknowledged(channel);
      } else if (link != this) {
        subscribed(this);
      }
    }

    @Override
    public void onMessage(byte[] name, byte[] payload) {
      String channel = new String(name, UTF_8);
      if (!channel.equals(CONTROL)) {
        deliveries.message(channel, payload);
      }
    }
  }
}
