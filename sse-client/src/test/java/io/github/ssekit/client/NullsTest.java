package io.github.ssekit.client;

import io.github.ssekit.harness.NullsTable;
import java.net.URI;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** An illegal null throws at the call, and the message names the argument. */
class NullsTest extends NullsTable {
  private static final URI NOWHERE = URI.create("http://localhost:1/");

  @TestFactory
  Stream<DynamicTest> client() {
    EventSourceBuilder builder = EventSource.builder(NOWHERE);
    EventSource source = EventSource.open(NOWHERE);
    source.close();
    return Stream.of(
        named("uri", () -> EventSource.open(none())),
        named("uri", () -> EventSource.builder(none())),
        named("atMost", () -> source.next(none())),
        named("name", () -> builder.header(none(), "v")),
        named("value", () -> builder.header("n", none())),
        named("supplier", () -> builder.headers(none())),
        named("publisher", () -> builder.post(none())),
        named("id", () -> builder.lastEventId(none())),
        named("time", () -> builder.reconnectionTime(none())),
        named("max", () -> builder.maxBackoff(none())),
        named("timeout", () -> builder.answerTimeout(none())),
        named("idle", () -> builder.idleTimeout(none())),
        named("statuses", () -> builder.retryStatus(none())),
        named("http", () -> builder.client(none())),
        named("factory", () -> builder.threads(none())),
        named("listener", () -> builder.open(none())));
  }
}
