package io.github.ssekit.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.hub.HubSnapshot.ChannelSnapshot;
import io.github.ssekit.hub.HubSnapshot.ConnectionSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The connections and channels in a snapshot. */
class HubSnapshotTest extends OneClientTest {
  private static final int FRAME = "data: 1\n\n".length();

  private HubSnapshot snapshot(int limit) {
    return snapshot(hub, limit);
  }

  private static HubSnapshot snapshot(ManualHub hub, int limit) {
    SnapshotRequest request = hub.hub.requestSnapshot(limit);
    hub.settle();
    return request.result(0);
  }

  @Test
  void aConnectionIsSeenWithItsChannelsItsTimeAndWhatWaitsForIt() {
    Connection connection = connect("a", "b");
    hub.pass(Duration.ofMinutes(5));
    client.forget();
    hub.publish("a", "1", "2");
    hub.settle();
    client.ready(false);
    hub.publish("a", "3", "4");
    hub.publish("b", "5");
    hub.settle();
    Connection other = hub.connect(new RecordingTransport(), "b");
    HubSnapshot snapshot = snapshot(10);
    assertTrue(snapshot.complete());
    assertEquals(2, snapshot.connectionCount());
    ConnectionSnapshot one = snapshot.connections().get(0);
    assertSame(connection, one.connection());
    assertEquals(connection.since(), one.since());
    assertEquals(Duration.ofMinutes(5), Duration.between(one.since(), other.since()));
    assertEquals(List.of("a", "b"), one.channels());
    assertEquals(3, one.behind());
    assertEquals(2, one.events());
    assertTrue(one.blocked());
    assertFalse(one.resuming());
    ConnectionSnapshot two = snapshot.connections().get(1);
    assertSame(other, two.connection());
    assertEquals(0, two.behind());
    assertFalse(two.blocked());
    assertEquals(
        Set.of(
            new ChannelSnapshot("a", false, 1, 4, 4L * FRAME),
            new ChannelSnapshot("b", false, 2, 1, FRAME)),
        Set.copyOf(snapshot.channels()));
  }

  @Test
  void ofAConnectionThatTheLogHasLeftBehindAllThatTheLogHoldsIsCounted() {
    hub = new ManualHub(b -> b.maxChannelLog(3, 1_000));
    connect("a");
    client.ready(false);
    hub.publish("a", "1");
    hub.settle();
    hub.publish("a", "2", "3", "4", "5", "6");
    hub.settle();
    assertEquals(3, snapshot(1).connections().get(0).behind());
  }

  @Test
  void noMoreAreListedThanAskedForAndThoseWithSomethingToReadFirst() {
    hub = new ManualHub(b -> b.loops(2));
    for (int i = 0; i < 6; i++) {
      hub.connect("a", "b", "c");
    }
    Connection waits = connect("a");
    client.ready(false);
    hub.publish("a", "1");
    hub.settle();
    HubSnapshot snapshot = snapshot(2);
    assertEquals(7, snapshot.connectionCount());
    assertEquals(3, snapshot.channelCount());
    assertEquals(2, snapshot.connections().size());
    assertEquals(2, snapshot.channels().size());
    assertSame(waits, snapshot.connections().get(0).connection());
  }

  @Test
  void aConnectionThatResumesIsSeenAsSuchAndThenWithItsLastEventId() {
    HistoryHub history = HistoryHub.open();
    history.connect("4-0", "a");
    ConnectionSnapshot resuming = snapshot(history.manual, 1).connections().get(0);
    assertTrue(resuming.resuming());
    history.answer(10, 5, 10);
    history.deliver("a", 11);
    ConnectionSnapshot live = snapshot(history.manual, 1).connections().get(0);
    assertFalse(live.resuming());
    assertEquals(Position.parse("11-0"), live.position());
    assertTrue(
        snapshot(history.manual, 1).channels().stream().allMatch(ChannelSnapshot::hasHistory));
  }

  @Test
  void aLoopThatDoesNotAnswerInTimeIsLeftOutAndTheSnapshotSaysSo() {
    connect("a");
    HubSnapshot snapshot = hub.hub.requestSnapshot(10).result(0);
    assertFalse(snapshot.complete());
    assertEquals(1, snapshot.connectionCount());
    assertEquals(List.of(), snapshot.connections());
  }

  @Test
  void aRunningHubIsSeenWhole() {
    try (Hub running = Hub.builder().loops(2).create()) {
      Set<Connection> all =
          Set.of(
              running.connect(new RecordingTransport(), ConnectionOptions.of("a").withOwner("x")),
              running.connect(new RecordingTransport(), ConnectionOptions.of("b")));
      HubSnapshot snapshot = running.requestSnapshot(10).result(TimeUnit.SECONDS.toNanos(30));
      assertEquals(
          all,
          snapshot.connections().stream()
              .map(ConnectionSnapshot::connection)
              .collect(Collectors.toSet()));
      assertEquals(
          List.of("x"),
          snapshot.connections().stream()
              .map(ConnectionSnapshot::owner)
              .filter(Objects::nonNull)
              .toList());
    }
  }

  @Test
  void aClosedHubHasNobody() {
    Hub closed = Hub.create();
    closed.close();
    HubSnapshot snapshot = closed.snapshot(10);
    assertTrue(snapshot.complete());
    assertEquals(0, snapshot.connectionCount());
  }

  @Test
  void aLimitThatIsNotAboveZeroIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> hub.hub.snapshot(0));
  }
}
