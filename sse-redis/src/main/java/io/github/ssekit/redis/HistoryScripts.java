package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.Start;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Calls of the scope's scripts that read the history, probe and report gaps. Each call throws a
 * {@link RedisFailure} if Redis refuses it or does not answer. Thread-safe.
 */
final class HistoryScripts {
  /** The maximum number of events that one call reads: Redis does nothing else meanwhile. */
  private static final int CALL_EVENTS = 500;

  private static final int CALL_BYTES = 256 << 10;

  /** The maximum number of calls for one page of a client. */
  private static final int CALLS_A_PAGE = 4;

  /**
   * The limits for the keys of state channels, in calls and roughly in bytes: a few full channels.
   */
  private static final int STATE_CALLS = 100;

  private static final int STATE_BYTES = 8 << 20;
  private static final int CALL_CHANNELS = 50;
  private static final int CALL_FIELDS = 2000;

  /** Up to this many channels are read without first asking Redis which of them have moved. */
  private static final int FEW_CHANNELS = 20;

  private final CommandPool redis;
  private final Scope scope;
  private final int maxEventBytes;

  /**
   * @param maxEventBytes the maximum size of an event, in bytes: larger events are not read
   */
  HistoryScripts(CommandPool redis, Scope scope, int maxEventBytes) {
    this.redis = redis;
    this.scope = scope;
    this.maxEventBytes = maxEventBytes;
  }

  /**
   * The reply of {@code attach.lua}.
   *
   * @param probe the position of the probe
   * @param seen the highest ids that the probe reported, by run
   * @param last the last positions of channels at that time, by channel
   * @param highest for channels whose last position Redis doesn't know: an upper bound, by channel
   */
  record Attached(
      Position probe,
      Map<String, Position> seen,
      Map<String, Position> last,
      Map<String, Position> highest) {}

  /**
   * @param lost the highest id that Redis has lost, or null
   * @param channels a few thousand at most
   */
  CommandPool.Reply<Attached> attach(
      String nonce, Map<String, Position> seen, @Nullable Position lost, List<String> channels) {
    return redis.execute(
        connection -> {
          int pairs = seen.size() + (lost == null ? 0 : 1);
          List<byte[]> args = args(connection.run(), nonce, redis.publishCommand(), "" + pairs);
          seen.forEach((r, position) -> args.addAll(args(r, position.toString())));
          if (lost != null) {
            args.addAll(args("lost", lost.toString()));
          }
          channels.forEach(channel -> args.addAll(args("last:" + channel)));
          List<?> reply =
              (List<?>) Script.ATTACH.run(connection, keys(scope.hash(), scope.control()), args);
          Position probe = position(reply.get(0));
          List<?> ids = (List<?>) reply.get(1);
          Iterator<?> bounds = ((List<?>) reply.get(2)).iterator();
          Map<String, Position> last = new HashMap<>();
          Map<String, Position> highest = new HashMap<>();
          for (int i = 0; i < channels.size(); i++) {
            if (ids.get(i) == null) {
              highest.put(channels.get(i), position(bounds.next()));
            } else {
              // An unreadable value counts as lost.
              last.put(channels.get(i), Entry.position(ids.get(i), probe));
            }
          }
          return new Attached(probe, seen, last, highest);
        });
  }

  /** Finds the channels that hold events after a position. */
  CommandPool.Reply<MovedChannels> moved(Position after, List<String> channels) {
    return redis.execute(connection -> moved(connection, after, channels));
  }

  private MovedChannels moved(RedisConnection connection, Position after, List<String> channels) {
    if (channels.size() <= FEW_CHANNELS) {
      return MovedChannels.unknown(channels);
    }
    MovedChannels.Bounds first = null;
    List<MovedChannels.Moved> moved = new ArrayList<>();
    for (int from = 0; from < channels.size(); from += CALL_FIELDS / 2) {
      List<String> some = channels.subList(from, Math.min(channels.size(), from + CALL_FIELDS / 2));
      List<byte[]> args = args(connection.run());
      some.forEach(channel -> args.addAll(args("last:" + channel, "floor:" + channel)));
      List<?> reply = (List<?>) Script.MOVED.run(connection, keys(scope.hash()), args);
      first = first == null ? MovedChannels.Bounds.of(reply) : first;
      MovedChannels.add(after, some, reply, moved);
    }
    return new MovedChannels(first, moved);
  }

  /**
   * Reads the next events of some channels after a position.
   *
   * @param bytes roughly the size of the page, in bytes, for which it makes as many calls as needed
   */
  CommandPool.Reply<Page> page(Position after, MovedChannels moved, int bytes) {
    return redis.execute(
        connection ->
            page(connection, moved.after(after), new Merge(after, bytes, moved.bounds())));
  }

  /**
   * Reads the next events of some channels, in a few calls, so that a client gets many small events
   * in one write.
   */
  CommandPool.Reply<Page> page(Map<String, Start> starts) {
    return redis.execute(
        connection -> {
          Set<String> loaded = loaded(starts);
          int mostBytes = loaded.isEmpty() ? CALL_BYTES : STATE_BYTES;
          int mostCalls = loaded.isEmpty() ? CALLS_A_PAGE : STATE_CALLS;
          Page page = call(connection, starts, loaded);
          for (int calls = 1; calls < mostCalls && page.goesOn(mostBytes); calls++) {
            Page next = call(connection, page.next(starts), loaded);
            if (!next.isWhole()) {
              // The page that the client asks for next reports the missing events.
              break;
            }
            page = page.and(next);
          }
          return page;
        });
  }

  /** The channels whose whole state a newcomer gets, in one page, however many keys they have. */
  private Set<String> loaded(Map<String, Start> starts) {
    return starts.entrySet().stream()
        .filter(start -> start.getValue().after() == null && scope.isLoaded(start.getKey()))
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  private Page call(RedisConnection connection, Map<String, Start> starts, Set<String> loaded) {
    List<String> channels = List.copyOf(starts.keySet());
    Position after = loaded.isEmpty() ? commonPosition(starts.values()) : null;
    if (after == null) {
      return page(connection, channels, new Merge(starts, CALL_BYTES, null));
    }
    MovedChannels moved = moved(connection, after, channels);
    return page(connection, moved.after(after), new Merge(starts, CALL_BYTES, moved.bounds()));
  }

  /** The position after which all channels start; null if the channels start at several places. */
  private static @Nullable Position commonPosition(Collection<Start> starts) {
    Position first = starts.iterator().next().after();
    return starts.stream().allMatch(start -> Objects.equals(start.after(), first)) ? first : null;
  }

  private Page page(RedisConnection connection, List<String> channels, Merge merge) {
    int read = 0;
    while (read < channels.size() || merge.upTo() == null) {
      List<String> some = channels.subList(read, Math.min(channels.size(), read + CALL_CHANNELS));
      List<byte[]> keys = keys(scope.hash());
      some.forEach(channel -> keys.add(scope.stream(channel)));
      Position upTo = merge.upTo();
      List<byte[]> args =
          args(
              connection.run(),
              merge.position().toString(),
              "" + CALL_EVENTS,
              "" + CALL_BYTES,
              "" + maxEventBytes,
              upTo == null ? "" : upTo.toString());
      some.forEach(channel -> args.addAll(args(channel)));
      args.addAll(args(merge.starts(some)));
      read += merge.add(some, (List<?>) Script.PAGE.run(connection, keys, args));
    }
    return merge.page();
  }

  /**
   * Publishes the clock with a nonce, without writing: a probe for a Redis that refuses writes.
   *
   * @return the clock, and the run
   */
  CommandPool.Reply<?> publishClock(String nonce) {
    return redis.execute(
        connection ->
            Script.CLOCK.run(
                connection,
                keys(scope.hash(), scope.control()),
                args(nonce, redis.publishCommand())));
  }

  /**
   * Tells all nodes that events of a channel are missing after a position. Returns the id of the
   * notice.
   */
  Position gap(String channel, Position from) {
    return redis
        .execute(
            connection ->
                position(
                    Script.GAP.run(
                        connection,
                        keys(scope.hash(), scope.control()),
                        args(connection.run(), channel, redis.publishCommand(), from.toString()))))
        .value();
  }

  /**
   * Reads the newest events of a channel that can be sent. Each call has the limits of a call for a
   * page.
   */
  Recent recent(String channel, int max) {
    return redis
        .execute(
            connection -> {
              List<SseEvent> newestFirst = new ArrayList<>();
              Position clock = null;
              String before = "";
              int read = 0;
              while (before != null) {
                int count = Math.min(max - read, CALL_EVENTS);
                List<?> reply = recent(connection, channel, count, before);
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

  private List<?> recent(RedisConnection connection, String channel, int count, String before) {
    return (List<?>)
        Script.RECENT.run(
            connection,
            keys(scope.hash(), scope.stream(channel)),
            args(connection.run(), "" + count, "" + CALL_BYTES, "" + maxEventBytes, before));
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

  static Position position(Object reply) {
    String text = Entry.text(reply);
    Position position = Position.parse(text);
    if (position == null) {
      throw new RedisFailure.Refused("Redis replied " + text + " in place of a position");
    }
    return position;
  }

  private static List<byte[]> keys(byte[]... keys) {
    return new ArrayList<>(List.of(keys));
  }

  static List<byte[]> args(String... args) {
    List<byte[]> bytes = new ArrayList<>(args.length);
    for (String arg : args) {
      bytes.add(arg.getBytes(UTF_8));
    }
    return bytes;
  }
}
