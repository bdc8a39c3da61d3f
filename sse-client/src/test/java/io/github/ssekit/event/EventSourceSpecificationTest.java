package io.github.ssekit.event;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The rows that the parser is tested with, over HTTP. */
@SuppressWarnings("try")
class EventSourceSpecificationTest {
  private static final RawServer SERVER = new RawServer();

  @AfterAll
  static void stop() throws Exception {
    SERVER.close();
  }

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
    SERVER.thenBytes(row.input(end));
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
    try (EventSource source = EventSource.builder(SERVER.uri()).open(listener)) {
      closed.await(10, TimeUnit.SECONDS);
    }
    assertEquals(row.expected(), blocks);
    assertEquals(row.lastEventIds(), ids);
  }
}
