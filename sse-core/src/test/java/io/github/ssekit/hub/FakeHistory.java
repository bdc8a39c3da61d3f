package io.github.ssekit.hub;

import io.github.ssekit.event.SseEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * An upstream for tests: records its calls, and answers when the test says so. All channels have
 * history, except those whose names begin with "plain".
 */
final class FakeHistory implements Upstream {
  /** A replay that the hub waits for. */
  record Request(Position after, List<String> channels, ReplaySink sink) {
    void answer(Replay replay) {
      sink.accept(replay);
    }

    /** Answers with the events "channel:milliseconds" of these times, of any channel. */
    void answer(long upTo, long... times) {
      answer(page(upTo, times));
    }

    @Override
    public String toString() {
      return channels + " after " + after;
    }
  }

  /** "+a" when channel a was opened, "-a" when it was closed. */
  final List<String> told = new ArrayList<>();

  /** All requests, as text. */
  final List<String> asked = new ArrayList<>();

  /** What the next requests throw, if not null. */
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
  public void replay(Position after, Collection<String> channels, ReplaySink sink) {
    Request request = new Request(after, List.copyOf(channels), sink);
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
