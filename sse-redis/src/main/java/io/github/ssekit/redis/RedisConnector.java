package io.github.ssekit.redis;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Connects to the primary, wherever it is at that moment. The only class that makes connections.
 * Thread-safe.
 */
final class RedisConnector {
  private static final int CONNECT_TIMEOUT_MILLIS = 2000;
  private static final int COMMAND_TIMEOUT_MILLIS = 2000;

  /** For a Sentinel or a cluster node; short, since the next one knows the same. */
  private static final int DISCOVERY_TIMEOUT_MILLIS = 1000;

  private final RedisUri uri;
  private final @Nullable Tls tls;
  private final RedisConnection.Options toServers;
  private final RedisConnection.Options toNodes;
  private final RedisConnection.Options toSentinels;
  private final PrimaryFinder primary;
  private final boolean withRuns;

  /**
   * @param tls for URIs that ask for it
   * @param login asked for each connection except those to Sentinels; null for the URI's
   * @param silence how long a subscription may hear nothing before reading from it fails
   * @param withRuns whether to read the run of each server, by the command INFO
   */
  RedisConnector(
      RedisUri uri,
      Tls tls,
      @Nullable Supplier<RedisLogin> login,
      Scope scope,
      Duration silence,
      boolean withRuns) {
    this.uri = uri;
    this.tls = uri.tls() ? tls : null;
    this.withRuns = withRuns;
    Supplier<@Nullable RedisLogin> ours =
        login == null
            ? uri::login
            : () -> Objects.requireNonNull(login.get(), "the login supplier returned null");
    toServers =
        new RedisConnection.Options(
            ours, uri.database(), COMMAND_TIMEOUT_MILLIS, (int) silence.toMillis(), "sse-kit");
    toNodes = discovery(ours);
    toSentinels = discovery(uri::sentinelLogin);
    primary =
        switch (uri.kind()) {
          case REDIS -> PrimaryFinder.at(uri.hosts().get(0));
          case SENTINEL ->
              new PrimaryDiscovery.Sentinels(uri.hosts(), this::dialSentinel, uri.path());
          case CLUSTER ->
              new PrimaryDiscovery.ClusterNodes(uri.hosts(), this::dialNode, scope.hash());
        };
  }

  private static RedisConnection.Options discovery(Supplier<@Nullable RedisLogin> login) {
    return new RedisConnection.Options(
        login, 0, DISCOVERY_TIMEOUT_MILLIS, DISCOVERY_TIMEOUT_MILLIS, null);
  }

  private RedisConnection dialServer(RedisAddress address) {
    return dial(address, CONNECT_TIMEOUT_MILLIS, toServers);
  }

  private RedisConnection dialNode(RedisAddress address) {
    return dial(address, DISCOVERY_TIMEOUT_MILLIS, toNodes);
  }

  private RedisConnection dialSentinel(RedisAddress address) {
    return dial(address, DISCOVERY_TIMEOUT_MILLIS, toSentinels);
  }

  private RedisConnection dial(
      RedisAddress address, int connectMillis, RedisConnection.Options options) {
    return RedisConnection.open(
        new RedisSocketFactory(address, tls, connectMillis, options.answerMillis()), options);
  }

  /** Makes a connection to the primary, ready for commands. */
  RedisConnection connect() {
    RedisConnection connection = primary.connect(this::dialServer);
    try {
      if (withRuns) {
        connection.readRun();
      }
      return connection;
    } catch (RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * Checks that the server at the other end still is the primary.
   *
   * @throws RedisFailure.Refused if it is not
   */
  void checkPrimary(RedisConnection connection) {
    primary.check(connection);
  }

  /**
   * Checks that Redis grants all rights that the bridge needs.
   *
   * @throws RedisFailure.Refused if a right is missing
   */
  void checkRights(RedisConnection connection, Scope scope) {
    Rights.check(connection, scope, withRuns, publishCommand());
  }

  /**
   * Whether the primary is at one fixed address, so that no Sentinel or cluster node is asked for
   * it.
   */
  boolean isFixed() {
    return uri.kind() == RedisUri.Kind.REDIS;
  }

  /** Whether the scope's channels live on the server of its keys, and on no other server. */
  boolean isSharded() {
    return uri.kind() == RedisUri.Kind.CLUSTER;
  }

  /** The command that publishes to the scope's channels. */
  String publishCommand() {
    return isSharded() ? "SPUBLISH" : "PUBLISH";
  }

  /**
   * Returns how the URI's TLS setting must change, or null. Asks the first host, for two seconds at
   * most; but not if a plain connection got no answer, since a TLS port closes such a connection at
   * once.
   */
  @Nullable String tlsAdvice(Throwable failure) {
    return !uri.tls() && Diagnosis.isTimeout(failure)
        ? null
        : TlsCheck.advice(uri.hosts().get(0), uri.tls());
  }

  /** Hosts and ports, without the secrets of the URI. */
  @Override
  public String toString() {
    return uri.toString();
  }
}
