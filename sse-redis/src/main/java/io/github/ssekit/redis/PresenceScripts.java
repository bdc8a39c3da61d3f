package io.github.ssekit.redis;

import io.github.ssekit.event.SseEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The scripts of presence as calls. Each throws a {@link RedisFailure} if Redis refuses it or does
 * not answer. Thread-safe.
 */
final class PresenceScripts {
  private final String node = UUID.randomUUID().toString();
  private final CommandPool redis;
  private final Scope scope;
  private final PublishScript publish;
  private final Duration lifetime;

  /**
   * @param lifetime the time after which a name expires if it is not reported again
   */
  PresenceScripts(CommandPool redis, Scope scope, PublishScript publish, Duration lifetime) {
    this.redis = redis;
    this.scope = scope;
    this.publish = publish;
    this.lifetime = lifetime;
  }

  Duration lifetime() {
    return lifetime;
  }

  /**
   * The reply of {@code presence.lua}.
   *
   * @param stored the last of the lists that were published, or null
   * @param noted the counts of each channel
   */
  record Told(PublishScript.@Nullable Stored stored, List<Noted> noted) {
    private static Told of(List<?> reply) {
      List<Noted> noted = new ArrayList<>();
      for (int i = 1; i + 1 < reply.size(); i += 2) {
        noted.add(new Noted(number(reply.get(i)), number(reply.get(i + 1))));
      }
      return new Told(
          Entry.text(reply.get(0)).isEmpty() ? null : PublishScript.Stored.of(reply.get(0)), noted);
    }

    private static int number(Object reply) {
      return ((Number) reply).intValue();
    }
  }

  /**
   * The counts of one channel in Redis.
   *
   * @param count how many names are here, of all nodes
   * @param leftOut how many of the reported names Redis has no room for
   */
  record Noted(int count, int leftOut) {}

  Publication<Told> telling(List<LocalPresence.Part> parts) {
    List<byte[]> keys = new ArrayList<>(List.of(scope.hash()));
    List<String> words =
        new ArrayList<>(
            List.of(
                node, "" + lifetime.toMillis(), "" + Presence.MAX_NAMES, "" + Presence.MAX_LISTED));
    for (LocalPresence.Part part : parts) {
      String channel = part.channel();
      keys.addAll(List.of(scope.stream(channel), scope.redisChannel(channel), scope.here(channel)));
      words.addAll(List.of(channel, part.isLast() ? "1" : "", "" + part.names().size()));
      words.addAll(part.names());
      words.add("" + part.gone().size());
      words.addAll(part.gone());
    }
    return publish.call(
        Script.PRESENCE,
        keys,
        "",
        SseEvent.of(Presence.TYPE, ""),
        HistoryScripts.args(words.toArray(String[]::new)),
        reply -> {
          Told told = Told.of((List<?>) reply);
          return new PublishScript.Outcome<>(told.stored(), told);
        });
  }

  /** Returns the names of all nodes. */
  List<String> here(String channel) {
    List<byte[]> keys = List.of(scope.here(channel));
    return redis
        .execute(connection -> (List<?>) Script.HERE.run(connection, keys, List.of()))
        .value()
        .stream()
        .map(Entry::text)
        .toList();
  }
}
