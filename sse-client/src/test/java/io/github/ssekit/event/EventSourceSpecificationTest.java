package io.github.ssekit.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.client.EventSource;
import io.github.ssekit.client.EventSourceException;
import io.github.ssekit.client.EventSourceListener;
import io.github.ssekit.client.RawServer;
import io.github.ssekit.event.EventStreamSpecification.Row;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The rows of the parser's specification, over HTTP. */
@SuppressWarnings("try")
class EventSourceSpecificationTest {
  static Stream<Arguments> rows() {
    return EventStreamSpecification.ROWS.stream()
        .flatMap(row -> row.lineEnds().stream().map(end -> Arguments.of(row, end)));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theBlocksOfTheStreamReachTheListener(Row row, EventStreamSpecification.LineEnd end)
      throws Exception {
    List<Block> blocks = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    CountDownLatch closed = new CountDownLatch(1);
    EventSourceListener listener =
        new EventSourceListener() {
          @Override
          public void onEvent(SseEvent event, String lastEventId) {
            blocks.add(event);
            ids.add(lastEventId);
          }

          @Override
          public void onComment(Comment comment) {
            blocks.add(comment);
          }

          @Override
          public void onReconnectionTime(ReconnectionTime time) {
            blocks.add(time);
          }

          @Override
          public void onDisconnect(IOException cause, Duration delay) {
            closed.countDown();
          }

          @Override
          public void onClose(EventSourceException failure) {
            closed.countDown();
          }
        };
    // A server for each row: a source that was given a short reconnection time reconnects before
    // the test closes it.
    try (RawServer server = new RawServer()) {
      server.thenBytes(row.input(end));
      try (EventSource source = EventSource.builder(server.uri()).open(listener)) {
        assertTrue(closed.await(10, TimeUnit.SECONDS), "the stream did not end");
      }
    }
    assertEquals(row.expected(), blocks);
    assertEquals(row.lastEventIds(), ids);
  }
}
