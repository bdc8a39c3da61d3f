package io.github.ssekit.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.ManualHub;
import io.github.ssekit.hub.RecordingTransport;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A hub with a clock that the test moves. */
class ManualHubExampleTest {
  @Test
  void aQuietClientIsSentAHeartbeat() {
    ManualHub manual = new ManualHub(hub -> hub.heartbeat(Duration.ofSeconds(20)));
    RecordingTransport client = manual.connect("room:1");
    manual.hub().publish("room:1", SseEvent.of("hello"));
    manual.settle();
    assertEquals(List.of("data: hello"), client.blocks());
    manual.pass(Duration.ofSeconds(20));
    assertEquals(List.of("data: hello", ":"), client.blocks());
  }
}
