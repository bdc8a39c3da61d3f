package io.github.ssekit.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.ssekit.event.SseEvent;
import org.junit.jupiter.api.Test;

class EventQueueTest {
  private final EventQueue queue = new EventQueue(1_000, "");

  @Test
  void aPositionBeforeAnEventThatWaitsCounts() throws Exception {
    queue.received("5");
    queue.put(SseEvent.of("a"), "6");
    queue.put(SseEvent.of("b"), "7");
    queue.received("8");
    assertEquals("5", queue.lastEventId());
    queue.take(0);
    assertEquals("6", queue.lastEventId());
    queue.discard();
    assertEquals("6", queue.lastEventId());
  }

  @Test
  void aPositionBehindTheLastEventThatWasTakenCounts() throws Exception {
    queue.put(SseEvent.of("a"), "1");
    queue.take(0);
    queue.received("2");
    queue.put(SseEvent.of("b"), "3");
    queue.discard();
    assertEquals("2", queue.lastEventId());
  }
}
