package io.github.ssekit.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.ssekit.event.EventStreamSpecification.LineEnd;
import io.github.ssekit.event.EventStreamSpecification.Row;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EventStreamSpecificationTest {
  @ParameterizedTest(name = "{0} [{1}, {2}]")
  @MethodSource("rows")
  void isKept(Row row, LineEnd lineEnd, Chunking chunking) {
    byte[] input = row.input(lineEnd);

    Recorder read = chunking.read(input, new Random(1));

    assertEquals(row.expected(), read.blocks());
    assertEquals(row.lastEventIds(), read.lastEventIds());
  }

  static Stream<Arguments> rows() {
    return EventStreamSpecification.ROWS.stream()
        .flatMap(
            row ->
                row.lineEnds().stream()
                    .flatMap(
                        lineEnd ->
                            Stream.of(Chunking.values())
                                .map(chunking -> arguments(row, lineEnd, chunking))));
  }
}
