package io.github.ssekit.hub;

import static io.github.ssekit.hub.FakeHistory.at;
import static io.github.ssekit.hub.HistoryHub.event;
import static io.github.ssekit.hub.HistoryHub.lostBlock;
import static io.github.ssekit.hub.HistoryHub.old;
import static io.github.ssekit.hub.HistoryHub.received;
import static io.github.ssekit.hub.HistoryHub.unknownBlock;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.EventStreamParser;
import io.github.ssekit.event.ReconnectionTime;
import io.github.ssekit.event.Recorder;
import io.github.ssekit.event.SseEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Blocks for clients that treat each blank line as a message, as many libraries do. */
class BlocksWithoutDataTest extends OneClientTest {
  private static final Duration HEARTBEAT = Duration.ofSeconds(15);

  private static String text(RecordingTransport client) {
    StringBuilder text = new StringBuilder();
    client.writes().forEach(bytes -> text.append(new String(bytes, UTF_8)));
    return text.toString();
  }

  /** The blocks that end with a blank line but have no data. */
  private static List<String> withoutData(RecordingTransport client) {
    List<String> found = new ArrayList<>();
    String text = text(client);
    int from = 0;
    for (int end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n", from)) {
      String block = text.substring(from, end);
      if (block.lines().noneMatch(line -> line.startsWith("data: "))) {
        found.add(block);
      }
      from = end + 2;
    }
    return found;
  }

  @Test
  void aPlainStreamHasNoneWhateverIsWritten() {
    Connection connection = hub.hub.connect(client, List.of("a"), null);
    hub.settle();
    assertEquals("retry: 2000\n", text(client), "the head goes out at once");
    hub.pass(HEARTBEAT);
    hub.pass(HEARTBEAT);
    hub.publish("a", "1", "2");
    hub.settle();
    connection.send(SseEvent.of("private"));
    connection.send(new ReconnectionTime(SECOND));
    hub.feed.reset("a", StreamReset.Reason.RECONNECTED);
    hub.settle();
    hub.pass(HEARTBEAT);
    hub.hub.drain(SECOND);

    assertEquals(List.of(), withoutData(client));
    String lines = text(client).replace('\n', '/');
    assertTrue(
        lines.matches(
            "retry: 2000/:/:/data: 1//data: 2//data: private//retry: 1000/"
                + "event: stream-reset/data: .*//:/retry: \\d+/"),
        lines);
  }

  @Test
  void linesWithoutABlankLineLeaveEachEventAsItWas() {
    Recorder recorder = new Recorder();
    EventStreamParser parser = new EventStreamParser(recorder);
    Connection connection = hub.hub.connect(client, List.of("a"), null);
    hub.settle();
    for (int i = 0; i < 3; i++) {
      hub.pass(HEARTBEAT);
      connection.send(new ReconnectionTime(SECOND));
      hub.publish("a", "x" + i);
      hub.settle();
    }
    parser.feed(text(client).getBytes(UTF_8));

    assertEquals(
        List.of(SseEvent.of("x0"), SseEvent.of("x1"), SseEvent.of("x2")),
        recorder.blocks().stream().filter(SseEvent.class::isInstance).toList());
  }

  @Test
  void withIdsOnEventsOnlyANewcomerIsToldItsPositionByItsFirstEvent() {
    HistoryHub history = HistoryHub.open(HubBuilder::idsOnEventsOnly);
    RecordingTransport newcomer = history.connect(null, "a");
    history.manual.pass(HEARTBEAT);
    history.reached(11);
    history.manual.pass(HEARTBEAT);
    history.deliver("a", 12);
    history.manual.pass(HEARTBEAT);

    assertEquals(List.of(":", ":", event("a", 12), ":"), received(newcomer));
    assertEquals(List.of(), withoutData(newcomer));
  }

  @Test
  void withIdsOnEventsOnlyAReplayEndsWithItsLastEvent() {
    HistoryHub history = HistoryHub.open(HubBuilder::idsOnEventsOnly);
    RecordingTransport back = history.connect("5-0", "a");
    history.answer(10, 6, 8);
    history.deliver("a", 12);
    RecordingTransport uptodate = history.connect("9-0", "a");
    history.answer(10);
    RecordingTransport told = history.connect("4-0", "a");
    StreamReset lost = new StreamReset("a", StreamReset.Reason.LOST, at(4), at(7));
    history.answer(Replay.of(List.of(lost), List.of(), at(10)));
    history.deliver("a", 13);

    assertEquals(List.of(old(6), old(8), event("a", 12), event("a", 13)), received(back));
    assertEquals(List.of(event("a", 12), event("a", 13)), received(uptodate));
    assertEquals(List.of(lostBlock("a", 4, 7), event("a", 12), event("a", 13)), received(told));
    for (RecordingTransport each : List.of(back, uptodate, told)) {
      assertEquals(List.of(), withoutData(each));
      assertEquals(List.of(), each.breaches());
    }
  }

  @Test
  void withIdsOnEventsOnlyResetsOfAllChannelsStillCarryThePosition() {
    HistoryHub history = HistoryHub.open(HubBuilder::idsOnEventsOnly);

    assertEquals(List.of(unknownBlock(10)), received(history.connect("nonsense", "a")));
  }

  @Test
  void oneConnectionAloneCanAskForIdsOnEventsOnly() {
    HistoryHub history = HistoryHub.open();
    RecordingTransport asks = new RecordingTransport();
    history.hub.connect(asks, ConnectionOptions.of("a").withIdsOnEventsOnly());
    RecordingTransport other = history.connect(null, "a");
    history.deliver("a", 11);

    assertEquals(List.of(event("a", 11)), received(asks));
    assertEquals(List.of("id: 10-0", event("a", 11)), received(other));
  }

  @Test
  void anOversizedEventsPositionStandsOnItsReset() {
    HistoryHub history = HistoryHub.open(b -> b.idsOnEventsOnly().maxEventBytes(40));
    RecordingTransport newcomer = history.connect(null, "a");
    history.feed.deliverAt("a", SseEvent.of("x".repeat(40)), at(11));
    history.settle();

    assertEquals(
        List.of(
            "id: 11-0\nevent: stream-reset\ndata: {\"channel\":\"a\",\"reason\":\"oversized\"}"),
        received(newcomer));
  }
}
