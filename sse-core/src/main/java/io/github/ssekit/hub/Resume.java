package io.github.ssekit.hub;

import static java.lang.System.Logger.Level.WARNING;

import java.io.ByteArrayOutputStream;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One client's way from its last event ID, or from a newcomer's start, to the live events of its
 * channels with history: the state machine that decides which events the client gets first. Guarded
 * by the hub's lock; only {@link #accept} and {@link #taken} take it themselves.
 */
final class Resume implements Upstream.ReplaySink, StreamConnection.PageSource {
  private static final System.Logger LOG = System.getLogger(Resume.class.getName());

  /** The connection, as a resume sees it. Called under the hub's lock. */
  interface Client {
    /** Writes a page, and then calls {@link Resume#taken}. */
    void replay(Resume resume, Replay page);

    /** See {@link Transport#copies}. */
    boolean copies();

    /** Closes the connection: the client has lost the right to a page that may be under way. */
    void revoke();

    /**
     * The resume is over: the subscriptions are live from their cursors on.
     *
     * @param greeting a block to write first, or null
     * @param outcome null if there is nothing to report
     */
    void live(
        List<Subscription> subscriptions,
        byte @Nullable [] greeting,
        @Nullable ResumeOutcome outcome);
  }

  /**
   * The steps of a resume.
   *
   * <pre>
   *   start, join ──► choose ◄───────────────────────────────────────────────────┐
   *                     │                                                        │
   *                     ├─ a channel is not open ──► OPENING ────── opened ──────┤
   *                     ├─ read beyond this node ──► AHEAD ── reached, rewound ──┤
   *                     ├─ the logs lack events ───► WAITING ◄─┐                 │
   *                     │                               │      │ no room         │
   *                     │                            admitted  │                 │
   *                     │                               ▼      │                 │
   *                     │                             ASKED ───┴─► REPLAYING ─ taken
   *                     │                               │ the upstream throws
   *                     └─ the logs have the rest ──► LIVE
   *
   *   every state but LIVE ── closed ──► CLOSED
   * </pre>
   *
   * A client that has left all channels becomes LIVE without channels. If it is REPLAYING, the
   * connection first writes the page, since a channel that the client joins next must not overtake
   * the page.
   */
  enum State {
    /** Waits for the upstream to open the channels. */
    OPENING,
    /** Waits for room for the next page. */
    WAITING,
    /** The upstream reads the page. */
    ASKED,
    /** The connection writes the page. */
    REPLAYING,
    /** The client has all events up to a position that this node has not reached. */
    AHEAD,
    /** Over: the channels are live. */
    LIVE,
    /** Over: the connection has closed. */
    CLOSED
  }

  /**
   * The position of an upstream that is empty and accepts no events yet. The upstream may become
   * empty again, so this position as a last event ID counts as unknown.
   */
  private static final Position EMPTY = new Position(0, 0);

  private final Resumes resumes;
  private final Upstream upstream;
  private final Client client;
  private final boolean idsOnEventsOnly;
  private final ReplayRoom.Place place = new ReplayRoom.Place(this::admitted);

  private final ResumingSubscriptions subscriptions;

  /** Whether the client sent no last event ID. */
  private final boolean isNewcomer;

  /** Whether the client sent a last event ID that isn't a position, or is {@link #EMPTY}. */
  private final boolean unknownId;

  /** The client's position when it connected; null for a newcomer, and for an unknown ID. */
  private final @Nullable Position had;

  /**
   * The client has all events up to here; null for an unknown ID, and until a newcomer has a page.
   */
  private @Nullable Position at;

  /** Volatile for {@link #isWanted}. */
  private volatile State state = State.OPENING;

  /** The page of the state REPLAYING. */
  private @Nullable Replay page;

  /** Whether {@link #at} came from the upstream: then this node will reach it, sooner or later. */
  private boolean readUpstream;

  /** The number of rewinds at the start, or at the last request since. */
  private int rewindsAtRequest;

  private int replays;
  private long events;

  /** Channels left while a page was under way: the page may hold their events. */
  private final Set<String> leftDuringPage = new HashSet<>(0);

  /** Volatile, so that a write that begins later sees it. */
  private volatile boolean revoked;

  /**
   * @param subscriptions changed by the resume alone from now on
   * @param lastEventId as the client sent it, or null
   * @param start the start of a newcomer, or null for the upstream's choice
   */
  Resume(
      Resumes resumes,
      Upstream upstream,
      Client client,
      List<Subscription> subscriptions,
      @Nullable String lastEventId,
      @Nullable Start start,
      boolean idsOnEventsOnly) {
    this.resumes = resumes;
    this.upstream = upstream;
    this.client = client;
    this.idsOnEventsOnly = idsOnEventsOnly;
    // A client without a last event ID may send an empty one.
    String sent = lastEventId == null ? "" : lastEventId;
    Position parsed = Position.parse(sent);
    this.had = EMPTY.equals(parsed) ? null : parsed;
    this.at = had;
    this.isNewcomer = sent.isEmpty();
    this.unknownId = !sent.isEmpty() && at == null;
    this.subscriptions =
        new ResumingSubscriptions(
            subscriptions, isNewcomer ? starts(subscriptions, start) : Map.of());
  }

  /**
   * Called by the constructor: an exception concerns this client alone, and reaches the caller that
   * connects the client.
   */
  private Map<String, Start> starts(List<Subscription> of, @Nullable Start given) {
    Map<String, Start> starts = new HashMap<>();
    for (Subscription s : of) {
      String name = s.channel.name;
      starts.put(
          name,
          Objects.requireNonNull(
              given == null ? upstream.start(name) : given,
              () -> "the start of newcomers to channel " + LogText.quoted(name) + " is null"));
    }
    return starts;
  }

  /** The only method that sets the state; also updates the indexes of resumes by state. */
  private void transitionTo(State next) {
    assert resumes.lock.isHeldByCurrentThread();
    if (state == State.OPENING) {
      resumes.removeOpening(this);
    } else if (state == State.AHEAD) {
      resumes.removeAhead(Objects.requireNonNull(at), this);
    }
    state = next;
    switch (next) {
      case OPENING -> resumes.addOpening(this);
      case AHEAD -> resumes.addAhead(Objects.requireNonNull(at), this);
      case LIVE, CLOSED -> resumes.room.leave(place);
      default -> {}
    }
  }

  State state() {
    return state;
  }

  void start() {
    rewindsAtRequest = resumes.rewinds();
    choose();
  }

  /** The connection has subscribed to another channel. */
  void join(Subscription subscription) {
    subscriptions.add(subscription);
  }

  /**
   * The connection has left a channel, perhaps the last channel that was not open.
   *
   * @param revoke whether the client has lost the right to the channel; a page mixes the events of
   *     all channels
   */
  void left(Subscription subscription, boolean revoke) {
    String name = subscription.channel.name;
    boolean closes = revoke && (subscription.resumed || leftDuringPage.contains(name));
    revoked |= closes;
    boolean isUnderWay = state == State.ASKED || state == State.REPLAYING;
    if (!revoke && subscription.resumed && isUnderWay) {
      leftDuringPage.add(name);
    }
    subscriptions.remove(subscription);
    boolean waitsForNothing = state == State.WAITING && subscriptions.haveNothingToRead();
    if (waitsForNothing) {
      resumes.room.leave(place);
    }
    if (state == State.OPENING
        || waitsForNothing
        || (subscriptions.isEmpty() && state != State.REPLAYING)) {
      choose();
      resumes.room.admit();
    }
    if (closes) {
      // Last: it discards the bytes that the choice has given the connection to write.
      client.revoke();
    }
  }

  /**
   * The client has lost the right to a channel that the connection left before. Closes the
   * connection if a page under way may hold events of the channel.
   */
  void revoke(String channel) {
    if (leftDuringPage.contains(channel)) {
      revoked = true;
      client.revoke();
    }
  }

  /** More channels are open. */
  void opened() {
    choose();
  }

  /** This node has reached the client's position. */
  void reached() {
    choose();
  }

  /**
   * The history was rewound: the client's position may be lost, and this node may never reach it.
   */
  void rewound() {
    readUpstream = false;
    choose();
  }

  /** There is room for a page. */
  private void admitted() {
    transitionTo(State.ASKED);
    rewindsAtRequest = resumes.rewinds();
    if (!ask()) {
      loseAndGoLive();
    }
  }

  /** Requests a page. Returns false if there is nothing to request, or if the upstream failed. */
  private boolean ask() {
    try {
      Map<String, Start> starts = subscriptions.starts(at);
      if (starts.isEmpty()) {
        return false;
      }
      upstream.replay(starts, this);
      return true;
    } catch (Throwable e) {
      // Errors too: else the clients in the queue would wait for ever. Never logs under the lock.
      resumes.callbacks.execute(
          () ->
              LOG.log(
                  WARNING,
                  "Reading what a client missed failed; the client is sent a reset, and is live",
                  e));
      return false;
    }
  }

  /** Whether the upstream's answer is still of use. Any thread. */
  @Override
  public boolean isWanted() {
    return state == State.ASKED;
  }

  /** The upstream has read the page. Any thread. */
  @Override
  public void accept(Replay read) {
    resumes.lock.lock();
    try {
      if (state == State.ASKED) {
        if (resumes.room.tryHold(place, read, client.copies())) {
          transitionTo(State.REPLAYING);
          page = read;
          client.replay(this, read);
        } else {
          leftDuringPage.clear();
          transitionTo(State.WAITING);
          if (subscriptions.haveNothingToRead()) {
            resumes.room.leave(place);
            choose();
          }
        }
        resumes.room.admit();
      }
    } finally {
      resumes.lock.unlock();
    }
  }

  @Override
  public void taken() {
    resumes.lock.lock();
    try {
      Replay written = page;
      if (state == State.REPLAYING && written != null) {
        page = null;
        leftDuringPage.clear();
        if (at == null) {
          subscriptions.startAfter(written.starts(), written.clock());
        }
        for (StreamReset reset : written.resets()) {
          if (reset.to() != null) {
            subscriptions.told(reset.channel(), written.clock());
          }
        }
        at = written.upTo();
        replays++;
        events += written.events();
        // A page requested before a rewind may end at a position that this node never reaches.
        readUpstream = rewindsAtRequest == resumes.rewinds();
        resumes.room.taken(place);
        choose();
        resumes.room.admit();
      }
    } finally {
      resumes.lock.unlock();
    }
  }

  @Override
  public boolean isRevoked() {
    return revoked;
  }

  /** The connection has closed. */
  void close() {
    transitionTo(State.CLOSED);
    page = null;
    resumes.room.admit();
  }

  @Override
  public boolean isRoomScarce() {
    return resumes.room.isScarce();
  }

  /** Takes the next step of a client to which no page is under way. */
  private void choose() {
    Position now = resumes.position();
    Position at = this.at;
    if (subscriptions.isEmpty()) {
      goLive(subscriptions.continueAtEnds(false), null, null);
    } else if (now == null || !subscriptions.areOpen()) {
      transitionTo(State.OPENING);
    } else if (at == null && (unknownId || subscriptions.startNow())) {
      greetAndGoLive(now);
    } else if (at != null && !resumes.isAhead(at) && isLogContinuous(at)) {
      continueFrom(at);
    } else if (at != null && resumes.isAhead(at) && readUpstream) {
      transitionTo(State.AHEAD);
    } else {
      transitionTo(State.WAITING);
      resumes.room.enqueue(place);
      resumes.room.admit();
    }
  }

  /** Whether the client can continue from a position without a page. */
  private boolean isLogContinuous(Position at) {
    if (subscriptions.haveNothingToRead()) {
      // A rewind may have taken events of the channels that the client joined meanwhile.
      return rewindsAtRequest == resumes.rewinds();
    }
    return !resumes.isVoid(at) && subscriptions.areCompleteFrom(at);
  }

  private void continueFrom(Position at) {
    List<StreamReset> missed = subscriptions.missed(had, at);
    boolean isToTell = !isNewcomer || !missed.isEmpty();
    ByteArrayOutputStream resets = new ByteArrayOutputStream();
    missed.forEach(reset -> resets.writeBytes(reset.event().frame().toByteArray()));
    goLive(
        subscriptions.continueFrom(at),
        missed.isEmpty() ? null : resets.toByteArray(),
        isToTell ? new ResumeOutcome(!isNewcomer, missed, replays, events) : null);
  }

  private void greetAndGoLive(Position now) {
    if (unknownId) {
      resetAndGoLive(StreamReset.Reason.UNKNOWN_ID, null, now);
    } else {
      // If events wait in the added channels, the position would be above their ids.
      boolean isGreeted = subscriptions.areQuiet() && !idsOnEventsOnly;
      byte[] greeting = isGreeted ? now.block().frame().toByteArray() : null;
      goLive(subscriptions.continueAtEnds(false), greeting, null);
    }
  }

  private void loseAndGoLive() {
    Position now = Objects.requireNonNull(resumes.position());
    resetAndGoLive(StreamReset.Reason.LOST, at, now);
  }

  private void resetAndGoLive(StreamReset.Reason reason, @Nullable Position from, Position to) {
    Replay reset = Replay.reset(reason, from, to);
    goLive(
        // The reset covers all events that the client skips.
        subscriptions.continueAtEnds(true),
        reset.bytes(),
        new ResumeOutcome(false, reset.resets(), replays, events));
  }

  private void goLive(
      List<Subscription> live, byte @Nullable [] greeting, @Nullable ResumeOutcome outcome) {
    transitionTo(State.LIVE);
    client.live(live, greeting, outcome);
  }
}
