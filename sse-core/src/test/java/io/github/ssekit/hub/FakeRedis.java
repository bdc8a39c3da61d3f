package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.Set;

/**
 * A Redis for tests: the complete history of three channels, and the messages and replays that are
 * on their way to a hub. Each moves on when the test says so.
 */
final class FakeRedis implements Upstream {
  /** An event as it was published. */
  record Stored(Position position, String channel) {}

  private record Request(Map<String, Start> starts, ReplaySink sink) {}

  private static final int PAGE = 3;

  final List<Stored> stored = new ArrayList<>();
  private final Start newcomers;
  private final Random random;
  private final Feed feed;

  /** The number of each channel's current subscription. */
  private final Map<String, Integer> subscribed = new HashMap<>();

  private int subscriptions;
  private final Queue<Runnable> messages = new ArrayDeque<>();
  private final List<Request> requests = new ArrayList<>();
  private final Queue<Runnable> answers = new ArrayDeque<>();

  /**
   * The position that a client must have reached to avoid a reset: here by channel, in {@link
   * #floor} for all channels.
   */
  private final Map<String, Position> floors = new HashMap<>();

  private Position floor = new Position(100, 0);
  private Position clock = floor;

  /** Events that a rewind has lost: no page has them. */
  private final Set<Stored> gone = new HashSet<>();

  /** Channels that are acknowledged, and complete from the next position on. */
  private final Set<String> acknowledged = new HashSet<>();

  /**
   * @param newcomers the start of newcomers on all channels: now, or with all kept events
   */
  FakeRedis(Random random, Feed feed, Start newcomers) {
    this.newcomers = newcomers;
    this.random = random;
    this.feed = feed;
  }

  Position clock() {
    return clock;
  }

  private Position next(long margin) {
    clock =
        margin == 0 && random.nextBoolean()
            ? new Position(clock.milliseconds(), clock.sequence() + 1)
            : new Position(clock.milliseconds() + margin + 1, 0);
    return clock;
  }

  // Changes in Redis.

  /**
   * @param heard whether the node hears the message
   */
  void publish(String channel, boolean heard) {
    Position position = next(0);
    Stored event = new Stored(position, channel);
    stored.add(event);
    if (subscribed.containsKey(channel) && heard) {
      messages.add(
          () -> {
            feed.deliverAt(channel, SseEvent.of(channel), position);
            passed(position);
          });
    }
  }

  void probe() {
    Position position = next(0);
    messages.add(() -> reached(position));
  }

  /** Loses a message on its way to the node, which notices a little later. */
  void lose(String channel) {
    publish(channel, false);
    while (random.nextBoolean()) {
      publish(random.nextBoolean() ? "a" : "b", true);
    }
    Position position = next(0);
    floors.put(channel, position);
    messages.add(
        () -> {
          feed.lost(new StreamReset(channel, StreamReset.Reason.LOST, null, position));
          reached(position);
        });
  }

  /** Trims some or all events of a channel, the oldest first. */
  void trim(String channel) {
    List<Stored> all = stored.stream().filter(e -> e.channel().equals(channel)).toList();
    if (!all.isEmpty()) {
      Position to = all.get(random.nextInt(all.size())).position();
      floors.merge(channel, to, (a, b) -> a.isAfter(b) ? a : b);
    }
  }

  /** Loses the latest events of the history. */
  void rewind() {
    for (int i = stored.size() - 1; i >= 0 && random.nextInt(3) > 0; i--) {
      gone.add(stored.get(i));
    }
    floor = next(10);
    Position to = floor;
    messages.add(
        () -> {
          feed.rewound(StreamReset.Reason.REWOUND, null, to);
          reached(to);
        });
  }

  // Messages to the node.

  private void reached(Position position) {
    feed.reached(position);
    passed(position);
  }

  private void passed(Position position) {
    if (!acknowledged.isEmpty()) {
      List<String> opened = List.copyOf(acknowledged);
      acknowledged.clear();
      feed.opened(opened, position);
    }
  }

  /** Delivers the node's next message. Returns whether there was a message. */
  boolean hear() {
    Runnable message = messages.poll();
    if (message != null) {
      message.run();
    }
    return message != null;
  }

  @Override
  public boolean givesIds() {
    return true;
  }

  @Override
  public boolean hasHistory(String channel) {
    return !channel.equals("plain");
  }

  @Override
  public void channelOpened(String channel) {
    int number = ++subscriptions;
    subscribed.put(channel, number);
    messages.add(
        () -> {
          if (Objects.equals(subscribed.get(channel), number)) {
            acknowledged.add(channel);
          }
        });
  }

  @Override
  public void channelClosed(String channel) {
    subscribed.remove(channel);
    acknowledged.remove(channel);
  }

  @Override
  public Start start(String channel) {
    return newcomers;
  }

  @Override
  public void replay(Map<String, Start> starts, ReplaySink sink) {
    requests.add(new Request(starts, sink));
  }

  /** Reads one page. Returns whether there was a request. */
  boolean read() {
    if (requests.isEmpty()) {
      return false;
    }
    Request request = requests.remove(random.nextInt(requests.size()));
    Position after = request.starts().values().iterator().next().after();
    Set<String> channels = request.starts().keySet();
    Replay replay = page(after == null ? wholeFrom(channels) : after, channels);
    answers.add(() -> request.sink().accept(replay));
    return true;
  }

  /**
   * The position after which the history of these channels is complete: a newcomer starts there.
   */
  private Position wholeFrom(Set<String> channels) {
    Position from = floor;
    for (String channel : channels) {
      from = Position.later(from, floors.get(channel));
    }
    return from;
  }

  /** Hands a page over. Returns whether there was a page. */
  boolean answer() {
    Runnable answer = answers.poll();
    if (answer != null) {
      answer.run();
    }
    return answer != null;
  }

  private Replay page(Position after, Set<String> channels) {
    if (after.isAfter(clock)) {
      return Replay.reset(StreamReset.Reason.UNKNOWN_ID, after, clock);
    }
    if (floor.isAfter(after)) {
      return Replay.reset(StreamReset.Reason.REWOUND, after, clock);
    }
    List<StreamReset> resets = new ArrayList<>();
    for (String channel : channels) {
      Position lost = floors.get(channel);
      if (lost != null && lost.isAfter(after)) {
        resets.add(new StreamReset(channel, StreamReset.Reason.TRIMMED, after, lost));
      }
    }
    List<SseEvent> events = new ArrayList<>();
    for (Stored e : stored) {
      if (e.position().isAfter(after) && channels.contains(e.channel()) && isKept(e)) {
        events.add(SseEvent.of(e.channel()).withId(e.position().toString()));
        if (events.size() == PAGE) {
          return Replay.of(resets, events, e.position());
        }
      }
    }
    return Replay.of(resets, events, clock);
  }

  private boolean isKept(Stored e) {
    Position lost = floors.get(e.channel());
    return !gone.contains(e) && (lost == null || !lost.isAfter(e.position()));
  }
}
