package io.github.ssekit.spring;

import io.github.ssekit.hub.Hub;
import io.github.ssekit.redis.RedisBridge;
import io.github.ssekit.redis.RedisBridgeBuilder;
import io.github.ssekit.redis.RedisLogin;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.data.redis.RedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Fallback;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.StringUtils;

/** The bridge over the application's Redis. */
@AutoConfiguration(
    after = SsekitAutoConfiguration.class,
    afterName = {
      "org.springframework.boot.autoconfigure.data.redis.RedisAutoConfiguration",
      "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration"
    })
@ConditionalOnClass(RedisBridge.class)
@ConditionalOnProperty(name = "ssekit.redis.enabled", matchIfMissing = true)
@ImportRuntimeHints(SsekitRuntimeHints.class)
public class SsekitRedisAutoConfiguration {
  /** Creates the configuration. */
  public SsekitRedisAutoConfiguration() {}

  /**
   * With lazy initialization, too, the bridge is made at the start: otherwise a node would deliver
   * nothing of other nodes until it publishes itself.
   */
  @Bean
  static LazyInitializationExcludeFilter ssekitEagerBridge() {
    return LazyInitializationExcludeFilter.forBeanTypes(RedisBridge.class);
  }

  /** Matches if {@code ssekit.redis.url} is set, and not empty as {@code ${REDIS_URL:}} may be. */
  static final class HasUrl implements Condition {
    @Override
    public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
      return StringUtils.hasText(context.getEnvironment().getProperty("ssekit.redis.url"));
    }
  }

  /** A Redis other than the application's. */
  @Configuration(proxyBeanMethods = false)
  @Conditional(HasUrl.class)
  @Order(1)
  static class ByUrl {
    @Bean
    RedisLocation ssekitRedisLocation(SsekitProperties properties) {
      // Not bound as a URI: Spring would encode its percent signs once more.
      String url = Objects.requireNonNull(properties.redis().url());
      try {
        return new RedisLocation(new URI(url), null, null);
      } catch (URISyntaxException e) {
        // Without the value and the cause, which may hold a password.
        throw new IllegalArgumentException(
            "ssekit.redis.url is no URI: %s at index %d; percent-encode special characters in user, password and name"
                .formatted(e.getReason(), e.getIndex()));
      }
    }
  }

  /** The Redis of the application, as Spring Boot 3.5 describes it. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(RedisConnectionDetails.class)
  @ConditionalOnBean(RedisConnectionDetails.class)
  @Order(2)
  static class Boot3 {
    @Bean
    @ConditionalOnMissingBean
    RedisLocation ssekitRedisLocation(RedisConnectionDetails details, Environment environment) {
      Supplier<RedisLogin> login = RedisLocation.login(details::getUsername, details::getPassword);
      RedisConnectionDetails.Sentinel sentinel = details.getSentinel();
      if (sentinel != null) {
        return RedisLocation.sentinel(
            nodes(sentinel.getNodes()),
            sentinel.getMaster(),
            sentinel.getDatabase(),
            sentinel.getUsername(),
            sentinel.getPassword(),
            login,
            bundle(sentinel.getSslBundle(), environment));
      }
      RedisConnectionDetails.Cluster cluster = details.getCluster();
      if (cluster != null) {
        return RedisLocation.cluster(
            nodes(cluster.getNodes()), login, bundle(cluster.getSslBundle(), environment));
      }
      RedisConnectionDetails.Standalone one = Objects.requireNonNull(details.getStandalone());
      return RedisLocation.single(
          new RedisLocation.Node(one.getHost(), one.getPort()),
          one.getDatabase(),
          login,
          bundle(one.getSslBundle(), environment));
    }

    private static List<RedisLocation.Node> nodes(List<RedisConnectionDetails.Node> nodes) {
      return nodes.stream().map(n -> new RedisLocation.Node(n.host(), n.port())).toList();
    }
  }

  /** The Redis of the application, as Spring Boot 4 describes it. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(DataRedisConnectionDetails.class)
  @ConditionalOnBean(DataRedisConnectionDetails.class)
  @Order(3)
  static class Boot4 {
    @Bean
    @ConditionalOnMissingBean
    RedisLocation ssekitRedisLocation(DataRedisConnectionDetails details, Environment environment) {
      Supplier<RedisLogin> login = RedisLocation.login(details::getUsername, details::getPassword);
      SslBundle bundle = bundle(details.getSslBundle(), environment);
      DataRedisConnectionDetails.Sentinel sentinel = details.getSentinel();
      if (sentinel != null) {
        return RedisLocation.sentinel(
            nodes(sentinel.getNodes()),
            sentinel.getMaster(),
            sentinel.getDatabase(),
            sentinel.getUsername(),
            sentinel.getPassword(),
            login,
            bundle);
      }
      DataRedisConnectionDetails.Cluster cluster = details.getCluster();
      if (cluster != null) {
        return RedisLocation.cluster(nodes(cluster.getNodes()), login, bundle);
      }
      DataRedisConnectionDetails.Standalone one = Objects.requireNonNull(details.getStandalone());
      return RedisLocation.single(
          new RedisLocation.Node(one.getHost(), one.getPort()), one.getDatabase(), login, bundle);
    }

    private static List<RedisLocation.Node> nodes(List<DataRedisConnectionDetails.Node> nodes) {
      return nodes.stream().map(n -> new RedisLocation.Node(n.host(), n.port())).toList();
    }
  }

  /** The given bundle, or the system's default if no bundle is set and the URL asks for TLS. */
  private static @Nullable SslBundle bundle(@Nullable SslBundle given, Environment environment) {
    boolean secure = environment.getProperty("spring.data.redis.url", "").startsWith("rediss:");
    return given == null && secure ? SslBundle.systemDefault() : given;
  }

  /** The bridge of this node. */
  @Bean
  @Fallback
  @ConditionalOnMissingBean
  @ConditionalOnBean(RedisLocation.class)
  public RedisBridge ssekitRedisBridge(
      Hub hub,
      RedisLocation location,
      SsekitProperties properties,
      ObjectProvider<RedisBridgeCustomizer> customizers) {
    SsekitProperties.Redis redis = properties.redis();
    SsekitProperties.History history = redis.history();
    RedisBridgeBuilder builder =
        RedisBridge.builder(hub, location.uri())
            .scope(redis.scope())
            .silence(redis.silence())
            .maxHistory(history.events(), history.age())
            .maxUnconfirmedBytes(
                SsekitAutoConfiguration.bytes(
                    "ssekit.redis.max-unconfirmed-size", redis.maxUnconfirmedSize()));
    if (!history.channels().isEmpty()) {
      builder.history(new ChannelNames(history.channels()));
    }
    if (!redis.eventTypes().isEmpty()) {
      builder.eventTypes(channel -> typeOf(channel, redis.eventTypes()));
    }
    if (redis.answers()) {
      builder.answers();
    }
    if (!redis.requiredAtStart()) {
      builder.startWithoutRedis();
    }
    location.apply(builder);
    customizers.orderedStream().forEach(each -> each.customize(builder));
    return builder.connect();
  }

  /** The type that is set for the channel's name, or else for its longest prefix. */
  private static @Nullable String typeOf(String channel, Map<String, String> types) {
    String named = types.get(channel);
    if (named != null) {
      return named;
    }
    String type = null;
    int longest = -1;
    for (Map.Entry<String, String> each : types.entrySet()) {
      String pattern = each.getKey();
      int length = pattern.length() - 1;
      if (pattern.endsWith("*")
          && length > longest
          && channel.startsWith(pattern.substring(0, length))) {
        type = each.getValue();
        longest = length;
      }
    }
    return type;
  }
}
