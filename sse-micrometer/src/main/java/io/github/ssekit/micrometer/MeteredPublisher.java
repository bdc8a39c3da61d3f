package io.github.ssekit.micrometer;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.EventPublisher;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A publisher that measures how long another publisher takes, by outcome. Thread-safe.
 *
 * <pre>{@code
 * EventPublisher publisher = new MeteredPublisher(redis, registry);
 * }</pre>
 */
public final class MeteredPublisher implements EventPublisher {
  private final EventPublisher publisher;
  private final MeterRegistry registry;
  private final Timer published;
  private final Timer invalid;
  private final Timer failed;
  private final Timer unknown;

  /** Creates a publisher around another, with its meters in this registry. */
  public MeteredPublisher(EventPublisher publisher, MeterRegistry registry) {
    this.publisher = Objects.requireNonNull(publisher, "publisher");
    this.registry = Objects.requireNonNull(registry, "registry");
    published = timer("published");
    invalid = timer("invalid");
    failed = timer("failed");
    unknown = timer("unknown");
  }

  private Timer timer(String outcome) {
    return Timer.builder("ssekit.publish")
        .description("Publishes by outcome, and how long they took")
        .tag("outcome", outcome)
        .register(registry);
  }

  @Override
  public @Nullable Position publish(String channel, SseEvent event) {
    Timer.Sample sample = Timer.start(registry);
    Timer outcome = failed;
    try {
      Position position = publisher.publish(channel, event);
      outcome = published;
      return position;
    } catch (IllegalArgumentException e) {
      outcome = invalid;
      throw e;
    } catch (PublishException e) {
      outcome = e.mayBeStored() ? unknown : failed;
      throw e;
    } finally {
      sample.stop(outcome);
    }
  }
}
