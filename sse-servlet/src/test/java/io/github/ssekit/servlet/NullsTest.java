package io.github.ssekit.servlet;

import io.github.ssekit.harness.NullsTable;
import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.Hub;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** An illegal null throws at the call, and the message names the argument. */
class NullsTest extends NullsTable {
  private final Hub hub = Hub.create();

  @AfterEach
  void close() {
    hub.close();
  }

  @TestFactory
  Stream<DynamicTest> streams() {
    HttpServletRequest request = untouched(HttpServletRequest.class);
    HttpServletResponse response = untouched(HttpServletResponse.class);
    ConnectionOptions options = ConnectionOptions.of("a");
    return Stream.of(
        named("hub", () -> EventStreams.open(none(), request, response, "a")),
        named("request", () -> EventStreams.open(hub, none(), response, "a")),
        named("response", () -> EventStreams.open(hub, request, none(), "a")),
        named("channel", () -> EventStreams.open(hub, request, response, NullsTest.<String>none())),
        named("more", () -> EventStreams.open(hub, request, response, "a", none())),
        named(
            "channels",
            () -> EventStreams.open(hub, request, response, NullsTest.<Collection<String>>none())),
        named(
            "options",
            () -> EventStreams.open(hub, request, response, NullsTest.<ConnectionOptions>none())),
        named("overCapacity", () -> EventStreams.open(hub, request, response, options, none())));
  }

  @TestFactory
  Stream<DynamicTest> admissions() {
    return Stream.of(
        named("options", () -> Admission.to(NullsTest.<ConnectionOptions>none())),
        named("channels", () -> Admission.to(NullsTest.<Collection<String>>none())),
        named("channel", () -> Admission.to(NullsTest.<String>none())));
  }

  @TestFactory
  Stream<DynamicTest> servlets() {
    EventStreamServletBuilder builder =
        EventStreamServlet.builder(hub, request -> Admission.to("a"));
    Duration second = Duration.ofSeconds(1);
    return Stream.of(
        named("hub", () -> EventStreamServlet.of(none(), request -> List.of("a"))),
        named("channels", () -> EventStreamServlet.of(hub, none())),
        named("hub", () -> EventStreamServlet.builder(none(), request -> Admission.to("a"))),
        named("selector", () -> EventStreamServlet.builder(hub, none())),
        named("ownerOf", () -> builder.owner(none())),
        named("origins", () -> builder.allowOrigins(NullsTest.<String[]>none())),
        named("origin", () -> builder.allowOrigins("https://a.example", none())),
        named("headers", () -> builder.allowHeaders(NullsTest.<String[]>none())),
        named("header", () -> builder.allowHeaders("X-A", none())),
        named("answer", () -> builder.overCapacity(none())),
        named("earliest", () -> new OverCapacityAnswer(none(), second, 503)),
        named("latest", () -> new OverCapacityAnswer(second, none(), 503)));
  }
}
