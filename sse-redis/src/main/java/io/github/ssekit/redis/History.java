package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.core.Position;
import io.github.ssekit.core.SseEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;

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
  private final int eventSizeLimit;

  /**
   * @param eventSizeLimit in bytes: larger events are not read
   */
  History(JedisPort redis, Scope scope, int events, Duration age, int eventSizeLimit) {
    this.redis = redis;
    this.scope = scope;
    this.events = events;
    this.age = age;
    this.eventSizeLimit = eventSizeLimit;
  }

  /** An answer, and the run of the server that gave it. */
  record Answer<T>(String run, T value) {}

  /**
   * @param seen up to where this node has heard, or null
   */
  Answer<Position> publish(
      String channel, SseEvent event, @Nullable String token, @Nullable Position seen) {
    List<byte[]> keys = keys(scope.hash(), scope.stream(channel), scope.redisChannel(channel));
    if (token != null) {
      keys.add(scope.token(token));
    }
    return redis.execute(
        (connection, run) ->
            position(
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
                        seen == null ? "" : seen.toString()))));
  }

  /** What {@code attach.lua} replies: a probe's position, and the last ones of channels by then. */
  record Attached(Position probe, Map<String, Position> last) {}

  /**
   * @param channels a few thousand at most
   */
  Answer<Attached> attach(String nonce, Map<String, Position> seen, List<String> channels) {
    return redis.execute(
        (connection, run) -> {
          List<byte[]> args = args(run, nonce, redis.publishCommand(), "" + seen.size());
          seen.forEach((r, position) -> args.addAll(args(r, position.toString())));
          channels.forEach(channel -> args.addAll(args("last:" + channel)));
          List<?> reply =
              (List<?>) Script.ATTACH.run(connection, keys(scope.hash(), scope.control()), args);
          List<?> ids = (List<?>) reply.get(1);
          Map<String, Position> last = new HashMap<>();
          for (int i = 0; i < channels.size(); i++) {
            Position position = ids.get(i) == null ? null : Position.parse(Entry.text(ids.get(i)));
            if (position != null) {
              last.put(channels.get(i), position);
            }
          }
          return new Attached(position(reply.get(0)), last);
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
              "" + eventSizeLimit,
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

  Recent recent(String channel, int max) {
    return redis
        .execute(
            (connection, run) -> {
              List<?> reply =
                  (List<?>)
                      Script.RECENT.run(
                          connection,
                          keys(scope.hash(), scope.stream(channel)),
                          args(run, "" + max));
              List<SseEvent> newestLast = new ArrayList<>();
              for (Object each : (List<?>) reply.get(1)) {
                Entry entry = Entry.of((List<?>) each);
                if (entry.event() != null) {
                  newestLast.add(0, entry.event().withId(entry.position().toString()));
                }
              }
              return new Recent(position(reply.get(0)), newestLast);
            })
        .value();
  }

  private static Position position(Object reply) {
    String text = Entry.text(reply);
    Position position = Position.parse(text);
    if (position == null) {
      throw new IllegalStateException("Redis replied " + text + " in place of a position");
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
