package io.github.ssekit.micrometer;

import io.github.ssekit.hub.CloseReason;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.HubObserver;
import io.github.ssekit.hub.Refusal;
import io.github.ssekit.hub.StreamReset;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.BaseUnits;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An observer that counts the activity of a hub. All its series exist from the start, at zero, so
 * that a rate of the first event is not missing.
 *
 * <pre>{@code
 * Hub hub = Hub.builder().observer(new HubMeters(registry)).create();
 * new HubGauges(hub).bindTo(registry);
 * }</pre>
 */
public final class HubMeters implements HubObserver {
  private final Counter opened;
  private final Map<Refusal, Counter> refused;
  private final Map<CloseReason, Timer> closed;
  private final Map<StreamReset.Reason, Counter> resets;
  private final Timer resumedFromNode;
  private final Timer resumedFromRedis;
  private final Counter events;
  private final Counter bytes;
  private final Counter batches;
  private final Counter dropped;

  /** Written by the hub's callbacks, one at a time; read by the registry. */
  private volatile int lag;

  /** Creates an observer whose meters are in this registry. */
  public HubMeters(MeterRegistry registry) {
    Objects.requireNonNull(registry, "registry");
    opened =
        Counter.builder("ssekit.connections.opened")
            .description("Connections that were opened")
            .register(registry);
    refused =
        of(
            Refusal.class,
            why ->
                Counter.builder("ssekit.connections.refused")
                    .description("Clients that were refused, by the limit that they met")
                    .tag("reason", word(why))
                    .register(registry));
    closed =
        of(
            CloseReason.class,
            why ->
                Timer.builder("ssekit.connections.closed")
                    .description("Connections that ended, and how long they were open")
                    .tag("reason", word(why))
                    .register(registry));
    resets =
        of(
            StreamReset.Reason.class,
            why ->
                Counter.builder("ssekit.resets")
                    .description("Resets, which tell clients that they may have missed events")
                    .tag("reason", word(why))
                    .register(registry));
    resumedFromNode = resumes("node", registry);
    resumedFromRedis = resumes("redis", registry);
    events =
        Counter.builder("ssekit.events.written")
            .description("Events that were written, counted once for each client")
            .register(registry);
    bytes =
        Counter.builder("ssekit.written")
            .description("Bytes that were written, heartbeats included")
            .baseUnit(BaseUnits.BYTES)
            .register(registry);
    batches =
        Counter.builder("ssekit.batches.written")
            .description("Writes that contained events")
            .register(registry);
    dropped =
        Counter.builder("ssekit.observer.dropped")
            .description("Calls to observers that were dropped because an observer was slow")
            .register(registry);
    Gauge.builder("ssekit.lag", this, meters -> meters.lag)
        .description("Events that the slowest client has still to read")
        .baseUnit(BaseUnits.EVENTS)
        .strongReference(true)
        .register(registry);
  }

  private static Timer resumes(String source, MeterRegistry registry) {
    return Timer.builder("ssekit.resumes")
        .description("Clients that came back and got what they had missed, and how long it took")
        .tag("source", source)
        .register(registry);
  }

  private static <E extends Enum<E>, M> Map<E, M> of(Class<E> type, Function<E, M> meter) {
    Map<E, M> all = new EnumMap<>(type);
    Arrays.stream(type.getEnumConstants()).forEach(each -> all.put(each, meter.apply(each)));
    return all;
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public void opened(Connection connection) {
    opened.increment();
  }

  @Override
  public void refused(ConnectionOptions options, Refusal why) {
    Objects.requireNonNull(refused.get(why)).increment();
  }

  @Override
  public void closed(Connection connection, Closed how) {
    Objects.requireNonNull(closed.get(how.reason())).record(how.after());
  }

  @Override
  public void resumed(Connection connection, Resumed how) {
    (how.replays() == 0 ? resumedFromNode : resumedFromRedis).record(how.after());
  }

  @Override
  public void reset(@Nullable Connection connection, StreamReset reset) {
    Objects.requireNonNull(resets.get(reset.reason())).increment();
  }

  @Override
  public void written(Written totals) {
    events.increment((double) totals.events());
    bytes.increment((double) totals.bytes());
    batches.increment((double) totals.batches());
    dropped.increment((double) totals.dropped());
    lag = totals.lag();
  }
}
