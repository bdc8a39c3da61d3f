package io.github.ssekit.redis;

import static java.lang.System.Logger.Level.DEBUG;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;

/** Runs commands on the primary, over a pool of connections. Thread-safe. */
final class CommandPool implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(CommandPool.class.getName());
  private static final Duration MAX_WAIT = Duration.ofSeconds(2);
  private static final Duration TESTED_WHEN_IDLE = Duration.ofSeconds(1);
  private static final Duration RETIRED_WHEN_IDLE = Duration.ofMinutes(1);

  /**
   * The errors of a server that is not the primary. The server sends them before it does anything.
   */
  private static final Pattern NOT_PRIMARY =
      Pattern.compile("^(READONLY|MOVED|CLUSTERDOWN|MASTERDOWN)\\b");

  private final RedisConnector connector;
  private final GenericObjectPool<RedisConnection> pool;

  CommandPool(RedisConnector connector) {
    this.connector = connector;
    GenericObjectPoolConfig<RedisConnection> settings = new GenericObjectPoolConfig<>();
    settings.setJmxEnabled(false);
    // A publisher must not wait forever for a connection of the pool.
    settings.setMaxWait(MAX_WAIT);
    settings.setTestOnBorrow(true);
    // Idle connections are closed before a firewall silently drops them.
    settings.setMinEvictableIdleDuration(RETIRED_WHEN_IDLE);
    settings.setTimeBetweenEvictionRuns(RETIRED_WHEN_IDLE.dividedBy(2));
    settings.setNumTestsPerEvictionRun(settings.getMaxTotal());
    pool = new GenericObjectPool<>(new Connections(), settings);
  }

  /** A reply, and the run of the server that gave it. */
  record Reply<T>(String run, T value) {}

  private final class Connections extends BasePooledObjectFactory<RedisConnection> {
    @Override
    public RedisConnection create() {
      return connector.connect();
    }

    @Override
    public PooledObject<RedisConnection> wrap(RedisConnection connection) {
      return new DefaultPooledObject<>(connection);
    }

    @Override
    public boolean validateObject(PooledObject<RedisConnection> pooled) {
      // A server that ends idle connections doesn't do so within a second.
      return pooled.getIdleDuration().compareTo(TESTED_WHEN_IDLE) < 0
          || pooled.getObject().isQuiet();
    }

    @Override
    public void destroyObject(PooledObject<RedisConnection> pooled) {
      pooled.getObject().close();
    }
  }

  /** The command that publishes to the scope's channels. */
  String publishCommand() {
    return connector.publishCommand();
  }

  /**
   * Publishes to a channel of the scope, if the server is still the primary. Returns the number of
   * nodes that hear the message.
   */
  Reply<Long> publishToScope(byte[] channel, byte[] message) {
    return execute(
        connection -> {
          connector.checkPrimary(connection);
          return (Long) connection.call(publishCommand(), channel, message);
        });
  }

  /**
   * Runs a command. If a server refuses the command because it is no longer the primary, looks for
   * the primary again and repeats the command, once. If a dead connection did not take the command,
   * repeats it on another connection, once.
   *
   * @throws RedisFailure.NoConnection if no connection is available: then nothing was sent
   * @throws RedisFailure.NotPrimary if the repeated command was refused, too
   */
  <T> Reply<T> execute(Function<RedisConnection, T> command) {
    try {
      return executeOnce(command);
    } catch (RedisFailure.NotPrimary | RedisFailure.Unsent e) {
      return executeOnce(command);
    }
  }

  private <T> Reply<T> executeOnce(Function<RedisConnection, T> command) {
    RedisConnection connection = borrow();
    boolean usable = false;
    try {
      T value = command.apply(connection);
      usable = true;
      return new Reply<>(connection.run(), value);
    } catch (RedisFailure.Refused e) {
      RedisFailure.Refused judged = judged(connection, e);
      usable = !(judged instanceof RedisFailure.NotPrimary);
      throw judged;
    } catch (RedisFailure.Disconnected e) {
      throw connection.isUnsent() ? new RedisFailure.Unsent(e) : e;
    } finally {
      giveBack(connection, usable);
    }
  }

  /**
   * Returns a refusal, as {@link RedisFailure.NotPrimary} if the server is no longer the primary.
   */
  static RedisFailure.Refused judged(RedisConnection connection, RedisFailure.Refused refusal) {
    return NOT_PRIMARY.matcher(refusal.getMessage()).find()
        ? new RedisFailure.NotPrimary(connection.run(), refusal)
        : refusal;
  }

  /**
   * Lends a connection for as long as a task runs. If the task throws, the connection is closed.
   *
   * @throws RedisFailure.NoConnection if no connection is available
   */
  void lend(Consumer<RedisConnection> task) {
    RedisConnection connection = borrow();
    boolean usable = false;
    try {
      task.accept(connection);
      usable = true;
    } finally {
      giveBack(connection, usable);
    }
  }

  private void giveBack(RedisConnection connection, boolean usable) {
    if (usable) {
      pool.returnObject(connection);
    } else {
      invalidate(connection);
    }
  }

  private RedisConnection borrow() {
    try {
      return pool.borrowObject();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RedisFailure.NoConnection(e);
    } catch (Exception e) {
      throw new RedisFailure.NoConnection(e);
    }
  }

  private void invalidate(RedisConnection connection) {
    try {
      pool.invalidateObject(connection);
    } catch (Exception e) {
      // The pool may try to replace the connection for waiting threads. Only the earlier failure
      // matters.
      LOG.log(DEBUG, "A connection could not be replaced: {0}", Diagnosis.of(e));
    }
    // The other connections are most likely broken, too.
    pool.clear();
  }

  /** Closes idle connections: they may lead to a server that is not the primary any more. */
  void reconnect() {
    pool.clear();
  }

  @Override
  public void close() {
    pool.close();
  }
}
