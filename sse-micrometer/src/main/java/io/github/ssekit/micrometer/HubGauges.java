package io.github.ssekit.micrometer;

import io.github.ssekit.hub.Hub;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;

/**
 * The state of a hub: its open connections, and whether it works and accepts more.
 *
 * <pre>{@code
 * new HubGauges(hub).bindTo(registry);
 * }</pre>
 */
public final class HubGauges implements MeterBinder {
  private final Hub hub;

  /** Creates the gauges of a hub. */
  public HubGauges(Hub hub) {
    this.hub = Objects.requireNonNull(hub, "hub");
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    Gauge.builder("ssekit.connections.open", hub, Hub::connectionCount)
        .description("Open connections")
        .register(registry);
    Gauge.builder("ssekit.hub.healthy", hub, h -> h.isHealthy() ? 1 : 0)
        .description("1 if the hub is open and its threads work, else 0")
        .register(registry);
    Gauge.builder("ssekit.hub.draining", hub, h -> h.isDraining() ? 1 : 0)
        .description("1 if the hub refuses connections because the node stops, else 0")
        .register(registry);
  }
}
