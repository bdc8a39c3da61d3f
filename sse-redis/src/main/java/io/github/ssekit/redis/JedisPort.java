package io.github.ssekit.redis;

import java.net.URI;
import java.time.Duration;
import java.util.function.BiFunction;
import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.CommandObjects;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.util.JedisURIHelper;

/**
 * What the bridge needs of Jedis: connections for the subscription, and commands over a pool of
 * others. The only class that makes connections.
 */
final class JedisPort implements AutoCloseable {
  private static final int CONNECT_TIMEOUT_MILLIS = 2000;
  private static final int COMMAND_TIMEOUT_MILLIS = 2000;
  private static final CommandObjects COMMANDS = new CommandObjects(RedisProtocol.RESP2);

  /** A connection, and the run of the server at its other end, which can't change meanwhile. */
  record Link(Connection connection, String run) {}

  private final HostAndPort address;
  private final DefaultJedisClientConfig config;
  private final boolean withRuns;
  private final GenericObjectPool<Link> pool;

  /**
   * @param tls for the scheme {@code rediss}
   * @param silence how long a subscription may hear nothing before reading from it fails
   * @param withRuns whether to find out the runs, which takes the command INFO
   */
  JedisPort(URI uri, SslOptions tls, Duration silence, boolean withRuns) {
    if (!JedisURIHelper.isValid(uri)
        || !(JedisURIHelper.isRedisScheme(uri) || JedisURIHelper.isRedisSSLScheme(uri))) {
      throw new IllegalArgumentException(
          "Redis URI with scheme %s, host %s, port %d: give it as redis://[user:password@]host:port[/database], or rediss:// for TLS"
              .formatted(uri.getScheme(), uri.getHost(), uri.getPort()));
    }
    this.withRuns = withRuns;
    address = JedisURIHelper.getHostAndPort(uri);
    DefaultJedisClientConfig.Builder builder =
        DefaultJedisClientConfig.builder()
            // To be negotiated, the newer protocol would cost a connection before the first one.
            .protocol(RedisProtocol.RESP2)
            .connectionTimeoutMillis(CONNECT_TIMEOUT_MILLIS)
            .socketTimeoutMillis(COMMAND_TIMEOUT_MILLIS)
            .blockingSocketTimeoutMillis((int) silence.toMillis())
            .user(JedisURIHelper.getUser(uri))
            .password(JedisURIHelper.getPassword(uri))
            .database(JedisURIHelper.getDBIndex(uri))
            .clientName("sse-kit")
            .clientSetInfoConfig(ClientSetInfoConfig.DISABLED);
    if (JedisURIHelper.isRedisSSLScheme(uri)) {
      builder.sslOptions(tls);
    }
    config = builder.build();
    GenericObjectPoolConfig<Link> settings = new GenericObjectPoolConfig<>();
    settings.setJmxEnabled(false);
    // A pool without connections to give must not hold a publisher for ever.
    settings.setMaxWait(Duration.ofMillis(COMMAND_TIMEOUT_MILLIS));
    pool = new GenericObjectPool<>(new Links(), settings);
  }

  private final class Links extends BasePooledObjectFactory<Link> {
    @Override
    public Link create() {
      return connect();
    }

    @Override
    public PooledObject<Link> wrap(Link link) {
      return new DefaultPooledObject<>(link);
    }

    @Override
    public void destroyObject(PooledObject<Link> link) {
      link.getObject().connection().close();
    }
  }

  /** A new connection, ready for commands. */
  Link connect() {
    Connection connection = new Connection(address, config);
    try {
      return new Link(connection, withRuns ? run(connection) : "");
    } catch (RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private static String run(Connection connection) {
    String info = connection.executeCommand(COMMANDS.info("server"));
    return info.lines()
        .filter(line -> line.startsWith("run_id:"))
        .map(line -> line.substring("run_id:".length()).strip())
        .findFirst()
        .orElseThrow(() -> new JedisDataException("INFO server names no run_id"));
  }

  void publish(byte[] channel, byte[] message) {
    History.Answer<Object> unused =
        execute((connection, run) -> connection.executeCommand(COMMANDS.publish(channel, message)));
  }

  /**
   * Runs a command on a connection of the pool, which it gets together with its run.
   *
   * @throws NoConnectionException if there is none: then nothing was sent
   */
  <T> History.Answer<T> execute(BiFunction<Connection, String, T> command) {
    Link link = borrow();
    boolean usable = false;
    try {
      T value = command.apply(link.connection(), link.run());
      usable = true;
      return new History.Answer<>(link.run(), value);
    } catch (JedisDataException e) {
      // A server that has become a replica refuses to write: the next connection finds the new one.
      usable = !String.valueOf(e.getMessage()).startsWith("READONLY");
      throw e;
    } finally {
      if (usable) {
        pool.returnObject(link);
      } else {
        invalidate(link);
      }
    }
  }

  private Link borrow() {
    try {
      return pool.borrowObject();
    } catch (RuntimeException e) {
      throw new NoConnectionException(e);
    } catch (Exception e) {
      throw new NoConnectionException(new JedisConnectionException(e));
    }
  }

  private void invalidate(Link link) {
    try {
      pool.invalidateObject(link);
    } catch (Exception e) {
      throw new JedisConnectionException(e);
    }
    // The others are most likely as broken.
    pool.clear();
  }

  /** Gives up idle connections: they may lead to a server that is not the one any more. */
  void reconnect() {
    pool.clear();
  }

  /** No connection could be had. */
  static final class NoConnectionException extends JedisConnectionException {
    private static final long serialVersionUID = 1;

    NoConnectionException(RuntimeException cause) {
      super(cause.getMessage(), cause);
    }
  }

  /** Host and port, without what is secret in the URI. */
  @Override
  public String toString() {
    return address.toString();
  }

  @Override
  public void close() {
    pool.close();
  }
}
