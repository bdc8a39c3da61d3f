package io.github.ssekit.redis;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Channels that keep the newest event of each key: prices, positions, a dashboard. A newcomer gets
 * all keys, in the order of their ids, then live events, unless its {@code ConnectionOptions} name
 * another start. A client that reconnects gets the keys that have changed meanwhile, each once, and
 * the removals. A client that is too slow is closed, as on all channels with history: it
 * reconnects, and so skips outdated events.
 *
 * <pre>{@code
 * redis.states().publish("prices", "ACME", SseEvent.of("42.17"));
 * redis.states().remove("prices", "ACME");
 * }</pre>
 *
 * <p>After a {@link io.github.ssekit.hub.StreamReset} the page may hold keys that don't exist any
 * more. It must forget all of them and begin anew, without a last event ID: in a browser with a new
 * {@code EventSource}.
 *
 * <p>A channel holds {@value #MAX_KEYS} keys at most, of {@value #MAX_BYTES} bytes of keys, types
 * and data. Keys don't expire. Redis remembers for a day that a key was removed, in a full channel
 * for less: a client that was away for longer gets a reset.
 *
 * <p>See {@link RedisBridgeBuilder#states}. Any thread may use it.
 */
public final class StateChannels {
  /** The type of the event that says that a key was removed; its data is the key. */
  public static final String REMOVED_TYPE = "state-removed";

  /** How many keys a channel holds at most. */
  public static final int MAX_KEYS = 10_000;

  /** How many bytes of keys, types and data a channel holds at most. */
  public static final int MAX_BYTES = 2 << 20;

  /** How long a channel is kept after its last event: ten years. */
  static final Duration KEPT = Duration.ofDays(3650);

  private static final int MAX_KEY_LENGTH = 200;

  private final PublishRules rules;
  private final RedisPublisher publisher;
  private final Scope scope;
  private final PublishScript publish;
  private final Duration removalsKept;

  /**
   * @param publish has a history limit that no channel exceeds
   * @param removalsKept how long Redis remembers that a key was removed
   */
  StateChannels(
      PublishRules rules,
      RedisPublisher publisher,
      Scope scope,
      PublishScript publish,
      Duration removalsKept) {
    this.rules = rules;
    this.publisher = publisher;
    this.scope = scope;
    this.publish = publish;
    this.removalsKept = removalsKept;
  }

  /**
   * Publishes an event in place of the former one of its key. Waits for Redis like {@link
   * RedisBridge#publish(String, SseEvent)}. Clients don't get the key, so the event's data should
   * hold it.
   *
   * @param key 1 to 200 characters, without control characters: clients get it when it is removed
   * @return the event's position
   * @throws StateFullException if the channel has no room for it
   * @throws IllegalArgumentException if the channel is not a state channel, if the key is not
   *     legal, and as {@link RedisBridge#publish(String, SseEvent)}
   * @throws PublishException if Redis did not confirm. It is safe to try again, unless a later
   *     event of the key was published since
   */
  public Position publish(String channel, String key, SseEvent event) {
    check(channel, key);
    rules.check(channel, event);
    return Objects.requireNonNull(add(channel, key, event, ""));
  }

  /**
   * Removes a key. Clients get an event of type {@value #REMOVED_TYPE}, whose data is the key.
   *
   * @return the event's position; null if there is no such key
   * @throws IllegalArgumentException if the channel is not a state channel, or if the key is not
   *     legal
   * @throws PublishException as {@link #publish}
   */
  public @Nullable Position remove(String channel, String key) {
    check(channel, key);
    SseEvent event = SseEvent.of(REMOVED_TYPE, key);
    rules.check(channel, event);
    return add(channel, key, event, "1");
  }

  private void check(String channel, String key) {
    Objects.requireNonNull(channel, "channel");
    GivenName.check("key", key, MAX_KEY_LENGTH);
    if (!scope.isState(channel)) {
      throw new IllegalArgumentException(
          "channel \"%s\" is no state channel: RedisBridgeBuilder.states says which are"
              .formatted(channel));
    }
  }

  private @Nullable Position add(String channel, String key, SseEvent event, String removal) {
    List<byte[]> keys =
        List.of(
            scope.hash(),
            scope.stream(channel),
            scope.redisChannel(channel),
            scope.keys(channel),
            scope.removed(channel));
    List<byte[]> args =
        HistoryScripts.args(
            "k", key, removal, "" + MAX_KEYS, "" + MAX_BYTES, "" + removalsKept.toMillis());
    Added added;
    try {
      added =
          publisher.publish(
              publish.call(Script.STATE, keys, channel, event, args, StateChannels::outcome));
    } catch (RedisFailure e) {
      throw publisher.failure(e);
    }
    String why = added.why();
    if (why != null && !why.equals("none")) {
      throw new StateFullException(
          "channel \"%s\" has no room for key \"%s\": it holds %s at most; remove some, or divide them among channels"
              .formatted(
                  channel, key, why.equals("keys") ? MAX_KEYS + " keys" : MAX_BYTES + " bytes"));
    }
    return added.position();
  }

  /**
   * The reply of {@code state.lua}.
   *
   * @param why the reason why there is no position; null if there is one
   */
  private record Added(@Nullable Position position, @Nullable String why) {}

  private static PublishScript.Outcome<Added> outcome(Object reply) {
    if (reply instanceof List<?> words) {
      return new PublishScript.Outcome<>(null, new Added(null, Entry.text(words.get(0))));
    }
    PublishScript.Stored stored = PublishScript.Stored.of(reply);
    return new PublishScript.Outcome<>(stored, new Added(stored.position(), null));
  }
}
