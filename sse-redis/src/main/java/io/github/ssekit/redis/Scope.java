package io.github.ssekit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The names in Redis of one application's channels with history and their keys, which share one
 * order of ids. All names have the same hash tag, so that a script may use them in a cluster. The
 * names of the scope {@code sse}:
 *
 * <pre>
 * {sse}:scope            hash: the clock, and each channel's last id and floor
 * {sse}:stream:room:42   stream: the history of the channel room:42
 * {sse}:channel:room:42  Redis channel: the events of room:42 as they come
 * {sse}:control          Redis channel: probes and notices, for all nodes
 * {sse}:answer:4711      hash: the state of the answer 4711, whose channel is answer:4711
 * {sse}:answers          hash: the times at which the leases of running answers end
 * {sse}:keys:prices      hash: the keys of the state channel prices, and their ids
 * {sse}:removed:prices   stream: the removed keys of that channel
 * {sse}:here:here:42     hash: the names on the presence channel here:42
 * {sse}:directives       stream: directives, for nodes that are away
 * {sse}:token:…          string: the id of an event that was published with a token
 * </pre>
 *
 * Keys belong to one database, Redis channels to the whole server: in any database but 0 the names
 * of Redis channels carry its number, <code>{sse}:db3:channel:room:42</code> and <code>
 * {sse}:db3:control</code>. Otherwise nodes of two databases would hear each other.
 *
 * <p>A channel without history has its own name as its Redis channel, whatever the database.
 */
final class Scope {
  static final String DEFAULT_NAME = "sse";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  /** Names of a scope, and names under which Redis itself, or a Sentinel, publishes. */
  private static final Pattern RESERVED =
      Pattern.compile("\\{[A-Za-z0-9._-]{1,64}}:|__[a-z]+(@[0-9]+)?__:");

  private final Predicate<? super String> withHistory;
  private final @Nullable Predicate<? super String> states;
  private final @Nullable Predicate<? super String> presence;
  private final String prefix;
  private final String channelPrefix;
  private final String control;
  private final byte[] hash;

  /**
   * @param database the number of the database
   * @param states the state channels, among the channels with history; null for none
   * @param presence the channels with presence; null for none
   * @throws IllegalArgumentException if the name is not 1 to 64 of A-Z, a-z, 0-9, dot, dash and
   *     underscore
   */
  Scope(
      String name,
      int database,
      Predicate<? super String> withHistory,
      @Nullable Predicate<? super String> states,
      @Nullable Predicate<? super String> presence) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "scope \"%s\": give it 1 to 64 of A-Z, a-z, 0-9, dot, dash and underscore"
              .formatted(name));
    }
    this.withHistory = withHistory;
    this.states = states;
    this.presence = presence;
    prefix = "{" + name + "}:";
    String ofServer = database == 0 ? prefix : prefix + "db" + database + ":";
    channelPrefix = ofServer + "channel:";
    control = ofServer + "control";
    hash = key("scope");
  }

  /** Whether there may be state channels. */
  boolean hasStates() {
    return states != null;
  }

  /** Whether a channel is a state channel; a channel with presence is not. */
  boolean isState(String channel) {
    return states != null && states.test(channel) && !isPresence(channel);
  }

  /** Whether a channel has presence. */
  boolean isPresence(String channel) {
    return presence != null && presence.test(channel);
  }

  /** Whether newcomers get all kept events of a channel, since these are its present state. */
  boolean isLoaded(String channel) {
    return isState(channel) || isPresence(channel);
  }

  boolean hasHistory(String channel) {
    return withHistory.test(channel);
  }

  /**
   * Whether the name of a channel without history is taken in Redis: by any scope, or by the server
   * itself, such as {@code __keyspace@0__:key} or {@code __sentinel__:hello}.
   */
  boolean isReserved(String channel) {
    return RESERVED.matcher(channel).lookingAt();
  }

  byte[] redisChannel(String channel) {
    return (hasHistory(channel) ? channelPrefix + channel : channel).getBytes(UTF_8);
  }

  /** The channel with history that a Redis channel carries, or null. */
  @Nullable String withHistory(String redisChannel) {
    return redisChannel.startsWith(channelPrefix)
        ? redisChannel.substring(channelPrefix.length())
        : null;
  }

  boolean isControl(String redisChannel) {
    return redisChannel.equals(control);
  }

  byte[] control() {
    return control.getBytes(UTF_8);
  }

  byte[] hash() {
    return hash;
  }

  byte[] stream(String channel) {
    return key("stream:" + channel);
  }

  /** The key of an answer, by its channel, which begins with {@code answer:}. */
  byte[] answer(String channel) {
    return key(channel);
  }

  byte[] answers() {
    return key("answers");
  }

  byte[] keys(String channel) {
    return key("keys:" + channel);
  }

  byte[] removed(String channel) {
    return key("removed:" + channel);
  }

  byte[] here(String channel) {
    return key("here:" + channel);
  }

  byte[] directives() {
    return key("directives");
  }

  byte[] token(String token) {
    return key("token:" + token);
  }

  /** Returns the prefix of all its names. */
  @Override
  public String toString() {
    return prefix;
  }

  private byte[] key(String rest) {
    return (prefix + rest).getBytes(UTF_8);
  }
}
