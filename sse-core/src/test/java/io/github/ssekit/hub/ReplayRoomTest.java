package io.github.ssekit.hub;

import static io.github.ssekit.hub.FakeHistory.at;
import static io.github.ssekit.hub.HistoryHub.event;
import static io.github.ssekit.hub.HistoryHub.received;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.event.SseEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Resuming clients that don't read: how much of the node's memory they hold. */
class ReplayRoomTest {
  private static final int PAGE = 1_000;
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private final HistoryHub hub = open(b -> b.maxReplayBytes(4 * PAGE));
  private final List<CloseReason> reasons = new ArrayList<>();
  private long next;

  private static HistoryHub open(UnaryOperator<HubBuilder> settings) {
    // A log of one event, which reaches back to 999.
    HistoryHub hub = HistoryHub.open(b -> settings.apply(b.maxChannelLog(1, 1 << 20)));
    hub.deliver("a", 999, 1_000);
    return hub;
  }

  /**
   * Connects a client that has missed events and takes no bytes. Each client resumes from another
   * position.
   */
  private RecordingTransport stalled() {
    RecordingTransport client = RecordingTransport.notReady();
    hub.connection(client, "3-" + next++, "a").onClose(reasons::add);
    return client;
  }

  /** Answers all requests with pages of a thousand bytes, which end before the logs begin. */
  private int answerAll() {
    int answered = 0;
    for (; hub.history.isAsked(); answered++) {
      FakeHistory.Request request = hub.history.request();
      request.answer(page(request.after()));
      assertTrue(held() <= 5 * PAGE, held() + " bytes after " + request.after());
    }
    hub.settle();
    return answered;
  }

  private static Replay page(Position after) {
    Position upTo = new Position(after.milliseconds() + 1, after.sequence());
    SseEvent event = SseEvent.of("x".repeat(PAGE - 30)).withId(upTo.toString());
    return Replay.of(List.of(), List.of(event), upTo);
  }

  private HubSnapshot snapshot() {
    SnapshotRequest snapshot = hub.hub.requestSnapshot(1);
    hub.settle();
    return snapshot.result(0);
  }

  private long held() {
    return snapshot().replayBytes();
  }

  private int waiting() {
    return snapshot().replaysWaiting();
  }

  @Test
  void replaysThatNobodyTakesStayWithinTheLimitAndTheOthersWait() {
    for (int i = 0; i < 500; i++) {
      stalled();
    }
    int answered = answerAll();
    assertTrue(answered >= 3 && answered <= 5, answered + " of 500 were read for");
    assertEquals(500 - answered, waiting());
    assertTrue(held() > 2 * PAGE && held() <= 5 * PAGE, held() + " bytes");
    assertEquals(500, hub.hub.connectionCount());
  }

  @Test
  void aClientThatLeavesAllChannelsWhileItsPageIsReadMakesRoomForTheNext() {
    List<Connection> clients = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      clients.add(hub.connection(new RecordingTransport(), "3-" + i, "a"));
    }
    int asked = hub.history.asked.size();
    assertTrue(asked < 10, asked + " pages are read at once");
    clients.get(0).unsubscribe("a");
    assertEquals(asked + 1, hub.history.asked.size());
  }

  @Test
  void pagesThatAreLargerThanThoseOfLateStayWithinTheLimitToo() {
    // Until the first page arrives, each request counts as a quarter of the limit.
    hub.hub.close();
    HistoryHub small = open(b -> b.maxReplayBytes(PAGE + PAGE / 2));
    List<RecordingTransport> clients = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      RecordingTransport client = RecordingTransport.notReady();
      small.connection(client, "3-" + i, "a");
      clients.add(client);
    }
    List<Position> asked = new ArrayList<>();
    for (int turn = 0; turn < 5; turn++) {
      long held = 0;
      while (small.history.isAsked()) {
        FakeHistory.Request request = small.history.request();
        asked.add(request.after());
        request.answer(page(request.after()));
        SnapshotRequest snapshot = small.hub.requestSnapshot(1);
        small.settle();
        held = snapshot.result(0).replayBytes();
        assertTrue(held <= PAGE + PAGE / 2, held + " bytes");
      }
      assertTrue(held > 0, "somebody gets a page");
      clients.get(turn).signals().failed(new IllegalStateException("gone"));
      small.settle();
    }
    // Each client was admitted in the end.
    assertEquals(
        List.of(0, 1, 2, 3, 4),
        asked.stream().distinct().map(Position::sequence).sorted().toList());
  }

  @Test
  void aPageThatIsWithTheTransportCountsUntilThatIsReadyAgain() {
    RecordingTransport client = stalled();
    answerAll();
    assertTrue(held() > 0);
    client.ready(true);
    hub.manual.turn(0);
    client.ready(false);
    hub.settle();
    assertTrue(held() > 0, "it was written, not taken");
    assertFalse(hub.history.isAsked(), "one page at a time");
    client.ready(true);
    hub.settle();
    assertEquals(0, held());
    assertTrue(hub.history.isAsked());
  }

  @Test
  void whoWaitsIsShownThatItsStreamStands() {
    for (int i = 0; i < 10; i++) {
      stalled();
    }
    answerAll();
    RecordingTransport reads = new RecordingTransport();
    hub.connection(reads, "3-99", "a");
    assertTrue(waiting() > 1);
    // Shorter than the deadline after which a stalled client makes room.
    hub.manual.pass(Duration.ofSeconds(4));
    hub.manual.pass(Duration.ofMillis(11_001));
    assertTrue(reads.blocks().contains(":"), reads.blocks().toString());
  }

  @Test
  void whoTakesNothingWhileOthersWaitIsClosedAfterASixthOfTheDeadlineAndTheyComeInTheirOrder() {
    for (int i = 0; i < 40; i++) {
      stalled();
    }
    hub.history.asked.clear();
    List<String> asked = new ArrayList<>();
    while (waiting() > 0) {
      answerAll();
      hub.manual.pass(DEADLINE.dividedBy(6).plusNanos(1));
      asked.addAll(hub.history.asked);
      hub.history.asked.clear();
    }
    List<String> sorted =
        asked.stream().sorted((a, b) -> Long.compare(sequence(a), sequence(b))).toList();
    assertEquals(sorted, asked);
    assertEquals(List.of(CloseReason.STUCK), reasons.stream().distinct().toList());
  }

  private static long sequence(String asked) {
    return Long.parseLong(asked.substring(asked.indexOf("-") + 1));
  }

  @Test
  void whoTakesNothingHasTheWholeDeadlineIfNobodyWaits() {
    stalled();
    answerAll();
    hub.manual.pass(DEADLINE);
    assertEquals(List.of(), reasons);
    hub.manual.pass(Duration.ofNanos(1));
    assertEquals(List.of(CloseReason.STUCK), reasons);
    assertEquals(0, held());
  }

  @Test
  void whoIsLiveIsNotClosedSoonerThoughItTakesNothing() {
    RecordingTransport live = new RecordingTransport();
    hub.connection(live, null, "a");
    live.ready(false);
    hub.deliver("a", 1_001);
    for (int i = 0; i < 10; i++) {
      stalled();
    }
    answerAll();
    hub.manual.pass(DEADLINE);
    assertFalse(live.closed());
  }

  @Test
  void whoReadsGetsEverythingHoweverManyDoNot() {
    for (int i = 0; i < 100; i++) {
      stalled();
    }
    RecordingTransport reads = new RecordingTransport();
    hub.connection(reads, "900-7", "a");
    for (int i = 0; i < 100 && reads.data().size() < 100; i++) {
      answerAll();
      hub.manual.pass(DEADLINE.dividedBy(6).plusNanos(1));
    }
    // 99 pages, and the events that the log has after them.
    assertEquals(100, reads.data().size());
    assertEquals("a1001", deliverOne(reads));
  }

  private String deliverOne(RecordingTransport client) {
    hub.deliver("a", 1_001);
    List<String> data = client.data();
    return data.get(data.size() - 1);
  }

  @Test
  void whoHasTakenAPageGoesOnBeforeThoseWhoHadNone() {
    RecordingTransport reads = new RecordingTransport();
    hub.connection(reads, "900-0", "a");
    for (int i = 0; i < 100; i++) {
      stalled();
    }
    hub.history.asked.clear();
    for (int i = 0; i < 4; i++) {
      answerAll();
    }
    assertTrue(hub.history.asked.contains("[a] after 903-0"), hub.history.asked.toString());
  }

  /** A client that takes no bytes, whose transport keeps the bytes themselves. */
  private record Sharing(RecordingTransport client) implements Transport {
    @Override
    public void start(Signals signals, byte[] first) {
      client.start(signals, first);
    }

    @Override
    public boolean isReady() {
      return client.isReady();
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      client.write(bytes, offset, length);
    }

    @Override
    public boolean copies() {
      return false;
    }

    @Override
    public void close() {
      client.close();
    }
  }

  @Test
  void aPageThatManyShareCountsOnceIfTheirTransportsShareItToo() {
    Replay shared = page(at(3));
    for (int i = 0; i < 50; i++) {
      hub.hub.connect(new Sharing(RecordingTransport.notReady()), List.of("a"), "3-0");
    }
    hub.settle();
    int answered = 0;
    for (; hub.history.isAsked(); answered++) {
      hub.history.request().answer(shared);
    }
    hub.settle();
    assertEquals(50, answered);
    assertEquals(shared.length(), held());
    assertEquals(0, waiting());
    hub.manual.pass(DEADLINE.plusNanos(1));
    assertEquals(0, held());
  }

  @Test
  void aPageThatManyShareCountsForEachThatCopiesIt() {
    Replay shared = page(at(3));
    for (int i = 0; i < 50; i++) {
      hub.connection(RecordingTransport.notReady(), "3-0", "a");
    }
    int answered = 0;
    for (; hub.history.isAsked(); answered++) {
      hub.history.request().answer(shared);
    }
    hub.settle();
    assertTrue(answered >= 3 && answered <= 5, answered + " of 50 were read for");
    assertEquals((long) answered * shared.length(), held());
    assertEquals(50 - answered, waiting());
  }

  @Test
  void whoGoesMakesRoomWhereverItStands() {
    List<RecordingTransport> clients = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      clients.add(stalled());
    }
    answerAll();
    assertTrue(waiting() > 0);
    for (RecordingTransport client : clients) {
      client.signals().failed(new IllegalStateException("gone"));
      hub.settle();
      // Some clients leave while their page is read: nobody waits for these answers.
    }
    assertEquals(0, waiting());
    answerAll();
    assertEquals(0, held());
    stalled();
    assertTrue(hub.history.isAsked());
  }

  @Test
  void onePageIsLetInHoweverLargeItIs() {
    HistoryHub small = open(b -> b.maxReplayBytes(1));
    RecordingTransport client = new RecordingTransport();
    small.connection(client, "3-0", "a");
    small.answer(500, 5, 6);
    small.answer(999);
    assertEquals(3, received(client).stream().filter(b -> b.contains("data")).count());
  }

  @Test
  void whatIsJoinedFromTheLogsForClientsThatTakeNothingIsBoundedToo() {
    HistoryHub ring = HistoryHub.open(b -> b.maxReplayBytes(100_000).maxChannelLog(2_000, 4 << 20));
    for (int i = 11; i < 411; i++) {
      ring.feed.deliverAt("a", SseEvent.of("x".repeat(970)), at(i));
    }
    ring.settle();
    List<RecordingTransport> clients = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      RecordingTransport client = new RecordingTransport();
      ring.hub.connect(client, List.of("a"), at(11 + i).toString());
      clients.add(client);
      // The reconnection time, then the first event of the log, for half of the clients in one
      // sweep.
      if (i % 2 == 1) {
        ring.manual.turn(0);
        ring.manual.turn(0);
        clients.get(i - 1).ready(false);
        client.ready(false);
      }
      ring.manual.turn(0);
    }
    ring.settle();
    long joined = 0;
    for (RecordingTransport client : clients) {
      List<byte[]> writes = client.writes();
      joined += writes.get(writes.size() - 1).length;
    }
    assertTrue(joined < 100_000 + 2 * (64 << 10) + 200 * (4 << 10), joined + " bytes joined");
    clients.forEach(client -> client.ready(true));
    ring.settle();
    for (int i = 0; i < 200; i++) {
      assertEquals(399 - i, clients.get(i).data().size());
    }
    ring.deliver("a", 500);
    clients.forEach(client -> assertTrue(received(client).contains(event("a", 500))));
  }
}
