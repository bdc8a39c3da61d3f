package io.github.ssekit.spring;

import io.github.ssekit.hub.Hub;
import io.github.ssekit.redis.RedisBridge;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** The health {@code ssekit}, and the endpoint of that name. */
@AutoConfiguration(after = SsekitRedisAutoConfiguration.class)
@ConditionalOnBean(Hub.class)
public class SsekitActuatorAutoConfiguration {
  private static final String BEAN = "ssekitHealthIndicator";

  /** The usual condition of a health indicator. Each Spring Boot has its own in another package. */
  static final class HealthIsEnabled implements Condition {
    @Override
    public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
      Environment properties = context.getEnvironment();
      boolean others =
          properties.getProperty("management.health.defaults.enabled", Boolean.class, true);
      return properties.getProperty("management.health.ssekit.enabled", Boolean.class, others);
    }
  }

  /** Creates the configuration. */
  public SsekitActuatorAutoConfiguration() {}

  /** Spring Boot 3.5's health. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(org.springframework.boot.actuate.health.HealthIndicator.class)
  @Conditional(HealthIsEnabled.class)
  @Order(1)
  static class Health3 {
    @Bean
    @ConditionalOnMissingBean(name = BEAN)
    org.springframework.boot.actuate.health.HealthIndicator ssekitHealthIndicator(
        Hub hub, ObjectProvider<RedisBridge> bridge) {
      NodeHealth health = new NodeHealth(hub, bridge.getIfAvailable());
      return () -> {
        NodeHealth.State now = health.now();
        return org.springframework.boot.actuate.health.Health.status(now.status())
            .withDetails(now.details())
            .build();
      };
    }
  }

  /** Spring Boot 4's health. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(org.springframework.boot.health.contributor.HealthIndicator.class)
  @Conditional(HealthIsEnabled.class)
  @Order(2)
  static class Health4 {
    @Bean
    @ConditionalOnMissingBean(name = BEAN)
    org.springframework.boot.health.contributor.HealthIndicator ssekitHealthIndicator(
        Hub hub, ObjectProvider<RedisBridge> bridge) {
      NodeHealth health = new NodeHealth(hub, bridge.getIfAvailable());
      return () -> {
        NodeHealth.State now = health.now();
        return org.springframework.boot.health.contributor.Health.status(now.status())
            .withDetails(now.details())
            .build();
      };
    }
  }

  /** The endpoint. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({Endpoint.class, ConditionalOnAvailableEndpoint.class})
  static class Endpoints {
    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnAvailableEndpoint
    SsekitEndpoint ssekitEndpoint(Hub hub) {
      return new SsekitEndpoint(hub);
    }
  }
}
