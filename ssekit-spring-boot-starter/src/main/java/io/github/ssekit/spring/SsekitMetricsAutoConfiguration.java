package io.github.ssekit.spring;

import io.github.ssekit.hub.Hub;
import io.github.ssekit.micrometer.BridgeGauges;
import io.github.ssekit.micrometer.HubGauges;
import io.github.ssekit.micrometer.HubMeters;
import io.github.ssekit.redis.RedisBridge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationPredicate;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.server.observation.ServerRequestObservationContext;

/** The meters of hub and bridge. Streams are kept out of the times of other requests. */
@AutoConfiguration(
    after = SsekitRedisAutoConfiguration.class,
    afterName = {
      SsekitMetricsAutoConfiguration.REGISTRY_3,
      SsekitMetricsAutoConfiguration.REGISTRY_4
    })
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean(MeterRegistry.class)
public class SsekitMetricsAutoConfiguration {
  static final String REGISTRY_3 =
      "org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration";
  static final String REGISTRY_4 =
      "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration";

  /** Creates the configuration. */
  public SsekitMetricsAutoConfiguration() {}

  /** The meters of the hub's activity. */
  @Bean
  @ConditionalOnMissingBean
  public HubMeters ssekitHubMeters(MeterRegistry registry) {
    return new HubMeters(registry);
  }

  /** The meters of the hub's state. */
  @Bean
  @ConditionalOnMissingBean
  public HubGauges ssekitHubGauges(Hub hub) {
    return new HubGauges(hub);
  }

  /** The meters of the bridge's state. */
  @Bean
  @ConditionalOnMissingBean
  @ConditionalOnBean(RedisBridge.class)
  public BridgeGauges ssekitBridgeGauges(RedisBridge bridge) {
    return new BridgeGauges(bridge);
  }

  /** Streams last for hours: among the times of requests they would hide all others. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({
    ServerRequestObservationContext.class,
    ObservationPredicate.class,
    HttpServletRequest.class
  })
  @ConditionalOnProperty(
      name = "ssekit.metrics.http-server-requests",
      havingValue = "false",
      matchIfMissing = true)
  static class WithoutStreams {
    @Bean
    ObservationPredicate ssekitWithoutStreams() {
      return (name, context) ->
          !(context instanceof ServerRequestObservationContext request
              && accepts(request.getCarrier()));
    }

    private static boolean accepts(HttpServletRequest request) {
      String accept = request.getHeader(HttpHeaders.ACCEPT);
      // Nothing else: clients of other protocols accept a stream or JSON as an answer.
      return accept != null
          && accept.split(";", 2)[0].strip().equalsIgnoreCase(MediaType.TEXT_EVENT_STREAM_VALUE)
          && !accept.contains(",");
    }
  }
}
