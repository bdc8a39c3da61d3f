package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.DefaultRedisCredentials;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.RedisCredentials;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * What the bridge needs of Jedis: connections for the subscription, and commands over a pool of
 * others. The only class that makes connections.
 */
final class JedisPort implements AutoCloseable {
  private static final int CONNECT_TIMEOUT_MILLIS = 2000;
  private static final int COMMAND_TIMEOUT_MILLIS = 2000;
  private static final Duration TESTED_WHEN_IDLE = Duration.ofSeconds(1);
  private static final Duration RETIRED_WHEN_IDLE = Duration.ofMinutes(1);

  /** For one of several who know the same. */
  private static final int GUIDE_TIMEOUT_MILLIS = 1000;

  /** What a server says, before it does anything, which is not the primary, or not any more. */
  private static final Pattern ELSEWHERE =
      Pattern.compile("^(READONLY|MOVED|CLUSTERDOWN|MASTERDOWN)\\b|-READONLY ");

  /**
   * A connection, and the run of the server at its other end, which can't change meanwhile.
   *
   * @param run its address, where runs don't matter
   */
  record Link(Wire connection, String run) {}

  private final RedisUri uri;
  private final @Nullable Tls tls;
  private final Supplier<RedisCredentials> credentials;
  private final Duration silence;
  private final Primary primary;
  private final boolean withRuns;
  private final GenericObjectPool<Link> pool;

  /**
   * @param tls for URIs that ask for it
   * @param login asked for each connection, but those to Sentinels; null for the URI's
   * @param silence how long a subscription may hear nothing before reading from it fails
   * @param withRuns whether to find out the runs, which takes the command INFO
   */
  JedisPort(
      RedisUri uri,
      Tls tls,
      @Nullable Supplier<RedisLogin> login,
      Scope scope,
      Duration silence,
      boolean withRuns) {
    this.uri = uri;
    this.tls = uri.tls() ? tls : null;
    this.silence = silence;
    this.withRuns = withRuns;
    credentials =
        () ->
            login == null
                ? new DefaultRedisCredentials(uri.user(), uri.password())
                : credentials(
                    Objects.requireNonNull(login.get(), "the login supplier returned null"));
    primary = primary(scope);
    GenericObjectPoolConfig<Link> settings = new GenericObjectPoolConfig<>();
    settings.setJmxEnabled(false);
    // A pool without connections to give must not hold a publisher for ever.
    settings.setMaxWait(Duration.ofMillis(COMMAND_TIMEOUT_MILLIS));
    settings.setTestOnBorrow(true);
    // Before a firewall forgets them, which nobody would be told.
    settings.setMinEvictableIdleDuration(RETIRED_WHEN_IDLE);
    settings.setTimeBetweenEvictionRuns(RETIRED_WHEN_IDLE.dividedBy(2));
    settings.setNumTestsPerEvictionRun(settings.getMaxTotal());
    pool = new GenericObjectPool<>(new Links(), settings);
  }

  private static RedisCredentials credentials(RedisLogin login) {
    return new DefaultRedisCredentials(login.user(), login.password());
  }

  private Primary primary(Scope scope) {
    return switch (uri.kind()) {
      case REDIS -> Primary.at(uri.hosts().get(0));
      case SENTINEL -> new Guides.Sentinels(uri.hosts(), this::dialSentinel, uri.path());
      case CLUSTER -> new Guides.ClusterNodes(uri.hosts(), this::dialNode, scope.hash());
    };
  }

  private Wire dial(HostAndPort address) {
    return new Wire(
        new RedisSocket(address, tls, CONNECT_TIMEOUT_MILLIS, COMMAND_TIMEOUT_MILLIS),
        config()
            .socketTimeoutMillis(COMMAND_TIMEOUT_MILLIS)
            .blockingSocketTimeoutMillis((int) silence.toMillis())
            .credentialsProvider(credentials)
            .database(uri.database())
            .clientName("sse-kit")
            .build());
  }

  private Wire dialNode(HostAndPort address) {
    return dialGuide(address, config().credentialsProvider(credentials));
  }

  private Wire dialSentinel(HostAndPort address) {
    return dialGuide(
        address,
        config()
            .user(uri.options().get("sentinelUser"))
            .password(uri.options().get("sentinelPassword")));
  }

  private Wire dialGuide(HostAndPort address, DefaultJedisClientConfig.Builder config) {
    return new Wire(
        new RedisSocket(address, tls, GUIDE_TIMEOUT_MILLIS, GUIDE_TIMEOUT_MILLIS),
        config.socketTimeoutMillis(GUIDE_TIMEOUT_MILLIS).build());
  }

  private static DefaultJedisClientConfig.Builder config() {
    return DefaultJedisClientConfig.builder()
        // To be negotiated, the newer protocol would cost a connection before the first one.
        .protocol(RedisProtocol.RESP2)
        .clientSetInfoConfig(ClientSetInfoConfig.DISABLED);
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
    public boolean validateObject(PooledObject<Link> link) {
      // A server that ends idle connections doesn't do so within a second.
      return link.getIdleDuration().compareTo(TESTED_WHEN_IDLE) < 0
          || link.getObject().connection().isQuiet();
    }

    @Override
    public void destroyObject(PooledObject<Link> link) {
      link.getObject().connection().close();
    }
  }

  /** A new connection to the primary, ready for commands. */
  Link connect() {
    Wire wire = primary.connect(this::dial);
    try {
      return new Link(wire, withRuns ? run(wire) : wire.address().toString());
    } catch (RuntimeException e) {
      wire.close();
      throw e;
    }
  }

  private static String run(Wire wire) {
    Object info = wire.executeCommand(new CommandArguments(Command.INFO).add("server"));
    return new String((byte[]) info, UTF_8)
        .lines()
        .filter(line -> line.startsWith("run_id:"))
        .map(line -> line.substring("run_id:".length()).strip())
        .findFirst()
        .orElseThrow(() -> new JedisDataException("INFO server names no run_id"));
  }

  /** Whether the primary is at one address, whoever is there: nobody is asked for it. */
  boolean isFixed() {
    return uri.kind() == RedisUri.Kind.REDIS;
  }

  /**
   * What of TLS is to be changed in the URI, or null: asks the first host, for two seconds at most;
   * but not where a plain connection got no answer, since a port of TLS closes one at once.
   */
  @Nullable String tlsAdvice(Throwable failure) {
    return !uri.tls() && Diagnosis.isTimeout(failure)
        ? null
        : TlsCheck.advice(uri.hosts().get(0), uri.tls());
  }

  /** Whether channels that belong to keys are where these are, and no other server's. */
  boolean isSharded() {
    return uri.kind() == RedisUri.Kind.CLUSTER;
  }

  /** What publishes to the scope's channels. */
  String publishCommand() {
    return scopePublish().name();
  }

  private Command scopePublish() {
    return isSharded() ? Command.SPUBLISH : Command.PUBLISH;
  }

  /**
   * Tries what the scripts do.
   *
   * @throws redis.clients.jedis.exceptions.JedisAccessControlException if a right is missing
   */
  void checkRights(Link link, Scope scope) {
    Rights.check(link.connection(), scope, withRuns, scopePublish());
  }

  void publish(byte[] channel, byte[] message) {
    CommandArguments command = new CommandArguments(Command.PUBLISH).add(channel).add(message);
    History.Answer<Object> unused =
        execute((connection, run) -> connection.executeCommand(command));
  }

  /**
   * How many nodes hear a channel of the scope. They are sent a word that means nothing to them.
   */
  long hearers(byte[] channel) {
    CommandArguments command = new CommandArguments(scopePublish()).add(channel).add("hello");
    return (Long) execute((connection, run) -> connection.executeCommand(command)).value();
  }

  /** Publishes to a channel of the scope, if the server still is the primary. Returns its run. */
  String sign(byte[] channel, byte[] message) {
    CommandArguments command = new CommandArguments(scopePublish()).add(channel).add(message);
    return execute(
            (connection, run) -> {
              primary.check(connection);
              return connection.executeCommand(command);
            })
        .run();
  }

  /**
   * Runs a command on a connection of the pool, which it gets together with its run. A server that
   * is not the primary any more refuses it: then it is looked for again, once. What a dead
   * connection has not sent goes over another one, once.
   *
   * @throws NoConnectionException if there is none: then nothing was sent
   * @throws NotPrimaryException if it was refused again
   */
  <T> History.Answer<T> execute(BiFunction<Wire, String, T> command) {
    try {
      return executeOnce(command);
    } catch (NotPrimaryException | UnsentException e) {
      return executeOnce(command);
    }
  }

  private <T> History.Answer<T> executeOnce(BiFunction<Wire, String, T> command) {
    Link link = borrow();
    boolean usable = false;
    try {
      T value = command.apply(link.connection(), link.run());
      usable = true;
      return new History.Answer<>(link.run(), value);
    } catch (JedisDataException e) {
      if (ELSEWHERE.matcher(String.valueOf(e.getMessage())).find()) {
        throw new NotPrimaryException(link.run(), e);
      }
      usable = true;
      throw e;
    } catch (JedisConnectionException e) {
      throw link.connection().isUnsent() ? new UnsentException(e) : e;
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

  /** A command was not sent, or not all of it, so that no server has run it. */
  static final class UnsentException extends JedisConnectionException {
    private static final long serialVersionUID = 1;

    UnsentException(JedisConnectionException cause) {
      super(cause.getMessage(), cause);
    }
  }

  /** No connection could be had. */
  static final class NoConnectionException extends JedisConnectionException {
    private static final long serialVersionUID = 1;

    NoConnectionException(RuntimeException cause) {
      super(cause.getMessage(), cause);
    }
  }

  /** A server has refused a command, before it did anything, since it is not the primary. */
  static final class NotPrimaryException extends JedisDataException {
    private static final long serialVersionUID = 1;

    private final String run;

    NotPrimaryException(String run, JedisDataException cause) {
      super(cause.getMessage(), cause);
      this.run = run;
    }

    /** Of the server that said so. */
    String run() {
      return run;
    }
  }

  /** Hosts and ports, without what is secret in the URI. */
  @Override
  public String toString() {
    return uri.toString();
  }

  @Override
  public void close() {
    pool.close();
  }
}
