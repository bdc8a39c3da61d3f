package io.github.ssekit.micrometer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.CloseReason;
import io.github.ssekit.hub.Connection;
import io.github.ssekit.hub.EventPublisher;
import io.github.ssekit.hub.ManualHub;
import io.github.ssekit.hub.OverCapacityException;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.hub.RecordingTransport;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The meters of a hub, driven by hand. */
class HubMetersTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ManualHub manual =
      new ManualHub(b -> b.observer(new HubMeters(registry)).maxConnections(2));

  HubMetersTest() {
    new HubGauges(manual.hub()).bindTo(registry);
  }

  private double counter(String name, String... tags) {
    return registry.get(name).tags(tags).counter().count();
  }

  private double gauge(String name) {
    return registry.get(name).gauge().value();
  }

  @Test
  void connectionsAreCountedByHowTheyBeganAndEnded() {
    RecordingTransport transport = new RecordingTransport();
    Connection first = manual.connect(transport, "a");
    manual.connect("a");
    assertThrows(OverCapacityException.class, () -> manual.connect("a"));
    manual.settle();
    assertEquals(2, gauge("ssekit.connections.open"));
    assertEquals(2, counter("ssekit.connections.opened"));
    assertEquals(1, counter("ssekit.connections.refused", "reason", "max_connections"));
    manual.pass(Duration.ofSeconds(3));
    first.close();
    manual.settle();
    assertEquals(1, gauge("ssekit.connections.open"));
    var closed = registry.get("ssekit.connections.closed").tag("reason", "closed").timer();
    assertEquals(1, closed.count());
    assertEquals(3, closed.totalTime(TimeUnit.SECONDS));
  }

  @Test
  void everyReasonHasItsSeriesFromTheStart() {
    assertEquals(
        CloseReason.values().length, registry.get("ssekit.connections.closed").timers().size());
  }

  @Test
  void eventsAreCountedForEachClient() {
    manual.connect("a");
    manual.connect("a");
    manual.hub().publish("a", SseEvent.of("1"));
    manual.hub().publish("a", SseEvent.of("2"));
    manual.settle();
    manual.pass(Duration.ofSeconds(1));
    manual.pass(Duration.ofSeconds(1));
    assertEquals(4, counter("ssekit.events.written"));
    assertEquals(2, counter("ssekit.batches.written"));
    assertTrue(counter("ssekit.written") >= 4 * "data: 1\n\n".length());
    assertEquals(0, gauge("ssekit.lag"));
  }

  @Test
  void theLagIsThatOfTheSlowestClient() {
    RecordingTransport slow = manual.connect("a");
    slow.ready(false);
    for (int i = 0; i < 3; i++) {
      manual.hub().publish("a", SseEvent.of("x"));
      manual.settle();
    }
    manual.pass(Duration.ofSeconds(1));
    manual.pass(Duration.ofSeconds(1));
    assertTrue(gauge("ssekit.lag") >= 2, () -> "lag " + gauge("ssekit.lag"));
  }

  @Test
  void theStateOfTheHubIsSeen() {
    assertEquals(1, gauge("ssekit.hub.healthy"));
    assertEquals(0, gauge("ssekit.hub.draining"));
    manual.hub().drain(Duration.ofMillis(1));
    assertEquals(1, gauge("ssekit.hub.draining"));
    manual.hub().close();
    assertEquals(0, gauge("ssekit.hub.healthy"));
  }

  @Test
  void publishesAreTimedByOutcome() {
    EventPublisher fails =
        (channel, event) -> {
          throw new PublishException(channel, new Exception(), channel.equals("unknown"));
        };
    new MeteredPublisher(manual.hub(), registry).publish("a", SseEvent.of("x"));
    EventPublisher metered = new MeteredPublisher(fails, registry);
    assertThrows(PublishException.class, () -> metered.publish("failed", SseEvent.of("x")));
    assertThrows(PublishException.class, () -> metered.publish("unknown", SseEvent.of("x")));
    assertThrows(
        IllegalArgumentException.class,
        () -> new MeteredPublisher(manual.hub(), registry).publish("", SseEvent.of("x")));
    for (String outcome : new String[] {"published", "invalid", "failed", "unknown"}) {
      assertEquals(1, registry.get("ssekit.publish").tag("outcome", outcome).timer().count());
    }
  }
}
