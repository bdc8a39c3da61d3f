package io.github.ssekit.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a new connection. Immutable, except for the application's attachment.
 *
 * <pre>{@code
 * ConnectionOptions options =
 *     ConnectionOptions.of("room:42").withOwner("ann").withStart(Start.last(50));
 * }</pre>
 *
 * @param channels the channels that the client is subscribed to from the start; it resumes only
 *     these. Legal names, see {@link EventPublisher}; may be empty; duplicates are dropped.
 * @param lastEventId the {@code Last-Event-ID} as the client sent it, or null. Characters after the
 *     first {@value #MAX_LAST_EVENT_ID} are cut off; an ID that long is not a position, and is
 *     treated like any other ID that isn't a position.
 * @param owner the connection's owner in the application, such as a user, a session or an address:
 *     1 to {@value #MAX_OWNER_LENGTH} characters, no unpaired surrogates; or null. Two owners are
 *     the same if the strings are equal.
 * @param expiresAt the time at which the hub closes the connection, see {@link
 *     Connection#expireAt}; or null for never
 * @param idsOnEventsOnly true if the client gets ids with events only, and never a block of an id
 *     alone; {@link HubBuilder#idsOnEventsOnly} sets this for all connections of a hub
 * @param start the place in the history from which a client without a last event ID starts on each
 *     of its channels with history; or null for the channel's default, which is {@link Start#NOW}
 *     unless the upstream says otherwise. The client gets its events of the past before live ones,
 *     in order; from its first event on it resumes like any other client, on all channels alike
 * @param attachment any object of the application's, which {@link Connection#attachment} returns;
 *     or null. The hub never reads it, and keeps it as long as the connection is referenced.
 */
public record ConnectionOptions(
    List<String> channels,
    @Nullable String lastEventId,
    @Nullable String owner,
    @Nullable Instant expiresAt,
    boolean idsOnEventsOnly,
    @Nullable Start start,
    @Nullable Object attachment) {
  /** The longest last event ID that is kept, in characters. */
  public static final int MAX_LAST_EVENT_ID = 200;

  /** The longest owner, in characters. */
  public static final int MAX_OWNER_LENGTH = 200;

  /**
   * Checks the values, drops duplicate channels, and cuts the last event ID.
   *
   * @throws IllegalChannelException if a channel's name is not legal
   * @throws IllegalArgumentException if the owner is not legal
   */
  public ConnectionOptions {
    Objects.requireNonNull(channels, "channels").forEach(Channel::checkName);
    channels = List.copyOf(channels.size() < 2 ? channels : new LinkedHashSet<>(channels));
    if (lastEventId != null && lastEventId.length() > MAX_LAST_EVENT_ID) {
      lastEventId = lastEventId.substring(0, MAX_LAST_EVENT_ID);
    }
    if (owner != null && (owner.isEmpty() || owner.length() > MAX_OWNER_LENGTH)) {
      throw new IllegalArgumentException(
          "owner of %d characters: give it 1 to %d".formatted(owner.length(), MAX_OWNER_LENGTH));
    }
    // Nodes send owners to each other in UTF-8.
    if (owner != null && !UTF_8.newEncoder().canEncode(owner)) {
      throw new IllegalArgumentException("owner with half of a surrogate pair: remove it");
    }
  }

  /**
   * Options with channels only.
   *
   * @throws IllegalChannelException if a channel's name is not legal
   */
  public static ConnectionOptions of(Collection<String> channels) {
    // List.copyOf's exception would not name the null element.
    return ofList(new ArrayList<>(Objects.requireNonNull(channels, "channels")));
  }

  /**
   * Options with channels only.
   *
   * @throws IllegalChannelException if a channel's name is not legal
   */
  public static ConnectionOptions of(String... channels) {
    return ofList(Arrays.asList(Objects.requireNonNull(channels, "channels")));
  }

  private static ConnectionOptions ofList(List<String> channels) {
    return new ConnectionOptions(channels, null, null, null, false, null, null);
  }

  /** A copy with another last event ID, or with none. */
  public ConnectionOptions withLastEventId(@Nullable String id) {
    return new ConnectionOptions(
        channels, id, owner, expiresAt, idsOnEventsOnly, start, attachment);
  }

  /**
   * A copy with another owner, or with none.
   *
   * @throws IllegalArgumentException if the owner is not legal
   */
  public ConnectionOptions withOwner(@Nullable String name) {
    return new ConnectionOptions(
        channels, lastEventId, name, expiresAt, idsOnEventsOnly, start, attachment);
  }

  /** A copy with another time at which the connection expires, or with none. */
  public ConnectionOptions withExpiresAt(@Nullable Instant time) {
    return new ConnectionOptions(
        channels, lastEventId, owner, time, idsOnEventsOnly, start, attachment);
  }

  /** A copy for a client that reports a message at each block, even without data. */
  public ConnectionOptions withIdsOnEventsOnly() {
    return new ConnectionOptions(channels, lastEventId, owner, expiresAt, true, start, attachment);
  }

  /** A copy with another start, or with null for each channel's default. */
  public ConnectionOptions withStart(@Nullable Start place) {
    return new ConnectionOptions(
        channels, lastEventId, owner, expiresAt, idsOnEventsOnly, place, attachment);
  }

  /** A copy with another attachment, or with none. */
  public ConnectionOptions withAttachment(@Nullable Object object) {
    return new ConnectionOptions(
        channels, lastEventId, owner, expiresAt, idsOnEventsOnly, start, object);
  }
}
