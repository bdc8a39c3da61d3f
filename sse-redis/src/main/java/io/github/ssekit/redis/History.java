package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * The scope's scripts as calls. Each is one round trip, and throws a {@code JedisException} if
 * Redis does not answer. Thread-safe.
 */
final class History {
  /** What one call reads: Redis does nothing else meanwhile. */
  private static final int CALL_EVENTS = 500;

  private static final int CALL_BYTES = 256 << 10;
  private static final int CALL_CHANNELS = 50;
  private static final int CALL_FIELDS = 2000;

  /** So few channels are read without asking first which have moved. */
  private static final int FEW_CHANNELS = 20;

  private static final Duration TOKEN_AGE = Duration.ofMinutes(10);

  private final JedisPort redis;
  private final Scope scope;
  private final int events;
  private final Duration age;
  private final int maxEventBytes;

  /**
   * @param maxEventBytes in bytes: larger events are not read
   */
  History(JedisPort redis, Scope scope, int events, Duration age, int maxEventBytes) {
    this.redis = redis;
    this.scope = scope;
    this.events = events;
    this.age = age;
    this.maxEventBytes = maxEventBytes;
  }

  /** An answer, and the run of the server that gave it. */
  record Answer<T>(String run, T value) {}

  /**
   * What {@code publish.lua} replies.
   *
   * @param onRun whether the event was stored on the run that answers: a token may answer for one
   *     that was stored before
   */
  record Stored(Position position, boolean onRun) {
    private static Stored of(Object reply) {
      return reply instanceof List<?> before
          ? new Stored(History.position(before.get(0)), false)
          : new Stored(History.position(reply), true);
    }
  }

  /**
   * @param seen up to where this node has heard, or null
   * @param seenOn the highest id that it knows to have been on a run, or null
   */
  Answer<Stored> publish(
      String channel,
      SseEvent event,
      @Nullable String token,
      @Nullable Position seen,
      Function<String, @Nullable Position> seenOn) {
    List<byte[]> keys = keys(scope.hash(), scope.stream(channel), scope.redisChannel(channel));
    if (token != null) {
      keys.add(scope.token(token));
    }
    return redis.execute(
        (connection, run) ->
            Stored.of(
                Script.PUBLISH.run(
                    connection,
                    keys,
                    args(
                        channel,
                        event.type() == null ? "" : event.type(),
                        event.data() == null ? "" : event.data(),
                        "" + events,
                        "" + age.toMillis(),
                        run,
                        redis.publishCommand(),
                        "" + TOKEN_AGE.toMillis(),
                        text(seen),
                        text(seenOn.apply(run)),
                        new String(scope.control(), UTF_8),
                        "" + maxEventBytes))));
  }

  private static String text(@Nullable Position position) {
    return position == null ? "" : position.toString();
  }

  /**
   * What {@code attach.lua} replies.
   *
   * @param probe a probe's position
   * @param last the last positions of channels by then
   * @param lost what Redis was told that it has lost, or null
   */
  record Attached(Position probe, Map<String, Position> last, @Nullable Position lost) {}

  /**
   * @param lost what this node knows to be lost on a run, or null
   * @param channels a few thousand at most
   */
  Answer<Attached> attach(
      String nonce,
      Map<String, Position> seen,
      Function<String, @Nullable Position> lost,
      List<String> channels) {
    return redis.execute(
        (connection, run) -> {
          Position gone = lost.apply(run);
          int pairs = seen.size() + (gone == null ? 0 : 1);
          List<byte[]> args = args(run, nonce, redis.publishCommand(), "" + pairs);
          seen.forEach((r, position) -> args.addAll(args(r, position.toString())));
          if (gone != null) {
            args.addAll(args("lost", gone.toString()));
          }
          channels.forEach(channel -> args.addAll(args("last:" + channel)));
          List<?> reply =
              (List<?>) Script.ATTACH.run(connection, keys(scope.hash(), scope.control()), args);
          Position probe = position(reply.get(0));
          List<?> ids = (List<?>) reply.get(1);
          Map<String, Position> last = new HashMap<>();
          for (int i = 0; i < channels.size(); i++) {
            if (ids.get(i) != null) {
              // What can't be read counts as lost.
              last.put(channels.get(i), Entry.position(ids.get(i), probe));
            }
          }
          return new Attached(probe, last, gone);
        });
  }

  /** Which channels hold anything after a position. */
  Answer<Missed> missed(Position after, List<String> channels) {
    return redis.execute((connection, run) -> missed(connection, run, after, channels));
  }

  private Missed missed(Connection connection, String run, Position after, List<String> channels) {
    if (channels.size() <= FEW_CHANNELS) {
      return Missed.unknown(channels);
    }
    Missed.Bounds first = null;
    List<Missed.Moved> moved = new ArrayList<>();
    for (int from = 0; from < channels.size(); from += CALL_FIELDS / 2) {
      List<String> some = channels.subList(from, Math.min(channels.size(), from + CALL_FIELDS / 2));
      List<byte[]> args = args(run);
      some.forEach(channel -> args.addAll(args("last:" + channel, "floor:" + channel)));
      List<?> reply = (List<?>) Script.MOVED.run(connection, keys(scope.hash()), args);
      first = first == null ? Missed.Bounds.of(reply) : first;
      Missed.add(after, some, reply, moved);
    }
    return new Missed(first, moved);
  }

  /**
   * The next events of some channels after a position.
   *
   * @param bytes how many, about, whatever it takes of calls
   */
  Answer<Page> page(Position after, Missed missed, int bytes) {
    return redis.execute((connection, run) -> page(connection, run, after, missed, bytes));
  }

  /** The next events of some channels after a position, as many as fit one call. */
  Answer<Page> page(Position after, List<String> channels) {
    return redis.execute(
        (connection, run) ->
            page(connection, run, after, missed(connection, run, after, channels), CALL_BYTES));
  }

  private Page page(Connection connection, String run, Position after, Missed missed, int bytes) {
    List<String> channels = missed.after(after);
    Merge merge = new Merge(after, bytes, missed.bounds());
    int read = 0;
    while (read < channels.size() || merge.upTo() == null) {
      List<String> some = channels.subList(read, Math.min(channels.size(), read + CALL_CHANNELS));
      List<byte[]> keys = keys(scope.hash());
      some.forEach(channel -> keys.add(scope.stream(channel)));
      Position upTo = merge.upTo();
      List<byte[]> args =
          args(
              run,
              after.toString(),
              "" + CALL_EVENTS,
              "" + CALL_BYTES,
              "" + maxEventBytes,
              upTo == null ? "" : upTo.toString());
      some.forEach(channel -> args.addAll(args(channel)));
      read += merge.add(some, (List<?>) Script.PAGE.run(connection, keys, args));
    }
    return merge.page();
  }

  /**
   * Has the clock published with a nonce, without writing anything: for a Redis that takes no
   * writes.
   *
   * @return null, and the run
   */
  Answer<?> look(String nonce) {
    return redis.execute(
        (connection, run) ->
            Script.LOOK.run(
                connection,
                keys(scope.hash(), scope.control()),
                args(nonce, redis.publishCommand())));
  }

  void gap(String channel) {
    Answer<Object> unused =
        redis.execute(
            (connection, run) ->
                Script.GAP.run(
                    connection,
                    keys(scope.hash(), scope.control()),
                    args(run, channel, redis.publishCommand())));
  }

  /** The newest events of a channel that can be sent, in calls that are bounded, as pages are. */
  Recent recent(String channel, int max) {
    return redis
        .execute(
            (connection, run) -> {
              List<SseEvent> newestFirst = new ArrayList<>();
              Position clock = null;
              String before = "";
              int read = 0;
              while (before != null) {
                int count = Math.min(max - read, CALL_EVENTS);
                List<?> reply = recent(connection, run, channel, count, before);
                clock = clock == null ? position(reply.get(0)) : clock;
                List<?> entries = (List<?>) reply.get(1);
                for (Object each : entries) {
                  SseEvent event = sendable(Entry.of((List<?>) each));
                  if (event != null) {
                    newestFirst.add(event);
                  }
                }
                read += entries.size();
                before =
                    entries.isEmpty() || read >= max
                        ? null
                        : "(" + idOf(entries.get(entries.size() - 1));
              }
              Collections.reverse(newestFirst);
              return new Recent(Objects.requireNonNull(clock), newestFirst);
            })
        .value();
  }

  private List<?> recent(
      Connection connection, String run, String channel, int count, String before) {
    return (List<?>)
        Script.RECENT.run(
            connection,
            keys(scope.hash(), scope.stream(channel)),
            args(run, "" + count, "" + CALL_BYTES, "" + maxEventBytes, before));
  }

  private static String idOf(Object entry) {
    return Entry.text(((List<?>) entry).get(0));
  }

  private @Nullable SseEvent sendable(Entry entry) {
    if (entry.event() == null) {
      return null;
    }
    SseEvent event = entry.event().withId(entry.position().toString());
    return event.frame().length() <= maxEventBytes ? event : null;
  }

  private static Position position(Object reply) {
    String text = Entry.text(reply);
    Position position = Position.parse(text);
    if (position == null) {
      throw new JedisDataException("Redis replied " + text + " in place of a position");
    }
    return position;
  }

  private static List<byte[]> keys(byte[]... keys) {
    return new ArrayList<>(List.of(keys));
  }

  private static List<byte[]> args(String... args) {
    List<byte[]> bytes = new ArrayList<>(args.length);
    for (String arg : args) {
      bytes.add(arg.getBytes(UTF_8));
    }
    return bytes;
  }
}
