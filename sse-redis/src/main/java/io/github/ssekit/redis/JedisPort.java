package io.github.ssekit.redis;

import java.net.URI;
import java.time.Duration;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.util.JedisURIHelper;

/**
 * What the bridge needs of Jedis: connections for the subscription, and publishing over a pool of
 * others. The only class that makes Jedis clients.
 */
final class JedisPort implements AutoCloseable {
  private static final int CONNECT_TIMEOUT_MILLIS = 2000;
  private static final int COMMAND_TIMEOUT_MILLIS = 2000;

  private final HostAndPort address;
  private final DefaultJedisClientConfig config;
  private final UnifiedJedis commands;

  /**
   * @param tls for the scheme {@code rediss}
   * @param silence how long a subscription may hear nothing before reading from it fails
   */
  JedisPort(URI uri, SslOptions tls, Duration silence) {
    if (!JedisURIHelper.isValid(uri)
        || !(JedisURIHelper.isRedisScheme(uri) || JedisURIHelper.isRedisSSLScheme(uri))) {
      throw new IllegalArgumentException(
          "Redis URI with scheme %s, host %s, port %d: give it as redis://[user:password@]host:port[/database], or rediss:// for TLS"
              .formatted(uri.getScheme(), uri.getHost(), uri.getPort()));
    }
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
    GenericObjectPoolConfig<Connection> pool = new GenericObjectPoolConfig<>();
    pool.setJmxEnabled(false);
    // A pool without connections to give must not hold a publisher for ever.
    pool.setMaxWait(Duration.ofMillis(COMMAND_TIMEOUT_MILLIS));
    commands =
        RedisClient.builder().hostAndPort(address).clientConfig(config).poolConfig(pool).build();
  }

  /** A new connection, ready for commands. */
  Connection connect() {
    return new Connection(address, config);
  }

  void publish(byte[] channel, byte[] message) {
    commands.publish(channel, message);
  }

  /** Host and port, without what is secret in the URI. */
  @Override
  public String toString() {
    return address.toString();
  }

  @Override
  public void close() {
    commands.close();
  }
}
