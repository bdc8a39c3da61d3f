package io.github.ssekit.spring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.EventCodec;
import io.github.ssekit.hub.EventPublisher;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.ObjectPublisher;
import io.github.ssekit.micrometer.MeteredPublisher;
import io.github.ssekit.redis.RedisBridge;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.annotation.Order;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The publisher to inject: the bridge, or the hub if there is no bridge. If the application has
 * Jackson, also a publisher of objects as JSON.
 */
@AutoConfiguration(
    after = SsekitRedisAutoConfiguration.class,
    afterName = {
      "org.springframework.boot.autoconfigure.jackson.JacksonAutoConfiguration",
      "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration",
      "org.springframework.boot.jackson2.autoconfigure.Jackson2AutoConfiguration",
      SsekitMetricsAutoConfiguration.REGISTRY_3,
      SsekitMetricsAutoConfiguration.REGISTRY_4
    })
public class SsekitPublisherAutoConfiguration {
  /** Creates the configuration. */
  public SsekitPublisherAutoConfiguration() {}

  /** The publisher, with meters. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(MeterRegistry.class)
  @ConditionalOnBean(MeterRegistry.class)
  @Order(1)
  static class Metered {
    @Bean
    @Primary
    @ConditionalOnMissingBean(
        value = EventPublisher.class,
        ignored = {Hub.class, RedisBridge.class})
    EventPublisher ssekitEventPublisher(
        Hub hub, ObjectProvider<RedisBridge> bridge, MeterRegistry registry) {
      return new MeteredPublisher(choose(hub, bridge), registry);
    }
  }

  /** The publisher, without meters. */
  @Configuration(proxyBeanMethods = false)
  @Order(2)
  static class Plain {
    /**
     * Spring doesn't close this bean: it closes the hub or the bridge, which is a bean of its own.
     */
    @Bean(destroyMethod = "")
    @Primary
    @ConditionalOnMissingBean(
        value = EventPublisher.class,
        ignored = {Hub.class, RedisBridge.class})
    EventPublisher ssekitEventPublisher(Hub hub, ObjectProvider<RedisBridge> bridge) {
      return choose(hub, bridge);
    }
  }

  private static EventPublisher choose(Hub hub, ObjectProvider<RedisBridge> bridge) {
    RedisBridge there = bridge.getIfAvailable();
    return there == null ? hub : there;
  }

  /** JSON by Jackson 3, which Spring Boot 4 has. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(JsonMapper.class)
  @ConditionalOnBean(JsonMapper.class)
  @Order(3)
  static class Jackson3 {
    @Bean
    @ConditionalOnMissingBean
    EventCodec ssekitEventCodec(JsonMapper mapper) {
      return value -> {
        try {
          return ready(value) ? plain(value) : SseEvent.of(mapper.writeValueAsString(value));
        } catch (JacksonException e) {
          throw new IllegalArgumentException("no JSON of a " + value.getClass().getName(), e);
        }
      };
    }
  }

  /** JSON by Jackson 2, which Spring Boot 3 has. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(ObjectMapper.class)
  @ConditionalOnBean(ObjectMapper.class)
  @Order(4)
  static class Jackson2 {
    @Bean
    @ConditionalOnMissingBean
    EventCodec ssekitEventCodec(ObjectMapper mapper) {
      return value -> {
        try {
          return ready(value) ? plain(value) : SseEvent.of(mapper.writeValueAsString(value));
        } catch (JsonProcessingException e) {
          throw new IllegalArgumentException("no JSON of a " + value.getClass().getName(), e);
        }
      };
    }
  }

  /** Whether a value needs no codec. */
  private static boolean ready(Object value) {
    return value instanceof SseEvent || value instanceof CharSequence;
  }

  private static SseEvent plain(Object value) {
    return value instanceof SseEvent event ? event : SseEvent.of(value.toString());
  }

  /** A publisher of objects. */
  @Bean
  @ConditionalOnMissingBean
  @ConditionalOnBean(EventCodec.class)
  public ObjectPublisher ssekitObjectPublisher(EventPublisher publisher, EventCodec codec) {
    return new ObjectPublisher(publisher, codec);
  }
}
