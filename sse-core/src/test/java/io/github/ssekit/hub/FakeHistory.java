package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * An upstream for tests: records its calls, and answers when the test says so. All channels have
 * history, except channels whose names begin with "plain".
 */
final class FakeHistory implements Upstream {
  /** A replay that the hub waits for. */
  record Request(Map<String, Start> starts, ReplaySink sink) {
    /** The position after which a channel starts, the same for all; null for a newcomer. */
    @Nullable Position after() {
      return starts.values().iterator().next().after();
    }

    void answer(Replay replay) {
      sink.accept(replay);
    }

    /** Answers with the events "channel:milliseconds" of these times, of any channel. */
    void answer(long upTo, long... times) {
      answer(page(upTo, times));
    }

    @Override
    public String toString() {
      Set<String> places = new TreeSet<>();
      starts.values().forEach(s -> places.add(text(s)));
      return places.size() == 1
          ? starts.keySet().stream().sorted().toList() + places.iterator().next()
          : new TreeMap<>(starts)
              .entrySet().stream().map(e -> e.getKey() + text(e.getValue())).toList().toString();
    }

    private static String text(Start start) {
      return start.after() != null
          ? " after " + start.after() + (start.since() == null ? "" : " since " + start.since())
          : start.equals(Start.ALL) ? " all" : " last " + start.events();
    }
  }

  /** "+a" when channel a was opened, "-a" when it was closed. */
  final List<String> told = new ArrayList<>();

  /** All requests, as text. */
  final List<String> asked = new ArrayList<>();

  /** The starts of newcomers, by channel. */
  final Map<String, Start> newcomers = new HashMap<>();

  /** The error that the next requests throw, if not null. */
  @Nullable Error failure;

  private final Queue<Request> requests = new ArrayDeque<>();

  /** The position of a time: "7-0". */
  static Position at(long milliseconds) {
    return new Position(milliseconds, 0);
  }

  static Replay page(long upTo, long... times) {
    List<SseEvent> events = new ArrayList<>();
    for (long time : times) {
      events.add(SseEvent.of("r" + time).withId(at(time).toString()));
    }
    return Replay.of(List.of(), events, at(upTo));
  }

  @Override
  public boolean givesIds() {
    return true;
  }

  @Override
  public boolean hasHistory(String channel) {
    return !channel.startsWith("plain");
  }

  @Override
  public void channelOpened(String channel) {
    told.add("+" + channel);
  }

  @Override
  public void channelClosed(String channel) {
    told.add("-" + channel);
  }

  @Override
  public Start start(String channel) {
    return newcomers.getOrDefault(channel, Start.NOW);
  }

  @Override
  public void replay(Map<String, Start> starts, ReplaySink sink) {
    Request request = new Request(starts, sink);
    asked.add(request.toString());
    if (failure != null) {
      throw failure;
    }
    requests.add(request);
  }

  boolean isAsked() {
    return !requests.isEmpty();
  }

  /** The oldest request that has not been taken. */
  Request request() {
    return requests.remove();
  }
}
