package io.github.ssekit.event;

import static io.github.ssekit.event.EventStreamSpecification.ROWS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.launchdarkly.eventsource.ConnectStrategy;
import com.launchdarkly.eventsource.ErrorStrategy;
import com.launchdarkly.eventsource.FaultEvent;
import com.launchdarkly.eventsource.MessageEvent;
import com.launchdarkly.eventsource.StreamEvent;
import com.launchdarkly.eventsource.StreamException;
import com.launchdarkly.logging.LDLogger;
import io.github.ssekit.event.EventStreamSpecification.LineEnd;
import io.github.ssekit.event.EventStreamSpecification.Row;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import okhttp3.MediaType;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okhttp3.sse.EventSource;
import okhttp3.sse.EventSourceListener;
import okhttp3.sse.EventSources;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table once more, read by the parsers of okhttp-sse 5.5.1 and okhttp-eventsource 4.3.0: their
 * agreement with us confirms the table. Each row that they read differently is listed with their
 * behaviour, and must stay different, so that the lists stay true.
 *
 * <p>Both get the bytes without HTTP. okhttp-sse gets LF and CRLF only: for it a lone CR ends no
 * {@code id} or {@code event} line, and at the end of a stream it spins for ever.
 */
class OtherParsersTest {
  private static final Map<String, String> OKHTTP_DIFFERS =
      Map.of(
          "leading BOM is skipped", "takes the BOM as part of the first field's name",
          "id of a block without data persists", "drops the id",
          "id with NUL is ignored", "takes the id, NUL and all",
          "id with NUL leaves the one before", "takes the id, NUL and all",
          "an encoded surrogate is three errors", "is one U+FFFD");

  private static final Map<String, String> LAUNCHDARKLY_DIFFERS =
      Map.of(
          "leading BOM is skipped", "takes the BOM as part of the first field's name",
          "retry beyond it is cut to it", "throws NumberFormatException beyond a long",
          "an encoded surrogate is three errors", "is one U+FFFD");

  @ParameterizedTest(name = "{0} [{1}]")
  @MethodSource
  void okHttpReadsTheRowAsWeDo(Row row, LineEnd lineEnd) {
    assertEquals(row.dispatched(), okHttp(row.input(lineEnd)));
  }

  static Stream<Arguments> okHttpReadsTheRowAsWeDo() {
    return okHttpRows(row -> !OKHTTP_DIFFERS.containsKey(row.description()));
  }

  @ParameterizedTest(name = "{0} [{1}]")
  @MethodSource
  void okHttpDiffersInTheListedRow(Row row, LineEnd lineEnd) {
    assertNotEquals(
        row.dispatched(),
        okHttp(row.input(lineEnd)),
        () -> "no longer: " + OKHTTP_DIFFERS.get(row.description()));
  }

  static Stream<Arguments> okHttpDiffersInTheListedRow() {
    return okHttpRows(row -> OKHTTP_DIFFERS.containsKey(row.description()));
  }

  @ParameterizedTest(name = "{0} [{1}]")
  @MethodSource
  void launchDarklyReadsTheRowAsWeDo(Row row, LineEnd lineEnd) throws StreamException {
    assertEquals(row.dispatched(), launchDarkly(row.input(lineEnd)));
  }

  static Stream<Arguments> launchDarklyReadsTheRowAsWeDo() {
    return rows(row -> !LAUNCHDARKLY_DIFFERS.containsKey(row.description()), lineEnd -> true);
  }

  @ParameterizedTest(name = "{0} [{1}]")
  @MethodSource
  void launchDarklyDiffersInTheListedRow(Row row, LineEnd lineEnd) throws StreamException {
    List<SseEvent> read;
    try {
      read = launchDarkly(row.input(lineEnd));
    } catch (NumberFormatException e) {
      assertEquals("retry beyond it is cut to it", row.description());
      return;
    }
    assertNotEquals(
        row.dispatched(), read, () -> "no longer: " + LAUNCHDARKLY_DIFFERS.get(row.description()));
  }

  static Stream<Arguments> launchDarklyDiffersInTheListedRow() {
    return rows(row -> LAUNCHDARKLY_DIFFERS.containsKey(row.description()), lineEnd -> true);
  }

  @Test
  void listedRowsAreRowsOfTheTable() {
    Set<String> rows = ROWS.stream().map(Row::description).collect(Collectors.toSet());

    assertEquals(ROWS.size(), rows.size(), "descriptions are unique");
    assertTrue(rows.containsAll(OKHTTP_DIFFERS.keySet()));
    assertTrue(rows.containsAll(LAUNCHDARKLY_DIFFERS.keySet()));
  }

  @Test
  void bothReadTheFramesOfRandomEventsAsWeDo() throws StreamException {
    for (int round = 0; round < 1_000; round++) {
      SseEvent event = FramingLawTest.eventWithData(new Random(round));
      byte[] frame = event.frame().toByteArray();
      List<SseEvent> expected = List.of(event.id() == null ? event.withId("") : event);

      assertEquals(expected, okHttp(frame), "okhttp-sse, round " + round);
      assertEquals(expected, launchDarkly(frame), "okhttp-eventsource, round " + round);
    }
  }

  private static Stream<Arguments> okHttpRows(Predicate<Row> which) {
    return rows(which, lineEnd -> lineEnd != LineEnd.CR);
  }

  private static Stream<Arguments> rows(Predicate<Row> which, Predicate<LineEnd> lineEnds) {
    return ROWS.stream()
        .filter(which)
        .flatMap(row -> row.lineEnds().stream().filter(lineEnds).map(end -> arguments(row, end)));
  }

  private static List<SseEvent> okHttp(byte[] stream) {
    List<SseEvent> events = new ArrayList<>();
    Response response =
        new Response.Builder()
            .request(new Request.Builder().url("http://localhost/").build())
            .protocol(Protocol.HTTP_1_1)
            .code(200)
            .message("OK")
            .body(ResponseBody.create(stream, MediaType.get("text/event-stream")))
            .build();
    EventSources.processResponse(
        response,
        new EventSourceListener() {
          @Override
          public void onEvent(
              EventSource source, @Nullable String id, @Nullable String type, String data) {
            events.add(new SseEvent(type, data, Objects.requireNonNullElse(id, "")));
          }
        });
    return events;
  }

  private static List<SseEvent> launchDarkly(byte[] stream) throws StreamException {
    List<SseEvent> events = new ArrayList<>();
    try (var source =
        new com.launchdarkly.eventsource.EventSource.Builder(new Bytes(stream))
            .errorStrategy(ErrorStrategy.alwaysContinue())
            .build()) {
      StreamEvent event = source.readAnyEvent();
      for (; !(event instanceof FaultEvent); event = source.readAnyEvent()) {
        if (event instanceof MessageEvent message) {
          String id = Objects.requireNonNullElse(message.getLastEventId(), "");
          events.add(new SseEvent(message.getEventName(), message.getData(), id));
        }
      }
    }
    return events;
  }

  /** Returns given bytes instead of opening a connection. */
  private static final class Bytes extends ConnectStrategy {
    private static final URI ORIGIN = URI.create("http://localhost/");
    private final byte[] stream;

    Bytes(byte[] stream) {
      this.stream = stream;
    }

    @Override
    public Client createClient(LDLogger logger) {
      return new Client() {
        @Override
        public Result connect(@Nullable String lastEventId) {
          return new Result(new ByteArrayInputStream(stream), ORIGIN, () -> {});
        }

        @Override
        public boolean awaitClosed(long timeoutMillis) {
          return true;
        }

        @Override
        public URI getOrigin() {
          return ORIGIN;
        }

        @Override
        public void close() {}
      };
    }
  }
}
