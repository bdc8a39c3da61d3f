package io.github.ssekit.hub;

import static io.github.ssekit.hub.FakeHistory.at;

import io.github.ssekit.event.SseEvent;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A hub without threads and its fake upstream, with times for positions: 7 stands for "7-0". */
final class HistoryHub {
  final FakeHistory history = new FakeHistory();
  final ManualHub manual;
  final Hub hub;
  final Feed feed;

  HistoryHub(UnaryOperator<HubBuilder> settings) {
    manual = new ManualHub(settings);
    hub = manual.hub;
    feed = manual.feed;
    feed.attach(history);
  }

  HistoryHub() {
    this(b -> b);
  }

  /** A hub whose channels a, b and c are open, complete from 10 on, and linger. */
  static HistoryHub open(UnaryOperator<HubBuilder> settings) {
    HistoryHub hub = new HistoryHub(b -> settings.apply(b.linger(Duration.ofDays(1))));
    RecordingTransport first = hub.connect(null, "a", "b", "c");
    hub.reached(9); // Like a node that has heard a new id since it began.
    hub.opened(10, "a", "b", "c");
    first.signals().failed(new IllegalStateException("gone"));
    hub.settle();
    return hub;
  }

  static HistoryHub open() {
    return open(b -> b);
  }

  RecordingTransport connect(@Nullable String lastEventId, String... channels) {
    RecordingTransport transport = new RecordingTransport();
    connection(transport, lastEventId, channels);
    return transport;
  }

  Connection connection(
      RecordingTransport transport, @Nullable String lastEventId, String... channels) {
    Connection connection = hub.connect(transport, List.of(channels), lastEventId);
    settle();
    return connection;
  }

  void opened(long from, String... channels) {
    feed.opened(List.of(channels), at(from));
    settle();
  }

  /** Delivers the events "channel:time" and settles. */
  void deliver(String channel, long... times) {
    for (long time : times) {
      feed.deliverAt(channel, SseEvent.of(channel + time), at(time));
    }
    settle();
  }

  void reached(long time) {
    feed.reached(at(time));
    settle();
  }

  void lost(@Nullable String channel, long from, long to) {
    feed.lost(new StreamReset(channel, StreamReset.Reason.LOST, at(from), at(to)));
    settle();
  }

  void rewound(long from, long to) {
    feed.rewound(StreamReset.Reason.REWOUND, at(from), at(to));
    settle();
  }

  void settle() {
    manual.settle();
  }

  /** Answers the only request that waits. */
  void answer(long upTo, long... times) {
    answer(FakeHistory.page(upTo, times));
  }

  void answer(Replay replay) {
    history.request().answer(replay);
    settle();
  }

  /** An event as it is written. */
  static String event(String channel, long time) {
    return "id: " + time + "-0\ndata: " + channel + time;
  }

  /** An event of a replay, see {@link #answer}, as it is written. */
  static String old(long time) {
    return event("r", time);
  }

  static String id(long time) {
    return "id: " + time + "-0";
  }

  static String rewoundBlock(long from, long to) {
    return "id: %d-0\nevent: stream-reset\ndata: {\"channel\":null,\"reason\":\"rewound\",\"from\":\"%d-0\",\"to\":\"%d-0\"}"
        .formatted(to, from, to);
  }

  static String lostBlock(@Nullable String channel, long from, long to) {
    return "event: stream-reset\ndata: {\"channel\":%s,\"reason\":\"lost\",\"from\":\"%d-0\",\"to\":\"%d-0\"}"
        .formatted(channel == null ? null : '"' + channel + '"', from, to);
  }

  static String lostAllBlock(long from, long to) {
    return rewoundBlock(from, to).replace("rewound", "lost");
  }

  static String unknownBlock(long to) {
    return "id: %d-0\nevent: stream-reset\ndata: {\"channel\":null,\"reason\":\"unknown-id\"}"
        .formatted(to);
  }

  /** The blocks that the hub wrote to a client, without the reconnection time. */
  static List<String> received(RecordingTransport client) {
    return client.blocks().stream().filter(b -> !b.startsWith("retry: ")).toList();
  }
}
