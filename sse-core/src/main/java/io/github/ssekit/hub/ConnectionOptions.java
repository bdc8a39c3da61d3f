package io.github.ssekit.hub;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a connection begins with: its channels, its place in them, whom it belongs to, and how long
 * it may last.
 *
 * @param channels those that the client listens to from the start, and the only ones that it
 *     resumes; legal names, see {@link EventPublisher}; may be empty; doubles are dropped
 * @param lastEventId the {@code Last-Event-ID} that the client sent, as it sent it, or null. What
 *     comes after {@value #MAX_LAST_EVENT_ID} characters is cut off; so long a one is no position
 *     of ours, and is answered as any that is none.
 * @param owner whom the connection belongs to, as the application sees it: a user, a session, an
 *     address; 1 to {@value #MAX_OWNER_LENGTH} characters, any of them; or null. It is compared
 *     whole and never joined with another name.
 * @param expiresAt when the connection is to be closed at the latest, or null
 * @param idsOnEventsOnly whether the client is never told its position by a block of only an id, as
 *     {@link HubBuilder#idsOnEventsOnly} says for all connections of a hub
 * @param attachment an object of the application's that goes with the connection, see {@link
 *     Connection#attachment}; or null
 */
public record ConnectionOptions(
    List<String> channels,
    @Nullable String lastEventId,
    @Nullable String owner,
    @Nullable Instant expiresAt,
    boolean idsOnEventsOnly,
    @Nullable Object attachment) {
  /** How much of a last event ID is kept, in characters. */
  public static final int MAX_LAST_EVENT_ID = 200;

  /** The longest owner, in characters. */
  public static final int MAX_OWNER_LENGTH = 200;

  /**
   * Checks and normalises.
   *
   * @throws IllegalArgumentException if a channel's name or the owner is not as said above
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
  }

  /** Options of which only the channels are set. */
  public static ConnectionOptions of(Collection<String> channels) {
    // List.copyOf would throw without a word of what is null.
    return ofList(new ArrayList<>(Objects.requireNonNull(channels, "channels")));
  }

  /** Options of which only the channels are set. */
  public static ConnectionOptions of(String... channels) {
    return ofList(Arrays.asList(Objects.requireNonNull(channels, "channels")));
  }

  private static ConnectionOptions ofList(List<String> channels) {
    return new ConnectionOptions(channels, null, null, null, false, null);
  }

  /** These, with another last event ID. */
  public ConnectionOptions withLastEventId(@Nullable String id) {
    return new ConnectionOptions(channels, id, owner, expiresAt, idsOnEventsOnly, attachment);
  }

  /** These, with another owner. */
  public ConnectionOptions withOwner(@Nullable String name) {
    return new ConnectionOptions(
        channels, lastEventId, name, expiresAt, idsOnEventsOnly, attachment);
  }

  /** These, with another end. */
  public ConnectionOptions withExpiresAt(@Nullable Instant time) {
    return new ConnectionOptions(channels, lastEventId, owner, time, idsOnEventsOnly, attachment);
  }

  /** These, for a client that takes each block for a message. */
  public ConnectionOptions withIdsOnEventsOnly() {
    return new ConnectionOptions(channels, lastEventId, owner, expiresAt, true, attachment);
  }

  /** These, with another attachment. */
  public ConnectionOptions withAttachment(@Nullable Object object) {
    return new ConnectionOptions(channels, lastEventId, owner, expiresAt, idsOnEventsOnly, object);
  }
}
