package io.github.ssekit.hub;

import io.github.ssekit.event.Comment;
import io.github.ssekit.event.EventStreamHandler;
import io.github.ssekit.event.EventStreamParser;
import io.github.ssekit.event.EventStreamReader;
import io.github.ssekit.event.EventStreamWriter;
import io.github.ssekit.event.ReconnectionTime;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.NullsTable;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** An illegal null throws at the call, and the message names the argument. */
class NullsTest extends NullsTable {
  private static final Position POSITION = new Position(1, 0);
  private static final Replay REPLAY = Replay.of(List.of(), List.of(), POSITION);
  private static final SseEvent EVENT = SseEvent.of("x");

  private final Hub hub = Hub.create();
  private final Connection connection = hub.connect(new RecordingTransport(), List.of("a"), null);

  @AfterEach
  void close() {
    hub.close();
  }

  @TestFactory
  Stream<DynamicTest> hub() {
    ConnectionOptions options = ConnectionOptions.of("a");
    return Stream.of(
        named("transport", () -> hub.connect(none(), options)),
        named("transport", () -> hub.connect(none(), List.of("a"), null)),
        named("options", () -> hub.connect(new RecordingTransport(), none())),
        named("channels", () -> hub.connect(new RecordingTransport(), none(), null)),
        named("channel", () -> hub.publish(none(), EVENT)),
        named("event", () -> hub.publish("a", none())),
        named("predicate", () -> hub.closeIf(none())),
        named("owner", () -> hub.closeAll(none())),
        named("channel", () -> hub.connectionCount(none())),
        named("owner", () -> hub.unsubscribe(none(), "a")),
        named("channel", () -> hub.unsubscribe("o", none())),
        named("drain", () -> hub.drain(none())));
  }

  @TestFactory
  Stream<DynamicTest> feed() {
    Feed feed = hub.feed();
    return Stream.of(
        named("upstream", () -> feed.attach(none())),
        named("channel", () -> feed.checkPublishable(none(), EVENT)),
        named("event", () -> feed.checkPublishable("a", none())),
        named("channel", () -> feed.deliver(none(), EVENT)),
        named("event", () -> feed.deliver("a", none())),
        named("channel", () -> feed.deliverAt(none(), EVENT, POSITION)),
        named("event", () -> feed.deliverAt("a", none(), POSITION)),
        named("position", () -> feed.deliverAt("a", EVENT, none())),
        named("channel", () -> feed.reset(none(), StreamReset.Reason.LOST)),
        named("reason", () -> feed.reset("a", none())),
        named("channels", () -> feed.opened(none(), POSITION)),
        named("from", () -> feed.opened(List.of("a"), none())),
        named("channels", () -> feed.ended(none())),
        named("position", () -> feed.reached(none())),
        named("reset", () -> feed.lost(none())),
        named("reason", () -> feed.rewound(none(), null, POSITION)),
        named("to", () -> feed.rewound(StreamReset.Reason.LOST, null, none())));
  }

  @TestFactory
  Stream<DynamicTest> builder() {
    HubBuilder builder = Hub.builder();
    return Stream.of(
        named("heartbeat", () -> builder.heartbeat(none())),
        named("stuckWriteDeadline", () -> builder.stuckWriteDeadline(none())),
        named("linger", () -> builder.linger(none())),
        named("maxLifetime", () -> builder.maxLifetime(none())),
        named("time", () -> builder.reconnectionTime(none())),
        named("policyOfChannel", () -> builder.overrunPolicies(none())),
        named("observer", () -> builder.observer(none())),
        named("predicate", () -> builder.closeWhen(none())),
        named("keyOf", () -> OverrunPolicy.conflate(none())));
  }

  @TestFactory
  Stream<DynamicTest> connection() {
    ConnectionOptions options = ConnectionOptions.of("a");
    return Stream.of(
        named("hub", () -> UnopenedConnection.of(none(), options, CloseReason.HEAD)),
        named("options", () -> UnopenedConnection.of(hub, none(), CloseReason.HEAD)),
        named("why", () -> UnopenedConnection.of(hub, options, none())),
        named("time", () -> connection.expireAt(none())),
        named("channel", () -> connection.subscribe(NullsTest.<String>none())),
        named("channel", () -> connection.unsubscribe(none())),
        named("event", () -> connection.send(NullsTest.<SseEvent>none())),
        named("time", () -> connection.send(NullsTest.<ReconnectionTime>none())),
        named("listener", () -> connection.onClose(none())),
        named("channels", () -> ConnectionOptions.of(NullsTest.<Collection<String>>none())),
        named("channels", () -> ConnectionOptions.of(NullsTest.<String[]>none())),
        named("channels", () -> new ConnectionOptions(none(), null, null, null, false, null, null)),
        named("channel", () -> ConnectionOptions.of("a", none())),
        named("channel", () -> ConnectionOptions.of(Arrays.asList("a", none()))));
  }

  @TestFactory
  Stream<DynamicTest> blocks() {
    return Stream.of(
        named("data", () -> SseEvent.of(none())),
        named("type", () -> SseEvent.of(none(), "x")),
        named("data", () -> SseEvent.of("x", none())),
        named("id", () -> SseEvent.idOnly(none())),
        named("id", () -> EVENT.withId(none())),
        named("text", () -> new Comment(none())),
        named("time", () -> new ReconnectionTime(none())),
        named("reason", () -> new StreamReset(null, none())),
        named("reason", () -> new StreamReset(null, none(), null, null)),
        named("out", () -> EVENT.frame().writeTo(none())));
  }

  @TestFactory
  Stream<DynamicTest> readersAndWriters() {
    EventStreamHandler handler = new EventStreamHandler() {};
    EventStreamParser parser = new EventStreamParser(handler);
    ByteArrayInputStream in = new ByteArrayInputStream(new byte[0]);
    EventStreamWriter writer = new EventStreamWriter(new ByteArrayOutputStream());
    return Stream.of(
        named("out", () -> new EventStreamWriter(none())),
        named("block", () -> writer.write(none())),
        named("in", () -> new EventStreamReader(none())),
        named("lastEventId", () -> new EventStreamReader(in, none())),
        named("lastEventId", () -> new EventStreamReader(in, none(), 1)),
        named("handler", () -> new EventStreamParser(none())),
        named("handler", () -> new EventStreamParser(none(), 1)),
        named("bytes", () -> parser.feed(none())),
        named("bytes", () -> parser.feed(none(), 0, 0)));
  }

  @TestFactory
  Stream<DynamicTest> positionsAndReplays() {
    StreamReset.Reason reason = StreamReset.Reason.LOST;
    return Stream.of(
        named("text", () -> Position.parse(none())),
        named("other", () -> POSITION.isAfter(none())),
        named("other", () -> POSITION.compareTo(none())),
        named("position", () -> Start.after(none())),
        named("starts", () -> REPLAY.withStarts(none(), POSITION)),
        named("clock", () -> REPLAY.withStarts(Map.of(), none())),
        named("resets", () -> Replay.of(none(), List.of(), POSITION)),
        named("events", () -> Replay.of(List.of(), none(), POSITION)),
        named("upTo", () -> Replay.of(List.of(), List.of(), none())),
        named("reason", () -> Replay.reset(none(), null, POSITION)),
        named("to", () -> Replay.reset(reason, null, none())));
  }

  @TestFactory
  Stream<DynamicTest> snapshots() {
    Instant at = Instant.EPOCH;
    return Stream.of(
        named("connections", () -> new HubSnapshot(at, 0, 0, 0, 0, none(), List.of(), true)),
        named("channels", () -> new HubSnapshot(at, 0, 0, 0, 0, List.of(), none(), true)),
        named(
            "channels",
            () ->
                new HubSnapshot.ConnectionSnapshot(
                    connection, null, at, none(), 0, false, false, null, 0, 0)));
  }
}
