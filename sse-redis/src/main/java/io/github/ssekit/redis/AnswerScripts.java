package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Calls of the Lua scripts for answers. Each call throws a {@link RedisFailure} if Redis refuses it
 * or does not answer. Thread-safe.
 */
final class AnswerScripts {
  /**
   * How long Redis keeps an answer whose lease nobody renews, and how long it keeps the events of
   * an answer at least.
   */
  static final Duration WHILE_RUNNING = Duration.ofHours(24);

  private final CommandPool redis;
  private final Scope scope;
  private final PublishScript publish;

  AnswerScripts(CommandPool redis, Scope scope, PublishScript publish) {
    this.redis = redis;
    this.scope = scope;
    this.publish = publish;
  }

  /**
   * Starts an answer. Returns {@link AnswerState#NONE} if the producer has the answer now;
   * otherwise the state of the existing answer.
   */
  AnswerState start(String channel, String producer, AnswerOptions options) {
    List<byte[]> keys = List.of(scope.hash(), scope.answer(channel), scope.answers());
    List<byte[]> args =
        HistoryScripts.args(
            channel,
            producer,
            "" + options.lease().toMillis(),
            "" + WHILE_RUNNING.toMillis(),
            "" + options.keep().toMillis());
    String reply = redis.execute(c -> Entry.text(Script.ANSWER_START.run(c, keys, args))).value();
    return reply.equals("started") ? AnswerState.NONE : AnswerState.of(reply);
  }

  /**
   * An event for an answer.
   *
   * @param how the state in which the event ends the answer, or null if the event is no ending
   * @param producer the producer's token, or empty if the event is not the producer's
   * @param number the number of the event among the producer's events, or 0 if it is not the
   *     producer's
   * @param options the options of the answer, or the options for an answer that has not begun
   */
  record Addition(
      SseEvent event,
      @Nullable AnswerState how,
      String producer,
      int number,
      AnswerOptions options) {}

  /**
   * The reply of {@code answer.lua}.
   *
   * @param stored null if the event was refused
   * @param refused the state because of which the event was refused; null if it was stored
   */
  record Added(PublishScript.@Nullable Stored stored, @Nullable AnswerState refused) {
    private static Added of(Object reply) {
      if (reply instanceof byte[]) {
        return new Added(PublishScript.Stored.of(reply), null);
      }
      List<?> words = (List<?>) reply;
      return words.size() == 2
          ? new Added(new PublishScript.Stored(HistoryScripts.position(words.get(1)), false), null)
          : new Added(null, AnswerState.of(Entry.text(words.get(0))));
    }
  }

  Publication<Added> adding(String channel, Addition addition) {
    List<byte[]> keys =
        List.of(
            scope.hash(),
            scope.stream(channel),
            scope.redisChannel(channel),
            scope.answer(channel),
            scope.answers());
    List<byte[]> args =
        HistoryScripts.args(
            addition.how() == null ? "" : addition.how().toString(),
            addition.producer(),
            addition.number() == 0 ? "" : "" + addition.number(),
            "" + addition.options().keep().toMillis());
    return publish.call(
        Script.ANSWER,
        keys,
        channel,
        addition.event(),
        args,
        reply -> {
          Added added = Added.of(reply);
          return new PublishScript.Outcome<>(added.stored(), added);
        });
  }

  /** A producer's claim to an answer, which its node renews. */
  record Lease(String channel, String producer, Duration time) {}

  /**
   * The reply of {@code answers.lua}.
   *
   * @param states the states of the answers whose leases were to be renewed, by channel
   * @param expired the channels of the answers whose leases have expired
   * @param endings the ids of the endings of followed answers, by channel
   * @param takesWrites false if Redis refuses writes, so that leases can't be renewed
   */
  record Renewed(
      Map<String, AnswerState> states,
      List<String> expired,
      Map<String, Position> endings,
      boolean takesWrites) {}

  /**
   * @param leases a few hundred at most
   * @param followed the channels whose endings are asked for, a few hundred at most
   * @param finds whether to find expired leases, and whether Redis takes writes, which reads all
   *     leases
   */
  Renewed renew(List<Lease> leases, List<String> followed, boolean finds) {
    List<byte[]> keys = new ArrayList<>(List.of(scope.hash(), scope.answers()));
    List<byte[]> args =
        HistoryScripts.args("" + WHILE_RUNNING.toMillis(), "" + leases.size(), finds ? "find" : "");
    for (Lease lease : leases) {
      keys.add(scope.answer(lease.channel()));
      keys.add(scope.stream(lease.channel()));
      args.addAll(
          HistoryScripts.args(lease.channel(), lease.producer(), "" + lease.time().toMillis()));
    }
    followed.forEach(channel -> keys.add(scope.answer(channel)));
    args.addAll(HistoryScripts.args(followed.toArray(String[]::new)));
    List<?> reply = (List<?>) redis.execute(c -> Script.ANSWERS.run(c, keys, args)).value();
    List<?> words = (List<?>) reply.get(0);
    Map<String, AnswerState> states = new HashMap<>();
    for (int i = 0; i < leases.size(); i++) {
      states.put(leases.get(i).channel(), AnswerState.of(Entry.text(words.get(i))));
    }
    List<?> ids = (List<?>) reply.get(2);
    Map<String, Position> endings = new HashMap<>();
    for (int i = 0; i < followed.size(); i++) {
      Position ending = Position.parse(Entry.text(ids.get(i)));
      if (ending != null) {
        endings.put(followed.get(i), ending);
      }
    }
    return new Renewed(
        states,
        ((List<?>) reply.get(1)).stream().map(Entry::text).toList(),
        endings,
        !Entry.text(reply.get(3)).isEmpty());
  }

  /**
   * The state of an answer.
   *
   * @param last the id of the answer's last event; null if there is no event, or if the id is
   *     unknown
   */
  record Known(AnswerState state, @Nullable Position last) {}

  Known known(String channel) {
    return redis.execute(connection -> known(connection, channel)).value();
  }

  private Known known(RedisConnection connection, String channel) {
    Known known = kept(connection, channel);
    if (known != null) {
      return known;
    }
    if (connection.call("HGET", scope.hash(), ("last:" + channel).getBytes(UTF_8)) == null) {
      return new Known(AnswerState.NONE, null);
    }
    // The second read finds an answer that has begun since the first.
    known = kept(connection, channel);
    return known != null ? known : new Known(AnswerState.EXPIRED, null);
  }

  private @Nullable Known kept(RedisConnection connection, String channel) {
    List<?> fields;
    try {
      fields =
          (List<?>)
              connection.call(
                  "HMGET", scope.answer(channel), "state".getBytes(UTF_8), "id".getBytes(UTF_8));
    } catch (RedisFailure.Refused e) {
      if (e.is("WRONGTYPE")) {
        // The scripts delete a key of the wrong type.
        return null;
      }
      throw e;
    }
    if (fields.get(0) == null) {
      return null;
    }
    Object id = fields.get(1);
    return new Known(
        AnswerState.of(Entry.text(fields.get(0))),
        id == null ? null : Position.parse(Entry.text(id)));
  }
}
