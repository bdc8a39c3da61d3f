package io.github.ssekit.hub;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions of one connection, and the {@link Resume} that leads to live events. Guarded by
 * the hub's lock: methods take it if they say so, else their callers hold it.
 */
final class Subscriptions {
  private final Channels channels;
  private final Resumes resumes;

  /** Immutable: a list of one subscription, as most connections have, takes only 24 bytes. */
  private List<Subscription> all = List.of();

  /** Null once the connection is live, or if it has nothing to resume. */
  private @Nullable Resume resume;

  /** Whether the connection has ended: it subscribes to no more channels. */
  private boolean released;

  Subscriptions(Channels channels, Resumes resumes) {
    this.channels = channels;
    this.resumes = resumes;
  }

  /** Marks the connection as never opened: it subscribes to no channels. */
  void neverOpen() {
    released = true;
  }

  /**
   * Subscribes a new connection to its channels, and resumes the channels with history.
   *
   * @param client is told of subscriptions that are live
   * @param start the start of a newcomer, or null for the upstream's choice
   */
  void begin(
      StreamConnection connection,
      Resume.Client client,
      List<Channels.Wanted> wanted,
      @Nullable String lastEventId,
      @Nullable Start start) {
    assert channels.lock.isHeldByCurrentThread();
    List<Subscription> begun = new ArrayList<>(wanted.size());
    try {
      wanted.forEach(w -> begun.add(new Subscription(connection, channels.enter(w))));
    } finally {
      // If a channel throws, the connection releases the subscriptions before it when it ends.
      all = List.copyOf(begun);
    }
    List<Subscription> resumed = new ArrayList<>(0);
    for (Subscription s : begun) {
      if (s.channel.hasHistory) {
        s.resumed = true;
        resumed.add(s);
      } else {
        client.live(List.of(s), null, null);
      }
    }
    Upstream upstream = channels.upstream();
    if (!resumed.isEmpty() && upstream != null) {
      boolean idsOnEventsOnly = connection.idsOnEventsOnly;
      resume =
          new Resume(
              resumes,
              upstream,
              new Resuming(client),
              resumed,
              lastEventId,
              start,
              idsOnEventsOnly);
      resume.start();
    }
  }

  /** Passes the calls of a resume on to the client, and forgets the resume once it is over. */
  private final class Resuming implements Resume.Client {
    private final Resume.Client client;

    Resuming(Resume.Client client) {
      this.client = client;
    }

    @Override
    public void replay(Resume resume, Replay page) {
      client.replay(resume, page);
    }

    @Override
    public boolean copies() {
      return client.copies();
    }

    @Override
    public void revoke() {
      client.revoke();
    }

    @Override
    public void live(
        List<Subscription> subscriptions,
        byte @Nullable [] greeting,
        @Nullable ResumeOutcome outcome) {
      resume = null;
      client.live(subscriptions, greeting, outcome);
      closeIfEnded(subscriptions);
    }
  }

  private Subscription add(StreamConnection connection, Channels.Wanted wanted) {
    Subscription s = new Subscription(connection, channels.enter(wanted));
    List<Subscription> more = new ArrayList<>(all);
    more.add(s);
    all = List.copyOf(more);
    return s;
  }

  /** Subscribes to a channel from now on. Takes the lock. */
  void subscribe(StreamConnection connection, Resume.Client client, String name) {
    Channels.Wanted wanted = channels.wanted(name);
    channels.lock.lock();
    try {
      if (released || find(name) != null) {
        return;
      }
      channels.checkCount(all.size() + 1);
      channels.checkRoom(wanted);
      Subscription s = add(connection, wanted);
      if (s.channel.hasHistory && resume != null) {
        resume.join(s);
      } else {
        client.live(List.of(s), null, null);
        closeIfEnded(List.of(s));
      }
    } finally {
      channels.lock.unlock();
    }
  }

  /** If one of the channels has ended, the loop closes the connection if all its channels have. */
  private static void closeIfEnded(List<Subscription> some) {
    for (Subscription s : some) {
      if (s.channel.hasEnded) {
        s.connection.loop.execute(s.connection::closeIfEnded);
        return;
      }
    }
  }

  /**
   * Unsubscribes from a channel, and returns the removed subscription, or null. Takes the lock.
   *
   * @param revoke whether the client must get no more events of the channel, not even in a page
   *     under way
   */
  @Nullable Subscription remove(String name, boolean revoke) {
    channels.lock.lock();
    try {
      Subscription s = find(name);
      if (s != null) {
        all = all.stream().filter(other -> other != s).toList();
        // Under the lock: whoever finds the channel left may rely on it.
        s.ended = true;
        if (resume != null) {
          resume.left(s, revoke);
        }
        channels.leave(s.channel);
        closeIfEnded(all);
      } else if (revoke && resume != null) {
        resume.revoke(name);
      }
      return s;
    } finally {
      channels.lock.unlock();
    }
  }

  /** Ends all subscriptions, for good, and returns them. */
  List<Subscription> release() {
    assert channels.lock.isHeldByCurrentThread();
    List<Subscription> before = all;
    all = List.of();
    released = true;
    if (resume != null) {
      resume.close();
      resume = null;
    }
    before.forEach(s -> channels.leave(s.channel));
    return before;
  }

  private @Nullable Subscription find(String channel) {
    for (Subscription s : all) {
      if (s.channel.name.equals(channel)) {
        return s;
      }
    }
    return null;
  }

  /** The names of the channels. Takes the lock. */
  List<String> names() {
    channels.lock.lock();
    try {
      return all.stream().map(s -> s.channel.name).toList();
    } finally {
      channels.lock.unlock();
    }
  }

  /** The current subscriptions. */
  List<Subscription> all() {
    assert channels.lock.isHeldByCurrentThread();
    return all;
  }

  /**
   * Whether the connection is live on all its channels, at least one, and all have ended. On the
   * loop. Takes the lock.
   */
  boolean haveEnded() {
    channels.lock.lock();
    try {
      // The loop may not have joined a channel whose resume has just ended, with its last events.
      return resume == null
          && !all.isEmpty()
          && all.stream().allMatch(s -> s.channel.hasEnded && s.index >= 0);
    } finally {
      channels.lock.unlock();
    }
  }

  /** Whether the connection is not live yet. */
  boolean isResuming() {
    assert channels.lock.isHeldByCurrentThread();
    return resume != null;
  }
}
