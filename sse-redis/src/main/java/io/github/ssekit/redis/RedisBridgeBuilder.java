package io.github.ssekit.redis;

import io.github.ssekit.core.Hub;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.SslVerifyMode;

/** The settings of a bridge. Not thread-safe. */
public final class RedisBridgeBuilder {
  private final Hub hub;
  private final URI uri;
  private Duration silence = Duration.ofSeconds(10);
  private Function<? super String, @Nullable String> eventTypes = channel -> null;
  private final SslOptions.Builder tls = SslOptions.builder().sslVerifyMode(SslVerifyMode.FULL);

  RedisBridgeBuilder(Hub hub, URI uri) {
    this.hub = hub;
    this.uri = uri;
  }

  /**
   * How long the subscription may hear nothing before it is taken for broken. Redis is asked for a
   * sign of life three times in that time. Default: 10 s.
   *
   * @throws IllegalArgumentException if it is under 100 ms or over an hour
   */
  public RedisBridgeBuilder silence(Duration time) {
    if (time.toMillis() < 100 || time.toHours() >= 1) {
      throw new IllegalArgumentException("silence " + time + " is not within 100 ms to 1 h");
    }
    silence = time;
    return this;
  }

  /**
   * The type of the events of each channel, since a Redis message can't say it; null for {@code
   * message}, which is the default for all channels. The function is called for each event, on any
   * thread.
   */
  public RedisBridgeBuilder eventTypes(Function<? super String, @Nullable String> typeOfChannel) {
    eventTypes = typeOfChannel;
    return this;
  }

  /**
   * Who is trusted to certify the Redis server of a {@code rediss} URI: the certificates of a JKS
   * or PKCS12 file. Default: whom the JVM trusts. The certificate must be for the URI's host.
   */
  public RedisBridgeBuilder trustStore(Path file, String password) {
    tls.truststore(file.toFile(), password.toCharArray());
    return this;
  }

  /**
   * Connects.
   *
   * @throws RuntimeException as {@link RedisBridge#connect}
   */
  public RedisBridge connect() {
    JedisPort redis = new JedisPort(uri, tls.build(), silence);
    RedisSubscriber subscriber =
        new RedisSubscriber(redis, silence.dividedBy(3), new Deliveries(hub, eventTypes));
    try {
      subscriber.start();
      hub.attach(subscriber);
    } catch (RuntimeException e) {
      subscriber.close();
      redis.close();
      throw e;
    }
    return new RedisBridge(hub, redis, eventTypes, subscriber);
  }
}
