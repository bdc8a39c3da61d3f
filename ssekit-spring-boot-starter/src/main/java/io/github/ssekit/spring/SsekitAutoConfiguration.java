package io.github.ssekit.spring;

import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.HubBuilder;
import io.github.ssekit.hub.HubObserver;
import java.time.Duration;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.SearchStrategy;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Fallback;
import org.springframework.core.env.Environment;
import org.springframework.util.unit.DataSize;

/** The hub, and its drain before the web server stops. */
@AutoConfiguration
@EnableConfigurationProperties(SsekitProperties.class)
public class SsekitAutoConfiguration {
  /** The longest time that a drain may take beyond its own. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  /** Creates the configuration. */
  public SsekitAutoConfiguration() {}

  /** The hub of this node. */
  @Bean
  @Fallback
  @ConditionalOnMissingBean
  public Hub ssekitHub(
      SsekitProperties properties,
      ObjectProvider<HubObserver> observers,
      ObjectProvider<HubCustomizer> customizers) {
    SsekitProperties.Limits limits = properties.limits();
    HubBuilder builder =
        Hub.builder()
            .heartbeat(properties.heartbeat())
            .reconnectionTime(properties.reconnectionTime())
            .stuckWriteDeadline(properties.stuckWriteDeadline())
            .linger(properties.linger())
            .maxEventBytes(bytes("ssekit.max-event-size", properties.maxEventSize()))
            .maxChannelLog(
                properties.channelLog().events(), properties.channelLog().size().toBytes())
            .maxSendBytes(bytes("ssekit.max-send-size", properties.maxSendSize()))
            .maxChannelsPerConnection(limits.channelsPerConnection());
    if (properties.maxLifetime() != null) {
      builder.maxLifetime(properties.maxLifetime());
    }
    if (properties.maxReplaySize() != null) {
      builder.maxReplayBytes(properties.maxReplaySize().toBytes());
    }
    if (properties.loops() != null) {
      builder.loops(properties.loops());
    }
    if (limits.connections() != null) {
      builder.maxConnections(limits.connections());
    }
    if (limits.connectionsPerOwner() != null) {
      builder.maxConnectionsPerOwner(limits.connectionsPerOwner());
    }
    if (limits.connectionsPerChannel() != null) {
      builder.maxConnectionsPerChannel(limits.connectionsPerChannel());
    }
    if (properties.idsOnEventsOnly()) {
      builder.idsOnEventsOnly();
    }
    observers.orderedStream().forEach(builder::observer);
    customizers.orderedStream().forEach(each -> each.customize(builder));
    return builder.create();
  }

  static int bytes(String property, DataSize size) {
    if (size.toBytes() > Integer.MAX_VALUE) {
      throw new InvalidConfigurationPropertyValueException(
          property, size, "It may be " + Integer.MAX_VALUE + " bytes at most.");
    }
    return (int) size.toBytes();
  }

  /**
   * The drain of the hub, in a phase before the web server's graceful shutdown. A context that uses
   * the hub of its parent leaves the drain to the parent, which may have to call it itself.
   */
  @Bean
  @ConditionalOnBean(value = Hub.class, search = SearchStrategy.CURRENT)
  HubDrain ssekitHubDrain(Hub hub, SsekitProperties properties, Environment environment) {
    Duration phase =
        Binder.get(environment)
            .bind("spring.lifecycle.timeout-per-shutdown-phase", Duration.class)
            .orElse(Duration.ofSeconds(30));
    Duration drain = properties.drain();
    if (drain.isNegative() || drain.isZero() || drain.plus(GRACE).compareTo(phase) > 0) {
      throw new InvalidConfigurationPropertyValueException(
          "ssekit.drain",
          drain,
          "A drain may take two seconds more than its time, and must fit into"
              + " spring.lifecycle.timeout-per-shutdown-phase, which is "
              + phase
              + ".");
    }
    return new HubDrain(hub, drain);
  }
}
