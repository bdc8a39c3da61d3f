package io.github.ssekit.hub;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The open connections of a hub: their number, their owners, and the limits that a new connection
 * must not exceed. Any thread; methods take the hub's lock unless they say that the caller holds
 * it.
 */
final class OpenConnections {
  /** Named after the class that applications know. */
  private static final System.Logger LOG = System.getLogger(Hub.class.getName());

  private final HubSettings settings;
  private final Channels channels;
  private final @Nullable Observation observation;

  /** One log line per reason, at most one a minute. */
  private final Map<Refusal, RareLine> refusals = new EnumMap<>(Refusal.class);

  /** The hub's lock. */
  private final ReentrantLock lock;

  private final Condition noneOpen;

  // Guarded by the lock.
  private final Owners owners;
  private int count;
  private volatile boolean draining;
  private volatile boolean closed;

  OpenConnections(
      HubSettings settings,
      Channels channels,
      @Nullable Observation observation,
      ReentrantLock lock,
      LongSupplier nanoTime) {
    this.settings = settings;
    this.channels = channels;
    this.observation = observation;
    this.lock = lock;
    this.noneOpen = lock.newCondition();
    this.owners = new Owners(lock);
    for (Refusal why : Refusal.values()) {
      refusals.put(why, new RareLine(LOG, nanoTime));
    }
  }

  /**
   * Adds a connection, and gives it to its loop. Throws as {@link Hub#connect(Transport,
   * ConnectionOptions)} does; the connection is then not added, and nothing is written to the
   * client. But if the upstream can't say where newcomers start, the connection was added, and is
   * closed.
   */
  void add(Connection connection, ConnectionOptions options, List<Channels.Wanted> wanted) {
    try {
      addOrRefuse(connection, options, wanted);
    } catch (OverCapacityException refusal) {
      report(options, refusal);
      throw refusal;
    }
  }

  private void addOrRefuse(
      Connection connection, ConnectionOptions options, List<Channels.Wanted> wanted) {
    lock.lock();
    try {
      // Before `closed`, which follows a drain soon: a refused client still learns when to return.
      if (draining) {
        throw OverCapacityException.draining(settings.spreadReconnectionTime());
      }
      if (closed) {
        throw new IllegalStateException("The hub is closed");
      }
      checkRoom(connection, wanted);
      owners.add(connection);
      try {
        // Under the lock: when a close follows, the loop has the connection already.
        connection.loop.execute(() -> begin(connection));
      } catch (Throwable e) {
        owners.remove(connection);
        throw e;
      }
      count++;
      if (options.expiresAt() != null) {
        connection.expireAt(options.expiresAt());
      }
      // Under the same lock as the check: of two connections at once, the second sees the first.
      connection.subscribe(wanted, options.start());
    } finally {
      lock.unlock();
    }
  }

  private void checkRoom(Connection connection, List<Channels.Wanted> wanted) {
    if (count >= settings.maxConnections()) {
      throw OverCapacityException.reached(Refusal.MAX_CONNECTIONS, settings.maxConnections());
    }
    if (owners.of(connection.owner).size() >= settings.maxConnectionsPerOwner()) {
      throw OverCapacityException.reached(
          Refusal.MAX_CONNECTIONS_PER_OWNER, settings.maxConnectionsPerOwner());
    }
    wanted.forEach(channels::checkRoom);
  }

  /** On the connection's loop. */
  private void begin(Connection connection) {
    try {
      connection.loop.add(connection);
    } catch (Throwable e) {
      connection.fail(e);
      throw e;
    }
    if (observation != null) {
      observation.enqueue(o -> o.opened(connection));
    }
  }

  /** Reports a refusal in the log and to the observer. */
  private void report(ConnectionOptions options, OverCapacityException refusal) {
    Refusal why = refusal.why();
    System.Logger.Level level = why == Refusal.DRAINING ? INFO : WARNING;
    // The message contains nothing that the client sent, so it needs no escaping.
    Objects.requireNonNull(refusals.get(why))
        .log(level, "A client was refused: " + refusal.getMessage(), null);
    if (observation != null) {
      observation.enqueue(o -> o.refused(options, why));
    }
  }

  /** Removes a connection that ends, and returns its subscriptions. */
  List<Subscription> remove(Connection connection) {
    lock.lock();
    try {
      List<Subscription> subscriptions = connection.subscriptions.release();
      owners.remove(connection);
      if (--count == 0) {
        noneOpen.signalAll();
      }
      return subscriptions;
    } finally {
      lock.unlock();
    }
  }

  /** The number of open connections. */
  int count() {
    lock.lock();
    try {
      return count;
    } finally {
      lock.unlock();
    }
  }

  /** The open connections of an owner, as a copy. */
  List<Connection> of(String owner) {
    lock.lock();
    try {
      return List.copyOf(owners.of(owner));
    } finally {
      lock.unlock();
    }
  }

  /** Refuses all connections from now on, with {@link Refusal#DRAINING}. */
  void refuseAll() {
    lock.lock();
    try {
      draining = true;
    } finally {
      lock.unlock();
    }
  }

  /** Whether {@link #refuseAll} was called. Without the lock. */
  boolean isDraining() {
    return draining;
  }

  /** Refuses all connections from now on. Returns false if the hub was closed already. */
  boolean close() {
    lock.lock();
    try {
      boolean first = !closed;
      closed = true;
      return first;
    } finally {
      lock.unlock();
    }
  }

  /** Whether {@link #close} was called. Without the lock. */
  boolean isClosed() {
    return closed;
  }

  /** Waits until no connection is open, for a bounded time, or until the thread is interrupted. */
  void awaitNone(long nanos) {
    lock.lock();
    try {
      long left = nanos;
      while (count > 0 && left > 0) {
        left = noneOpen.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}
