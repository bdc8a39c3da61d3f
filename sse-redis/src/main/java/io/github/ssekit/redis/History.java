package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.core.Position;
import io.github.ssekit.core.SseEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The scope's scripts as calls. Each is one round trip, and throws a {@code JedisException} if
 * Redis does not answer. Thread-safe.
 */
final class History {
  private static final int PAGE_EVENTS = 1000;
  private static final int PAGE_BYTES = 256 << 10;
  private static final Duration TOKEN_AGE = Duration.ofMinutes(10);

  private final JedisPort redis;
  private final Scope scope;
  private final int events;
  private final Duration age;

  History(JedisPort redis, Scope scope, int events, Duration age) {
    this.redis = redis;
    this.scope = scope;
    this.events = events;
    this.age = age;
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

  /** What {@code attach.lua} replies: a probe's position, and the channels' last ones by then. */
  record Attached(Position probe, Map<String, Position> last) {}

  Answer<Attached> attach(String nonce, Map<String, Position> seen, Collection<String> channels) {
    return redis.execute(
        (connection, run) -> {
          List<byte[]> args = args(run, nonce, redis.publishCommand(), "" + seen.size());
          seen.forEach((r, position) -> args.addAll(args(r, position.toString())));
          List<String> names = List.copyOf(channels);
          names.forEach(name -> args.addAll(args(name)));
          List<?> reply =
              (List<?>) Script.ATTACH.run(connection, keys(scope.hash(), scope.control()), args);
          Map<String, Position> last = new HashMap<>();
          for (int i = 0; i < names.size(); i++) {
            Position position = Position.parse(Entry.text(reply.get(i + 1)));
            if (position != null) {
              last.put(names.get(i), position);
            }
          }
          return new Attached(position(reply.get(0)), last);
        });
  }

  Answer<Page> page(Position after, Collection<String> channels) {
    List<String> names = List.copyOf(channels);
    List<byte[]> keys = keys(scope.hash());
    names.forEach(name -> keys.add(scope.stream(name)));
    int most = Math.max(2, PAGE_EVENTS / Math.max(1, names.size()));
    int bytes = Math.max(1, PAGE_BYTES / Math.max(1, names.size()));
    return redis.execute(
        (connection, run) -> {
          List<byte[]> args = args(run, after.toString(), "" + most, "" + bytes);
          names.forEach(name -> args.addAll(args(name)));
          return Page.of(after, names, (List<?>) Script.PAGE.run(connection, keys, args));
        });
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
