package io.github.ssekit.hub;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way of one connection to the live events of its channels with history: from its last event
 * ID, over what it missed, to a place in their logs. Guarded by the hub's lock.
 */
final class Resume {
  final Connection connection;

  /** Those that were asked for at connect and have not been left since. */
  final List<Subscription> subscriptions;

  /**
   * Those that came later: what they bring would carry the client past what it still misses, so
   * they join when the others are live.
   */
  final List<Subscription> late = new ArrayList<>(0);

  /** Up to where the client has everything; null for one that has nothing and misses nothing. */
  @Nullable Position at;

  /** Whether the client sent an id that is none. */
  final boolean unknownId;

  /** Whether {@link #at} came from the upstream: this node reaches it, sooner or later. */
  boolean replayed;

  /**
   * Whether the upstream has been asked for a page and has not answered, see {@link ReplayRoom}.
   */
  boolean asked;

  /** Where it stands among those that wait, see {@link ReplayRoom}. */
  long place;

  /** The page that was read for it and that it has not taken. */
  @Nullable Replay held;

  /** How many rewinds there had been when the upstream was last asked. */
  int rewinds;

  /** How many replays were written, and how many events they had. */
  int replays;

  long events;

  /** The reset that the client is told when it is live, if any. */
  @Nullable StreamReset told;

  /** Whether the connection has closed, or is live. */
  boolean ended;

  /**
   * Whether the client may not have all of its channels any more: nothing is replayed to it then.
   */
  volatile boolean dropped;

  Resume(Connection connection, List<Subscription> subscriptions, @Nullable String lastEventId) {
    this.connection = connection;
    this.subscriptions = subscriptions;
    // "" is what a client sends that has none.
    String sent = lastEventId == null ? "" : lastEventId;
    this.at = Position.parse(sent);
    this.unknownId = !sent.isEmpty() && at == null;
  }
}
