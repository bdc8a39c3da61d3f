package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.ssekit.event.SseEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Objects as events. */
class ObjectPublisherTest {
  private final List<SseEvent> published = new ArrayList<>();
  private final ObjectPublisher objects =
      new ObjectPublisher(
          (channel, event) -> {
            published.add(event);
            return new Position(1, 0);
          },
          value -> SseEvent.of("number", "<" + value + ">"));

  @Test
  void anObjectIsPublishedAsTheCodecSays() {
    assertEquals(new Position(1, 0), objects.publish("a", 42));
    assertEquals(List.of(SseEvent.of("number", "<42>")), published);
  }

  @Test
  void theTypeOfTheCallIsUsedInPlaceOfTheCodecs() {
    objects.publish("a", "price", 42);
    assertEquals(List.of(SseEvent.of("price", "<42>")), published);
  }
}
