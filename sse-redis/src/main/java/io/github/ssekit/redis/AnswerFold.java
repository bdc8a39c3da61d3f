package io.github.ssekit.redis;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.redis.Page.Kept;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Joins kept events of answers: consecutive events of one type in a page become one event, at the
 * position of the last of them. A client that has the joined event has all of them, and resumes
 * after it. Thread-safe.
 *
 * @see RedisBridgeBuilder#foldAnswers
 */
final class AnswerFold {
  private static final System.Logger LOG = System.getLogger(AnswerFold.class.getName());

  private final Map<String, Function<? super List<String>, String>> joins;
  private final int maxEventBytes;
  private final Survival survival = new Survival(LOG);

  /**
   * @param joins by event type, the function that joins the data of several events
   * @param maxEventBytes the maximum size of an event's frame, in bytes
   */
  AnswerFold(Map<String, Function<? super List<String>, String>> joins, int maxEventBytes) {
    this.joins = new HashMap<>(joins);
    this.maxEventBytes = maxEventBytes;
  }

  /** Returns a page with the same events, joined where possible. */
  Page of(Page page) {
    if (joins.isEmpty()) {
      return page;
    }
    List<Kept> all = page.events();
    List<Kept> folded = new ArrayList<>();
    int from = 0;
    while (from < all.size()) {
      List<Kept> run = all.subList(from, endOfRun(all, from));
      Kept joined = run.size() == 1 ? null : join(run);
      folded.addAll(joined == null ? run : List.of(joined));
      from += run.size();
    }
    return page.withEvents(folded);
  }

  /** The end, exclusive, of a run of events that can be joined and fit into one event. */
  private int endOfRun(List<Kept> all, int from) {
    Kept first = all.get(from);
    long size = first.entry().size();
    int end = from + 1;
    while (end < all.size() && joinOf(first) != null && areAlike(first, all.get(end))) {
      size += all.get(end).entry().size();
      if (size > maxEventBytes) {
        break;
      }
      end++;
    }
    return end;
  }

  private static boolean areAlike(Kept one, Kept other) {
    return one.channel().equals(other.channel()) && Objects.equals(typeOf(one), typeOf(other));
  }

  /** Null if there is no event. */
  private static @Nullable String typeOf(Kept kept) {
    SseEvent event = kept.event();
    return event == null ? null : Objects.requireNonNullElse(event.type(), "message");
  }

  private @Nullable Function<? super List<String>, String> joinOf(Kept kept) {
    return AnswerStreams.isAnswer(kept.channel()) ? joins.get(typeOf(kept)) : null;
  }

  /** Returns null if the application's function fails, or if the result is too large. */
  private @Nullable Kept join(List<Kept> run) {
    Kept last = run.get(run.size() - 1);
    try {
      List<SseEvent> events =
          run.stream().map(kept -> Objects.requireNonNull(kept.event())).toList();
      String data =
          Objects.requireNonNull(joinOf(last)).apply(events.stream().map(SseEvent::data).toList());
      SseEvent joined =
          new SseEvent(events.get(0).type(), Objects.requireNonNull(data, "data"), null);
      int length = joined.withId(last.position().toString()).frame().length();
      return length > maxEventBytes ? null : new Kept(last.channel(), last.entry().with(joined));
    } catch (Throwable e) {
      survival.survived(e);
      return null;
    }
  }
}
