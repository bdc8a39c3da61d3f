package io.github.ssekit.faults;

import io.github.ssekit.faults.AnswerViewer.Seen;
import io.github.ssekit.faults.AnswerViewer.View;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.StreamReset;
import io.github.ssekit.redis.AnswerState;
import io.github.ssekit.redis.AnswerStreams;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Judges the views of one answer's viewers, from confirmed facts alone.
 *
 * <ul>
 *   <li>At most one start is confirmed, and no viewer sees events of two producers: <b>SECOND
 *       PRODUCER</b> otherwise.
 *   <li>Each viewer gets every confirmed event (<b>LOST</b> otherwise), none twice
 *       (<b>DOUBLED</b>), with rising ids and numbers (<b>REORDERED</b>), and all viewers get the
 *       same (<b>DIFFERENT</b>).
 *   <li>Each viewer gets exactly one ending, and nothing after it. The ending is the confirmed one,
 *       and reports a lost producer only if the producer's node was lost: <b>ENDING</b> otherwise.
 *   <li>Each viewer gets the ending, and is told to stop, within five seconds of the fact, or of
 *       the viewer's coming: <b>LATE</b> otherwise. The fact is that a node said that the answer is
 *       over, or that the lease of a lost producer passes.
 *   <li>No viewer gets a reset, or a status other than 200 and 204: <b>WRONG</b> otherwise.
 * </ul>
 */
final class AnswerJudge {
  static final long IN_TIME_MILLIS = 5_000;

  private final AnswerFacts facts;
  private final LongUnaryOperator expectedFrom;
  private final List<String> violations = new ArrayList<>();
  private final Set<String> producers;

  private AnswerJudge(AnswerFacts facts, LongUnaryOperator expectedFrom) {
    this.facts = facts;
    this.expectedFrom = expectedFrom;
    producers = new HashSet<>(facts.producers());
  }

  /**
   * Returns all violations, in words.
   *
   * @param expectedFrom maps the time at which something is due to the time from which it can be
   *     expected, since nothing is broken then
   */
  static List<String> judge(AnswerFacts facts, List<View> views, LongUnaryOperator expectedFrom) {
    AnswerJudge judge = new AnswerJudge(facts, expectedFrom);
    judge.facts();
    views.forEach(judge::view);
    judge.same(views);
    return judge.violations;
  }

  private void facts() {
    if (facts.endings().size() > 1) {
      find("ENDING", "all of " + facts.endings() + " were confirmed");
    }
    if (facts.fact() < 0) {
      find("ENDING", "nobody was told of any");
    }
  }

  private void view(View view) {
    view.wrong().forEach(what -> find("WRONG", view.name() + ": " + what));
    Map<Integer, Seen> numbers = new HashMap<>();
    int endings = 0;
    int last = 0;
    Position highest = null;
    for (Seen seen : view.seen()) {
      String what = view.name() + ": " + seen;
      if (StreamReset.TYPE.equals(seen.type())) {
        find("WRONG", what);
        continue;
      }
      Position id = Position.parse(seen.id());
      if (id == null) {
        find("WRONG", what);
        continue;
      }
      boolean again = false;
      if (AnswerServlets.TOKEN.equals(seen.type())) {
        int number = number(seen);
        again = numbers.putIfAbsent(number, seen) != null;
        if (again) {
          find("DOUBLED", what);
        } else if (number < last) {
          find("REORDERED", what + " after number " + last);
        }
        last = Math.max(last, number);
        if (endings > 0) {
          find("ENDING", what + " after the ending");
        }
      } else {
        endings++;
        ending(view, seen);
      }
      if (!again && highest != null && !id.isAfter(highest)) {
        find("REORDERED", what + " after " + highest);
      }
      highest = id;
    }
    if (endings != 1) {
      find("ENDING", view.name() + " got " + endings + " endings");
    }
    facts
        .stored()
        .forEach(
            (number, position) -> {
              Seen seen = numbers.get(number);
              if (seen == null) {
                find("LOST", view.name() + ": event " + number + ", " + position);
              } else if (!seen.id().equals(position.toString())) {
                find("DOUBLED", view.name() + ": " + seen + " was stored as " + position);
              }
            });
    if (view.stoppedAt() < 0) {
      find("LATE", view.name() + " was never told to stop");
    } else {
      late(view, "told to stop", view.stoppedAt());
    }
  }

  /** Returns the number of an event, and notes the event's producer. */
  private int number(Seen seen) {
    String[] parts = seen.data().split(" ", 2);
    producers.add(parts[0]);
    return Integer.parseInt(parts[1]);
  }

  private void ending(View view, Seen seen) {
    AnswerState how = how(seen);
    List<AnswerState> confirmed = facts.endings();
    boolean expected =
        how != null
            && (confirmed.isEmpty() || confirmed.contains(how))
            && (how != AnswerState.PRODUCER_LOST || facts.mayBeLost());
    if (!expected) {
      find("ENDING", view.name() + ": " + seen + ", and confirmed was " + confirmed);
    }
    late(view, "the ending", seen.at());
  }

  private void late(View view, String what, long at) {
    long from = expectedFrom.applyAsLong(Math.max(facts.fact(), view.cameAt()));
    if (at > from + IN_TIME_MILLIS) {
      find("LATE", view.name() + ": " + what + " after " + (at - from) + " ms");
    }
  }

  /** The state in which an event ends an answer, or null if the event does not end the answer. */
  static @Nullable AnswerState how(Seen seen) {
    if (AnswerServlets.DONE.equals(seen.type())) {
      return AnswerState.DONE;
    } else if (AnswerServlets.FAILED.equals(seen.type())) {
      return AnswerState.FAILED;
    } else if (AnswerStreams.END_TYPE.equals(seen.type())) {
      return seen.data().contains(AnswerState.CANCELLED.toString())
          ? AnswerState.CANCELLED
          : AnswerState.PRODUCER_LOST;
    }
    return null;
  }

  private void same(List<View> views) {
    List<String> first = views.isEmpty() ? List.of() : texts(views.get(0));
    for (View view : views) {
      if (!texts(view).equals(first)) {
        find("DIFFERENT", view.name() + " and " + views.get(0).name());
      }
    }
    if (producers.size() > 1) {
      find("SECOND PRODUCER", "events and confirmed starts are of " + producers);
    }
  }

  private static List<String> texts(View view) {
    return view.seen().stream().map(s -> s.type() + ' ' + s.data() + ' ' + s.id()).toList();
  }

  private void find(String kind, String what) {
    violations.add(kind + ": " + facts.id + ": " + what);
  }
}
